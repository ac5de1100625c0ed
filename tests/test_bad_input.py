"""What no analysis can make sense of: one clear finding about the file, and every other file is analysed as if it were alone."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from initlint import check
from initlint.adapters.torch.tracing import _parts
from initlint.cli import main
from initlint.contexts import merging
from initlint.contexts.merging import analyse_file
from initlint.contexts.models import Analysis
from initlint.engine import CheckResult
from initlint.findings import Severity
from initlint.frontend import TargetError, new_interpreter, show
from initlint.graph import Layer
from initlint.paths import files
from initlint.process import deadline
from initlint.process.stack import with_deep_stack
from initlint.standins import instantiate
from tests.harness import MISMATCHED

GOOD = """\
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(64, 64) for _ in range(6))
        for layer in self.layers:
            nn.init.xavier_uniform_(layer.weight)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x).relu()
        return x
"""
SHELL = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        {body}
        self.fc = nn.Linear(8, 8)
        nn.init.xavier_uniform_(self.fc.weight)

    def forward(self, x):
        return self.fc(x).relu()
"""


@pytest.fixture(autouse=True)
def _no_debugging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INITLINT_DEBUG", raising=False)


def codes(result: CheckResult, path: Path) -> list[str]:
    """The codes found in one file, INI1xx and the like as they are."""
    return [finding.code for finding in result.findings if finding.site.path == str(path)]


def beside_a_good_file(path: Path) -> CheckResult:
    """Check ``path`` between two good files, which must be found wrong as ever."""
    first, last = path.parent / "a_first.py", path.parent / "z_last.py"
    first.write_text(GOOD)
    last.write_text(GOOD)
    result = check([first, path, last])
    assert codes(result, first) == codes(result, last) == ["INI101"]
    return result


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (b"import torch\ndef f(:\n    pass\n", "INI901", "is not valid Python: invalid syntax"),
        (b"def f(:\n    pass\n", "INI901", "is not valid Python: invalid syntax"),
        (b"import torch.nn as nn\nprint 'hello'\n", "INI901", "is not valid Python: Missing parentheses in call to 'print'"),
        (b"try:\n    pass\nexcept Error, e:\n    pass\n", "INI901", "is not valid Python: "),
        (b"import torch.nn\nif x:\n\tpass\n        pass\n", "INI901", "is not valid Python: "),
        (b"x = '''torch.nn", "INI901", "is not valid Python: unterminated triple-quoted string"),
        (b"import torch.nn\n\0\n", "INI902", "contains null bytes"),
        (b"x = 1\0\n", "INI902", "contains null bytes"),
        (b"# -*- coding: klingon -*-\nimport torch.nn\n", "INI902", "declares an unknown encoding: klingon"),
        (b"# -*- coding: rot13 -*-\nimport torch.nn\n", "INI902", "declares rot-13, which is not a text encoding"),
        (b"# coding: ascii\nimport torch.nn  # \xe9\n", "INI902", "is not ascii, which it declares (line 2)"),
        (b"import torch.nn  # \xe9\n", "INI902", "is not UTF-8 and declares no other encoding (line 1)"),
        ("import torch.nn\n".encode("utf-16"), "INI902", "is UTF-16; Python source has to be UTF-8 or declare an 8-bit encoding"),
        (b"\xef\xbb\xbf# coding: latin-1\nimport torch.nn\n", "INI902", "has a UTF-8 byte order mark but declares"),
        (b"import torch.nn\nx = " + b"(" * 1000 + b"1" + b")" * 1000, "INI901", "is not valid Python: too many nested parentheses"),
        (b"import torch.nn\nx = " + b"[" * 1000 + b"]" * 1000, "INI901", "is not valid Python: too many nested parentheses"),
        (b"import torch.nn\n" + b"".join(b" " * i + b"if x:\n" for i in range(150)) + b" " * 150 + b"pass", "INI901", "is not valid Python: too many levels"),
    ],
)
def test_a_file_that_is_not_python_is_one_finding(tmp_path: Path, data: bytes, code: str, message: str) -> None:
    """With the reason, as an error, and the exit status of a finding."""
    path = tmp_path / "broken.py"
    path.write_bytes(data)
    result = beside_a_good_file(path)
    (finding,) = (finding for finding in result.findings if finding.site.path == str(path))
    assert (finding.code, finding.severity) == (code, Severity.ERROR)
    assert finding.message.startswith(message)
    assert main(["check", str(path)]) == 1


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b"\x0c\n", b"# torch nn.init", b"import torch.nn", b"import torch.nn\r\rx = 1\r"])
def test_a_file_with_next_to_nothing_is_clean(tmp_path: Path, data: bytes) -> None:
    """Empty, blank, a byte order mark alone, no last newline."""
    path = tmp_path / "empty.py"
    path.write_bytes(data)
    assert codes(beside_a_good_file(path), path) == []


NESTED = {
    "sum": " + ".join(["1"] * 5000),
    "chain": "x" + ".a().b" * 1500,
    "not": "not " * 3000 + "x",
    "minus": "-" * 3000 + "1",
    "choice": "1 if x else " * 3000 + "2",
    "lambda": "lambda: " * 1000 + "1",
    "power": "2 ** " * 1000 + "2",
    "call": "f(" * 150 + ")" * 150,
    "strings": "'a' " * 5000,
    "or": " or ".join(["x"] * 5000),
    "comparison": " < ".join(["1"] * 5000),
    "list": f"[{'1, ' * 20000}]",
}


@pytest.mark.parametrize("place", ["global", "used", "constructor"])
@pytest.mark.parametrize("kind", NESTED)
def test_deep_expressions_end_in_time(tmp_path: Path, kind: str, place: str) -> None:
    """Either the file is analysed, or a finding says that it nests too deeply."""
    path = tmp_path / "deep.py"
    shell = SHELL.format(body={"global": "pass", "used": "self.x = DEEP", "constructor": f"self.x = {NESTED[kind]}"}[place])
    path.write_text(f"x = f = 1\nDEEP = {NESTED[kind] if place != 'constructor' else 1}\n{shell}")
    found = codes(beside_a_good_file(path), path)
    assert found in (["INI101"], ["INI902"], ["INI903"])
    assert place != "global" or found == ["INI101"] or kind in ("lambda", "power", "not", "minus", "choice")


def test_a_long_elif_chain_is_analysed(tmp_path: Path) -> None:
    """It nests only in the syntax tree."""
    path = tmp_path / "chain.py"
    path.write_text(SHELL.format(body="if x == 0:\n            pass\n" + "".join(f"        elif x == {n}:\n            pass\n" for n in range(900))))
    assert codes(beside_a_good_file(path), path) in (["INI101"], ["INI902"], ["INI903"])


def test_20_000_lines_are_analysed(tmp_path: Path) -> None:
    """In time; the fault at the end is found."""
    path = tmp_path / "long.py"
    filler = "".join(f"def function_{n}(x, y=None):\n    if y is not None:\n        return x + {n}\n    return [x, y, {n}]\n\n\n" for n in range(3300))
    path.write_text(f"import torch.nn as nn\n{filler}{GOOD}")
    assert codes(check(path), path) == ["INI101"]


def test_a_huge_file_is_declined(tmp_path: Path) -> None:
    """Generated data, not a model."""
    path = tmp_path / "huge.py"
    path.write_bytes(b"import torch.nn\n" + b"# padding\n" * 500_000)
    (finding,) = (f for f in beside_a_good_file(path).findings if f.site.path == str(path))
    assert (finding.code, finding.message) == ("INI902", "is larger than 4 MB")


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "while x: x = x + 1",
        "n = 0\n        while n < 10 ** 12: n += 1",
        "for _ in range(10 ** 12): self.x = 1",
        "self.x = [i for i in range(10 ** 12)]",
        "self.x = sum(range(10 ** 12))",
        "self.x = 2 ** 10 ** 10",
        "self.x = [0] * 10 ** 12",
        "self.x = 'a' * 10 ** 12",
        "self.x = f'{1:1000000000}'",
        "self.x = 1 << 10 ** 12",
        "self.x = list(range(10 ** 12))",
        "self.x = ' '.join(str(i) for i in range(10 ** 12))",
        "self.x = nn.Sequential(*[nn.Linear(8, 8) for _ in range(10 ** 9)])",
        "self.inner = Net()",
        "self.inner = type(self)()",
        "self.__init__()",
        "def f(n): return f(n + 1)\n        self.x = f(0)",
        "f = lambda: f()\n        self.x = f()",
        "self.x = (lambda g: g(g))(lambda g: g(g))",
        "l = []\n        l.append(l)\n        self.x = str(l)",
        "l = [nn.Linear(1, 1)]\n        for m in l: l.append(nn.Linear(1, 1))",
        "self.self = self",
        "self.apply(lambda m: self.apply(lambda n: self.apply(self.apply)))",
        "import itertools\n        self.x = [i for i in itertools.count()]",
        "self.x = math.factorial(10 ** 9)",
        "raise ValueError(self)",
        "self.x = 1 / 0",
        "del self.missing",
    ],
)
def test_a_constructor_that_never_ends_or_fails_harms_no_one(tmp_path: Path, body: str) -> None:
    """Out of budget is a reason, not a hang, and no crash."""
    path = tmp_path / "endless.py"
    path.write_text("import itertools, math\n" + SHELL.format(body=body))
    assert codes(beside_a_good_file(path), path) in ([], ["INI101"])


WIDE = """
def walk(value):
    if value.a:
        return walk(value.b)
    if value.c:
        return walk(value.d)
    return walk(value.e) + walk(value.f)

@walk(unknown)
def build():
    return nn.Linear(2, 2)

class Later(walk(unknown)):
    pass
"""
LONG = """
import numpy as np

def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

class Table:
    run = fib(30)
    table = np.random.randn(4, 4) @ np.ones(4)
"""


def test_a_class_whose_body_takes_all_steps_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "table.py"
    path.write_text(LONG)
    assert codes(beside_a_good_file(path), path) == []


NEGATIVE = """
import torch
import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Parameter(torch.zeros(3 - 5)[:1])
        self.b = nn.Parameter(torch.zeros(3)[::0])
"""


def test_statements_that_take_too_much_are_passed_over(tmp_path: Path) -> None:
    """A decorator or a base that branches without end keeps nobody from looking at the rest of the file."""
    path = tmp_path / "wide.py"
    path.write_text(MISMATCHED + WIDE)
    assert [finding.code for finding in check(path).findings] == ["INI101"]


def test_slices_of_nothing_and_by_nothing_are_unknown(tmp_path: Path) -> None:
    """A size below zero and a step of zero raise where they are run."""
    path = tmp_path / "negative.py"
    path.write_text(NEGATIVE)
    assert not [finding for finding in check(path).findings if finding.code == "INI903"]


CIRCLE = """
import torch.nn as nn

class Part(nn.Module):
    def __init__(self, owner):
        super().__init__()
        self.owner = owner
        self.weight = nn.Linear(2, 2)
        nn.init.zeros_(self.weight.bias)

class Whole(nn.Module):
    def __init__(self):
        super().__init__()
        self.part = Part(self)
        self.again = self
"""


MIXED = """
import keras
import torch
import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.both = nn.Parameter(torch.cat([torch.zeros(2, 3), torch.ones(1)], 1))

class Keras(keras.Model):
    def __init__(self, width):
        super().__init__()
        self.dense = keras.layers.Dense(8, kernel_initializer="he_normal", activation="tanh")
        self.pool = keras.layers.MaxPooling1D(pool_size=width, strides=width)

    def call(self, x):
        return self.pool(self.dense(x))

def build(width):
    x = keras.Input(shape=(12, 4))
    y = keras.layers.MaxPooling1D(pool_size=width)(keras.layers.Dense(8, kernel_initializer="he_normal", activation="tanh")(x))
    return keras.Model(x, y)
"""


def test_shapes_that_do_not_fit_and_sizes_that_are_not_known(tmp_path: Path) -> None:
    """Tensors of different rank joined, windows of symbolic size."""
    path = tmp_path / "mixed.py"
    path.write_text(MIXED)
    assert not [finding for finding in check(path).findings if finding.code == "INI903"]


def test_modules_that_hold_each_other_are_walked_once(tmp_path: Path) -> None:
    """Neither has a forward pass of its own, so what is inside is looked for."""
    path = tmp_path / "circle.py"
    path.write_text(CIRCLE)
    interp, framework = new_interpreter()
    module = interp.project.open(path)
    whole = instantiate(interp, module.get("Whole"), module.frame)
    for held in (whole, whole.modules["part"]):
        framework.layers[id(held)] = Layer(path="", kind="", class_name="", arguments={})
    assert list(_parts(framework, whole)) == []


def test_forward_may_recurse(tmp_path: Path) -> None:
    """The same budget holds for the forward pass."""
    path = tmp_path / "recursion.py"
    path.write_text(SHELL.format(body="pass").replace("return self.fc(x).relu()", "return self.forward(self.forward(x))"))
    assert codes(beside_a_good_file(path), path) in ([], ["INI101"])


@pytest.mark.parametrize(
    "text",
    [
        "class A(B): pass\nclass B(A): pass\n",
        "class A(A): pass\n",
        "class A(nn.Module, A): pass\n",
        "class A(B, nn.Module):\n    def forward(self, x): return x\nclass B(A):\n    def forward(self, x): return x\n",
        "class A(type('A', (A,), {})): pass\n",
        "A = A\nclass B(A): pass\n",
        "def f(): return f\nclass A(f()): pass\n",
    ],
)
def test_classes_in_a_circle_end(tmp_path: Path, text: str) -> None:
    """Base classes that are each other's, or their own."""
    path = tmp_path / "circle.py"
    path.write_text(f"from torch import nn\n{text}{SHELL.format(body='pass')}")
    assert codes(beside_a_good_file(path), path) == ["INI101"]


def test_imports_in_a_circle_end(tmp_path: Path) -> None:
    """Files that import each other, with base classes in a circle over both, and a file that imports itself."""
    one, two, three = (tmp_path / f"{name}.py" for name in ("one", "two", "three"))
    one.write_text("from two import *\nfrom two import B\nimport torch.nn as nn\nclass A(B): pass\n" + SHELL.format(body="pass"))
    two.write_text("from one import *\nfrom one import A\nimport torch.nn as nn\nclass B(A): pass\n" + SHELL.format(body="pass"))
    three.write_text("from three import *\nimport three\nfrom three import Net as N\n" + SHELL.format(body="self.x = three.Net"))
    result = check(tmp_path)
    assert [codes(result, path) for path in (one, two, three)] == [["INI101"]] * 3


def test_paths_that_do_not_exist_are_named_and_the_rest_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2 and one line each; what could be checked is reported."""
    good = tmp_path / "good.py"
    good.write_text(GOOD)
    assert check([tmp_path / "gone.py", good]).missing == [str(tmp_path / "gone.py")]
    assert main(["check", str(tmp_path / "gone.py"), str(good), str(tmp_path / "no\nwhere")]) == 2
    out, err = capsys.readouterr()
    assert "INI101" in out
    assert err == f"initlint: {tmp_path}/gone.py: no such file or folder\ninitlint: {tmp_path}/no\\nwhere: no such file or folder\n"


def test_an_unreadable_file_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permission denied, by whatever means."""
    path = tmp_path / "secret.py"
    path.write_text(GOOD)
    path.chmod(0)
    if os.access(path, os.R_OK):
        monkeypatch.setattr(files, "open", deny(path), raising=False)
    (finding,) = (f for f in beside_a_good_file(path).findings if f.site.path == str(path))
    assert (finding.code, finding.message) == ("INI902", "cannot be read: Permission denied")


def deny(path: Path) -> Callable[..., object]:
    """``open``, except for one file: permissions do not hold the superuser back."""

    def guarded(name: str, mode: str) -> object:
        if name == str(path):
            raise PermissionError(13, "Permission denied")
        return open(name, mode)

    return guarded


def test_an_unreadable_folder_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that cannot be listed hides files; that is said."""
    (tmp_path / "closed").mkdir()
    (tmp_path / "good.py").write_text(GOOD)
    real = os.scandir, os.listdir

    def refuse(name: str, which: int) -> object:
        if str(name).endswith("closed"):
            raise PermissionError(13, "Permission denied", name)
        return real[which](name)

    monkeypatch.setattr(os, "scandir", lambda name: refuse(name, 0))
    monkeypatch.setattr(os, "listdir", lambda name: refuse(name, 1))
    result = check(tmp_path)
    assert [(f.code, Path(f.site.path).name) for f in result.findings] == [("INI902", "closed"), ("INI101", "good.py")]
    assert result.findings[0].message == "cannot be read: Permission denied"


def test_links_and_special_files(tmp_path: Path) -> None:
    """A loop of links ends, a pipe is not waited for, a folder may be called x.py, and what two links reach is read once."""
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "x.py").mkdir()
    (tmp_path / "x.py" / "inner.py").write_text(GOOD)
    (tmp_path / "x.py" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "again.py").symlink_to(tmp_path / "good.py")
    (tmp_path / "self.py").symlink_to(tmp_path / "self.py")
    (tmp_path / "dangling.py").symlink_to(tmp_path / "nothing.py")
    os.mkfifo(tmp_path / "pipe.py")
    result = check([tmp_path, tmp_path / "good.py", tmp_path / "pipe.py", tmp_path / "self.py"])
    found = [(Path(finding.site.path).relative_to(tmp_path).as_posix(), finding.code, finding.message) for finding in result.findings]
    assert [row[:2] for row in found if row[1] == "INI101"] == [("again.py", "INI101"), ("x.py/inner.py", "INI101")]
    assert [row for row in found if row[1] != "INI101"] == [
        ("dangling.py", "INI902", "cannot be read: No such file or directory"),
        ("pipe.py", "INI902", "is not a regular file"),
        ("self.py", "INI902", "cannot be read: Too many levels of symbolic links"),
    ]


def test_a_file_name_need_not_be_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bytes that are no UTF-8 are spelled out, in every format."""
    folder = os.fsencode(tmp_path)
    with open(os.path.join(folder, b"caf\xe9.py"), "w") as stream:
        stream.write(GOOD)
    for arguments in (["--format", "json"], [], ["--color", "always"]):
        assert main(["check", *arguments, str(tmp_path)]) == 1
        assert "caf\\udce9.py" in capsys.readouterr().out
    assert main(["fix", "--apply", str(tmp_path)]) == 0
    with open(os.path.join(folder, b"caf\xe9.py")) as stream:
        assert "kaiming_uniform_" in stream.read()


@pytest.mark.parametrize(("data", "text"), [(GOOD.encode(), "given.py:9:13: INI101"), (b"def f(:", "given.py:1:7: INI901"), (b"\0", "given.py:1:1: INI902")])
def test_standard_input(data: bytes, text: str, tmp_path: Path) -> None:
    """It has the name it is given, and the same troubles as a file."""
    command = [sys.executable, "-m", "initlint", "check", "-", "--stdin-filename", "given.py"]
    done = subprocess.run(command, input=data, capture_output=True, check=False, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])})
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.decode().startswith(text)


@pytest.mark.parametrize("megabytes", [2000, 400, 500, 560, 580, 600, 620, 700])
def test_a_limited_address_space_gets_a_smaller_stack(tmp_path: Path, megabytes: int) -> None:
    """The stack is only address space, and less of it will do; one that just fits would leave nothing for the work."""
    path = tmp_path / "net.py"
    path.write_text(GOOD)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))

    command = [sys.executable, "-m", "initlint", "check", str(path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "MALLOC_ARENA_MAX": "2"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=limit, env=environment)
    assert (done.returncode, done.stderr) == (1, "")
    assert "INI101" in done.stdout


def test_what_a_deep_thread_starts_has_a_stack_as_any_other() -> None:
    """Tried often: it took another turn of the scheduler to see it."""
    usual = threading.stack_size()
    assert {with_deep_stack(threading.stack_size) for _ in range(50)} == {usual}


def test_a_crash_in_the_analysis_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours to mend; the user reads one line, and the files after it are checked."""
    path = tmp_path / "crash.py"
    path.write_text(GOOD + "# crash\n")

    def crash(analysis: Analysis, name: str, data: bytes) -> object:
        if b"# crash" in data:
            raise KeyError("one\ntwo")
        return analyse_file(analysis, name, data)

    monkeypatch.setattr(merging, "analyse_file", crash)
    (finding,) = (f for f in beside_a_good_file(path).findings if f.site.path == str(path))
    assert (finding.code, finding.severity) == ("INI903", Severity.WARNING)
    assert finding.message == "could not be analysed: KeyError: 'one\\ntwo'"


def test_the_process_is_left_as_it_was(tmp_path: Path) -> None:
    """A library call changes no limit and no warning filter."""
    (tmp_path / "net.py").write_text(GOOD)
    before = sys.getrecursionlimit()
    check(tmp_path)
    assert sys.getrecursionlimit() == before


def test_a_file_made_to_take_for_ever_is_left_and_the_next_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty lists, each of which holds the one before twice, are more than can be compared; no step of the interpreter sees that."""
    monkeypatch.setattr(deadline, "SECONDS", 1.0)
    monkeypatch.setattr(deadline, "LOOK", 0.05)
    path = tmp_path / "endless.py"
    twice = "x = [1]\n        for i in range(60): x = [x, x]\n        "
    path.write_text(SHELL.format(body=f"{twice}y = x\n        {twice}self.same = x == y"))
    result = beside_a_good_file(path)
    assert [finding.message for finding in result.findings if finding.site.path == str(path)] == ["could not be analysed: it takes more than 1 s"]
    with pytest.raises(TargetError, match=r"following it takes more than 1 s$"):
        show(f"{path}:Net")


def test_a_model_that_has_no_end_leaves_the_others_their_steps(tmp_path: Path) -> None:
    """A class is evaluated to know whether it is a model, after another has taken all steps that it may."""
    path = tmp_path / "net.py"
    path.write_text(
        SHELL.format(body="n = 0\n        for a in range(10**4):\n            for b in range(10**4): n = a + b").replace(
            "\n\n\nclass", "\nfrom elsewhere import Base\n\n\nclass First(Base):\n    @torch.no_grad()\n    def forward(self, x):\n        return x\n\n\nclass"
        )
    )
    assert "INI903" not in codes(beside_a_good_file(path), path)


def test_star_imports_that_lead_everywhere_in_many_ways(tmp_path: Path) -> None:
    """A name that no module has is looked for once in each of them, not once on each of a billion ways."""
    for level in range(30):
        for side in "ab":
            (tmp_path / f"{side}{level}.py").write_text(f"from a{level + 1} import *\nfrom b{level + 1} import *\nfrom a0 import *\n")
    for side in "ab":
        (tmp_path / f"{side}30.py").write_text("import torch.nn as nn\nwidth = 4\n")
    body = "self.out, self.other = nn.Linear(width, 2), missing"
    (tmp_path / "net.py").write_text(f"from a0 import *\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        {body}\n")
    graph = show(f"{tmp_path / 'net.py'}:Net")
    assert [one.shape for one in graph.parameters] == [(2, 4), (2,)]
