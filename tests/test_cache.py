"""The cache changes how long a run takes and nothing else, whatever happens to files, modules and the cache itself."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from initlint import engine
from initlint.cli import main
from initlint.paths import lookup
from initlint.report.json import render
from initlint.runs import cache
from initlint.runs.single import Examiner
from initlint.text.edits import digest

NET = """
import torch.nn as nn
from pkg.inits import draw
from pkg.layers import Block

class {name}(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 64)
        self.fc2 = nn.Linear(64, 10)
        draw(self.fc1.weight)

    def forward(self, x):
        return self.fc2(self.fc1(x).relu())

    def init_weights(self):
        nn.init.xavier_uniform_(self.fc2.weight)
"""
NAMES = ("Alpha", "Beta")
INITS = {
    "xavier": "import torch.nn as nn\n\ndef draw(w):\n    nn.init.xavier_uniform_(w)\n",
    "kaiming": "import torch.nn as nn\n\ndef draw(w):\n    nn.init.kaiming_uniform_(w, nonlinearity='relu')\n",
    "zero": "import torch.nn as nn\n\ndef draw(w):\n    nn.init.zeros_(w)\n",
    "broken": "def draw(:\n",
}
DRAWN = INITS["kaiming"]
OTHERS = {
    "plain": DRAWN,
    "commented": DRAWN.replace("\ndef", "\n# what others start from\n\ndef"),
    "more": f"{DRAWN}\n\ndef other(w):\n    return w\n",
    "other": f"{DRAWN}\n\ndef other(w):\n    return w + 1\n",
    "handed": f"{DRAWN.replace('nn.init.kaiming_uniform_(w, nonlinearity=', 'other(w, ')}\n\ndef other(w, kind):\n    nn.init.normal_(w, 0.3)\n",
}
LAYERS = "import torch.nn as nn\n\nclass Block(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.a = nn.Linear(8, 8)\n"
DERIVED = NET.format(name="Other").replace("nn.Module", "Alpha").replace("import draw", "import draw\nfrom .a import Alpha")
HEIR = "class Heir(Alpha):\n    def __init__(self):\n        super().__init__()\n        self.reset()\n        self.width = width(self)\n"
HEAVY = {"libcst", "rich", "msgspec", "torch", "numpy", "multiprocessing", "subprocess", "importlib.metadata", "xml", "initlint.interpreter"}
CALLERS = {"none": "import torch.nn as nn\nx = nn.Linear(2, 2)\n", "one": "from pkg.a import Alpha\nAlpha().init_weights()\n"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A package of two models that share a module of initializers, and a script."""
    package = tmp_path / "project" / "pkg"
    package.mkdir(parents=True)
    (package.parent / "pyproject.toml").write_text("")
    (package / "__init__.py").write_text("")
    (package / "inits.py").write_text(INITS["xavier"])
    (package / "layers.py").write_text(LAYERS)
    for name in NAMES:
        (package / f"{name[0].lower()}.py").write_text(NET.format(name=name))
    (package.parent / "main.py").write_text(CALLERS["none"])
    return package.parent


def told(project: Path, folder: Path | None = None, jobs: int = 1) -> str:
    """Everything that a check says."""
    result = engine.check([str(project)], cache=None if folder is None else str(folder), jobs=jobs)
    assert result.cache_trouble is None
    return render(result.findings) + json.dumps(sorted(result.sources))


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are looked at, as they are."""
    seen: list[str] = []
    examine = Examiner.examine

    def watched(self: Examiner, path: str, data: bytes, *rest: object) -> object:
        seen.append(os.path.basename(path))
        return examine(self, path, data)

    monkeypatch.setattr(Examiner, "examine", watched)
    return seen


def test_nothing_is_looked_at_twice(project: Path, tmp_path: Path, examined: list[str]) -> None:
    """A second run says the same and examines nothing."""
    cold = told(project, tmp_path / "cache")
    assert '"INI' in cold
    assert len(examined) == 6
    assert told(project, tmp_path / "cache") == cold == told(project)
    assert len(examined) == 12


def test_a_path_that_leads_up_is_remembered(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, examined: list[str]) -> None:
    """``check ../project`` asks the same of the file system, and gets the same answers, as ``check project`` one folder above."""
    (tmp_path / "beside").mkdir()
    monkeypatch.chdir(tmp_path / "beside")
    cold = told(Path("../project"), tmp_path / "cache")
    assert '"INI' in cold
    assert told(Path("../project"), tmp_path / "cache") == cold
    assert len(examined) == 6


@pytest.mark.parametrize(
    ("name", "text", "again"),
    [
        ("pkg/layers.py", LAYERS + "# nobody evaluates it\n", {"layers.py"}),
        ("pkg/b.py", NET.format(name="Gamma"), {"a.py", "b.py"}),  # a word was looked for in it
        ("pkg/inits.py", INITS["kaiming"], {"a.py", "b.py", "inits.py"}),
        ("pkg/inits.py", INITS["broken"], {"a.py", "b.py", "inits.py"}),
        ("pkg/inits.py", OTHERS["more"], {"a.py", "b.py", "inits.py"}),  # it has another outline
        ("pkg/__init__.py", "# nothing to see\n", {"__init__.py"}),
        ("main.py", CALLERS["one"], {"a.py", "b.py", "main.py"}),  # now a word is there that was looked for
        ("more.py", CALLERS["one"], {"a.py", "b.py", "more.py"}),
        ("more.py", CALLERS["none"], {"more.py"}),
    ],
)
def test_what_depends_on_a_file_is_looked_at_again(project: Path, tmp_path: Path, examined: list[str], name: str, text: str, again: set[str]) -> None:
    """That, and nothing else."""
    told(project, tmp_path / "cache")
    (project / name).write_text(text)
    examined.clear()
    warm = told(project, tmp_path / "cache")
    assert set(examined) == again
    assert warm == told(project)


@pytest.mark.parametrize(
    ("before", "after", "again"),
    [
        ("more", "other", {"inits.py"}),  # a function that neither of them calls
        ("other", "more", {"inits.py"}),
        ("other", "handed", {"a.py", "b.py", "inits.py"}),
        ("plain", "commented", {"inits.py"}),
    ],
)
def test_what_nobody_looked_at_may_change(project: Path, tmp_path: Path, examined: list[str], before: str, after: str, again: set[str]) -> None:
    """Models rest on the statements of other files that they came by, not on those beside them, nor on lines between them."""
    (project / "pkg" / "inits.py").write_text(OTHERS[before])
    told(project, tmp_path / "cache")
    (project / "pkg" / "inits.py").write_text(OTHERS[after])
    examined.clear()
    warm = told(project, tmp_path / "cache")
    assert set(examined) == again
    assert warm == told(project)
    examined.clear()
    assert told(project, tmp_path / "cache") == warm
    assert not examined


def test_a_finding_in_another_file_moves_with_its_lines(project: Path, tmp_path: Path) -> None:
    """What is reported in a file that was only looked at stands where the statement stands now."""
    layers = f"{LAYERS}        nn.init.xavier_uniform_(self.a.weight)\n\n    def forward(self, x):\n        return self.a(x).relu()\n"
    (project / "pkg" / "layers.py").write_text(layers)
    used = (project / "pkg" / "a.py").read_text().replace("self.fc1 = nn.Linear(64, 64)", "self.fc1 = nn.Linear(64, 8)\n        self.block = Block()")
    (project / "pkg" / "a.py").write_text(used.replace("self.fc1(x).relu()", "self.block(self.fc1(x))").replace("(64, 10)", "(8, 10)"))
    before = told(project, tmp_path / "cache")
    assert "layers.py" in before
    (project / "pkg" / "layers.py").write_text(f"# moved\n\n{layers}")
    after = told(project, tmp_path / "cache")
    assert before != after == told(project)


def test_a_module_that_was_missing_is_seen_when_it_comes(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lookup that failed is an answer, too; and so is one that a nearer module now takes."""
    (project / "pkg" / "inits.py").unlink()
    before = told(project, tmp_path / "cache")
    (project / "pkg" / "inits").mkdir()
    (project / "pkg" / "inits" / "__init__.py").write_text(INITS["xavier"])
    after = told(project, tmp_path / "cache")
    assert before != after == told(project)
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.setattr(lookup, "installed", lambda: [str(site)])
    text = (project / "pkg" / "a.py").read_text().replace("from pkg.inits", "from drawing")
    (project / "pkg" / "a.py").write_text(text)
    before = told(project, tmp_path / "cache")
    (site / "drawing.py").write_text(INITS["xavier"])
    after = told(project, tmp_path / "cache")
    assert before != after == told(project)


def test_a_marker_of_the_project_opens_its_folders(tmp_path: Path) -> None:
    """What a script imports from the project's ``src`` is found once the top of the project can be told."""
    project = tmp_path / "project"
    (project / "scripts").mkdir(parents=True)
    (project / "src").mkdir()
    (project / "src" / "drawing.py").write_text(INITS["xavier"])
    (project / "scripts" / "net.py").write_text(NET.format(name="Alpha").replace("from pkg.inits", "from drawing").replace("from pkg.", "from absent."))
    before = told(project / "scripts", tmp_path / "cache")
    (project / "pyproject.toml").write_text("")
    after = told(project / "scripts", tmp_path / "cache")
    assert before != after == told(project / "scripts")


def test_what_an_heir_elsewhere_imports_is_looked_for_where_it_stands(tmp_path: Path) -> None:
    """A class of another import root that derives from one of this file brings its own folder into the search; what is missing there may come."""
    project = tmp_path / "project"
    (project / "pkg").mkdir(parents=True)
    (project / "tests").mkdir()
    (project / "pyproject.toml").write_text("")
    (project / "pkg" / "__init__.py").write_text("")
    (project / "pkg" / "base.py").write_text(NET.format(name="Alpha").replace("def init_weights(self)", "def reset(self)"))
    (project / "tests" / "heir.py").write_text(f"from pkg.base import Alpha\nfrom helper import width\n{HEIR}")
    told(project, tmp_path / "cache")
    (project / "tests" / "helper.py").write_text("import torch.nn as nn\ndef width(net):\n    nn.init.zeros_(net.fc2.weight)\n    return 3\n")
    assert told(project, tmp_path / "cache") == told(project)


def test_no_sequence_of_changes_brings_back_what_no_longer_holds(project: Path, tmp_path: Path) -> None:
    """Files change, go, come and get another name, in any order; clocks go back; and every run says what a fresh one does."""
    chance = random.Random(7)
    package, extra = project / "pkg", project / "pkg" / "extra.py"
    for _ in range(25):
        match chance.randrange(6):
            case 0:
                (package / "inits.py").write_text(chance.choice([*INITS.values(), *OTHERS.values()]))
            case 1:
                (project / "main.py").write_text(chance.choice(list(CALLERS.values())))
            case 2:
                net = NET.format(name=chance.choice(NAMES)).replace("xavier", chance.choice(["xavier", "kaiming"]))
                (package / f"{chance.choice('ab')}.py").write_text(net)
            case 3:
                extra.unlink() if extra.exists() else extra.write_text(DERIVED)
            case 4:
                marker = package / "__init__.py"
                marker.unlink() if marker.exists() else marker.write_text("")
            case 5:
                for path in project.rglob("*.py"):
                    os.utime(path, (chance.randrange(10**9), chance.randrange(10**9)))
        assert told(project, tmp_path / "cache") == told(project)


@pytest.mark.parametrize("moment", ["the same", "earlier", "later"])
def test_a_clock_that_goes_back(project: Path, tmp_path: Path, moment: str) -> None:
    """A file is known by what it holds: another text of the same length is seen whenever it claims to have been written."""
    file = project / "pkg" / "inits.py"
    file.write_text(INITS["xavier"].ljust(len(INITS["kaiming"])))
    written = file.stat()
    cold = told(project, tmp_path / "cache")
    file.write_text(INITS["kaiming"])
    assert file.stat().st_size == written.st_size
    by = {"the same": 0, "earlier": -(10**9), "later": 10**18}[moment]
    os.utime(file, ns=(written.st_atime_ns, written.st_mtime_ns + by))
    assert told(project, tmp_path / "cache") == told(project) != cold


def test_stores_from_the_future_do_not_drive_out_that_of_today(project: Path, tmp_path: Path, examined: list[str]) -> None:
    """Neither is a store of the future doubted, nor one that seems old thrown away in the run that wrote it."""
    folder = tmp_path / "cache"
    cold = told(project, folder)
    (own,) = folder.glob("*.json")
    for number in range(cache.MOST_STORES):
        (folder / f"{number}.json").write_bytes(b"of another version")
    for store in folder.glob("*.json"):
        os.utime(store, (4 * 10**9, 4 * 10**9))
    examined.clear()
    assert told(project, folder) == cold
    assert examined == []
    (project / "main.py").write_text(CALLERS["one"])
    changed = told(project, folder)
    assert own.exists()
    assert len(list(folder.glob("*.json"))) == cache.MOST_STORES
    examined.clear()
    assert told(project, folder) == changed
    assert examined == []


def test_a_cache_that_is_broken_is_an_empty_one(project: Path, tmp_path: Path, examined: list[str]) -> None:
    """Cut short, overwritten, of another version, or well formed but made of nonsense: the same findings, and a sound cache afterwards."""
    folder = tmp_path / "cache"
    cold = told(project, folder)
    (store,) = folder.glob("*.json")
    whole = store.read_bytes()
    head, _, body = whole.partition(b"\n")

    def signed(text: bytes) -> bytes:
        return cache.MAGIC + digest(text).encode() + b"\n" + text

    nonsense = json.loads(body)
    for entry in nonsense["entries"].values():
        entry[2] = [["INI101"], 3, None]
    foreign = json.loads(body)
    for entry in foreign["entries"].values():
        for row in entry[2]:
            row[3][0] = "/etc/passwd"
    twisted = json.loads(body)
    twisted["texts"] = twisted["texts"][:3]
    torn = [b"", whole[:100], whole[:-1], whole.replace(b"INI", b"INJ"), b"garbage", os.urandom(500), head + b"\n"]
    for data in (*torn, *map(signed, (b"{}", b"[1]", b"[" * 100_000, *(json.dumps(one).encode() for one in (nonsense, foreign, twisted))))):
        store.write_bytes(data)
        assert told(project, folder) == cold
        examined.clear()
        assert told(project, folder) == cold
        assert examined == []
    store.unlink()
    store.mkdir()
    assert engine.check([str(project)], cache=str(folder)).cache_trouble is not None


def test_a_store_of_another_version_is_left_alone(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, examined: list[str]) -> None:
    """Another version looks at every file itself; old stores go when there are too many."""
    for number in range(cache.MOST_STORES + 3):
        examined.clear()
        monkeypatch.setattr(cache, "own_digest", lambda number=number: f"version {number}")
        told(project, tmp_path / "cache")
        assert len(examined) == 6
    assert len(list((tmp_path / "cache").glob("*.json"))) == cache.MOST_STORES


def test_two_runs_at_once(project: Path, tmp_path: Path) -> None:
    """Neither disturbs the other, and what they leave is sound."""
    cold = told(project)
    command = [sys.executable, "-m", "initlint", "check", "--format", "json", "--cache-dir", str(tmp_path / "cache"), "--exit-zero", str(project)]
    environment = {**os.environ, "PYTHONPATH": str(Path(engine.__file__).parent.parent)}
    runs = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, cwd=tmp_path) for _ in range(3)]
    for run in runs:
        assert cold.startswith(run.communicate()[0].decode())
    assert told(project, tmp_path / "cache") == cold


def test_a_cache_that_cannot_be_written_is_done_without(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Silently, unless the folder was asked for."""
    file = tmp_path / "file"
    file.write_text("")
    assert main(["check", "--cache-dir", str(file), "--exit-zero", str(project)]) == 0
    assert capsys.readouterr().err == f"initlint: {file}: cannot be written: Not a directory\n"
    outside = tmp_path / "outside"
    outside.mkdir()
    (project / ".initlint_cache").symlink_to(outside)
    (project / "pyproject.toml").write_text("[tool.initlint]\n")
    assert main(["check", "--exit-zero", str(project)]) == 0
    assert capsys.readouterr().err == ""
    assert list(outside.iterdir()) == []


def test_clean_deletes_what_check_kept(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing else; a folder that is no cache is none."""
    (project / "pyproject.toml").write_text("[tool.initlint]\n")
    folder = project / ".initlint_cache"
    main(["check", str(project)])
    assert {path.name for path in folder.iterdir()} > {"CACHEDIR.TAG", ".gitignore"}
    main(["check", "--no-cache", str(project)])
    (folder / "mine.txt").write_text("mine")
    assert main(["clean", str(project)]) == 0
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]
    assert main(["clean", str(project)]) == 0
    assert main(["clean", "--cache-dir", str(project / "pkg")]) == 0
    assert (project / "pkg" / "a.py").exists()
    capsys.readouterr()


def test_warm_runs_load_nothing_heavy(project: Path, tmp_path: Path) -> None:
    """Neither the parser nor the interpreter, nor what only a terminal or a baseline needs."""
    command = ["check", "--cache-dir", str(tmp_path / "cache"), "--exit-zero", str(project)]
    code = f"import sys; from initlint.cli import main; main({command!r}); print(*sys.modules, file=sys.stderr)"
    version = "import sys\nfrom initlint.cli import main\ntry: main(['--version'])\nexcept SystemExit: print(*sys.modules, file=sys.stderr)"
    environment = {**os.environ, "PYTHONPATH": str(Path(engine.__file__).parent.parent)}
    loaded = []
    for text in (code, code, version):
        done = subprocess.run([sys.executable, "-c", text], env=environment, capture_output=True, text=True, check=True, cwd=tmp_path)
        loaded.append(set(done.stderr.split()))
    assert HEAVY & loaded[0] >= {"libcst", "initlint.interpreter"}
    assert HEAVY & loaded[1] == set()
    assert HEAVY & loaded[2] == set()
