"""Notebooks from end to end: found, shown by cell, silenced, mended, and written back without touching another byte."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from initlint import check
from initlint.cli import main
from initlint.findings import Safety, Severity
from initlint.fixing import repair
from initlint.text.edits import SourceError
from initlint.text.notebook import load, pieces, save, written

NET = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.ModuleList(nn.Linear(64, 64) for _ in range(8))
        self.head = nn.Linear(64, 10)
        for layer in self.hidden:
            nn.init.xavier_uniform_(layer.weight)  # üblich

    def forward(self, x):
        for layer in self.hidden:
            x = layer(x).relu()
        return self.head(x)"""
CELLS = ["%matplotlib inline\n!pip install torch\nimport torch.nn as nn", "# Title", NET, "%%bash\necho 'x", "", "net = Net()\nnet?"]


def cell(source: str | list[str], kind: str = "code") -> dict[str, Any]:
    """One cell as Jupyter stores it."""
    return {"cell_type": kind, "metadata": {}, "source": source} | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def notebook(cells: Sequence[str], *, lists: bool = True, language: str = "python") -> dict[str, Any]:
    """A notebook of code cells; one that starts with a heading is text."""
    made = [cell(source.splitlines(keepends=True) if lists else source, "markdown" if source.startswith("# ") else "code") for source in cells]
    return {"cells": made, "metadata": {"kernelspec": {"language": language, "name": "k"}}, "nbformat": 4, "nbformat_minor": 5}


def write(path: Path, document: Any, **style: Any) -> Path:
    """Stored in Jupyter's way, unless told otherwise."""
    path.write_text(json.dumps(document, **{"indent": 1, "ensure_ascii": False, **style}) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def net(tmp_path: Path) -> Path:
    """A notebook with a fault on the seventh line of its third cell."""
    return write(tmp_path / "net.ipynb", notebook(CELLS))


def test_a_folder_is_searched_for_notebooks(net: Path) -> None:
    """But not for the copies that Jupyter keeps."""
    (net.parent / ".ipynb_checkpoints").mkdir()
    write(net.parent / ".ipynb_checkpoints" / "net-checkpoint.ipynb", notebook(CELLS))
    result = check(net.parent)
    assert result.files == 1
    (finding,) = result.findings
    assert (finding.code, str(finding.site)) == ("INI101", f"{net}:cell 3:7:13")


def test_the_report_shows_the_cell(net: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells are counted as Jupyter shows them, text included; lines count in the cell."""
    monkeypatch.chdir(net.parent)
    assert main(["check", "net.ipynb"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("net.ipynb:cell 3:7:13: INI101 [*] `hidden.*.weight`")
    assert "\n7 |             nn.init.xavier_uniform_(layer.weight)  # üblich\n  |             ^^^" in out
    assert main(["check", "--format", "json", "net.ipynb"]) == 1
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["filename"], row["cell"], row["location"]) == ("net.ipynb", 3, {"cell": 3, "row": 7, "column": 13})
    assert {edit["location"]["cell"] for edit in row["fix"]["edits"]} == {3}
    assert main(["check", "--format", "github", "net.ipynb"]) == 1
    line = int(capsys.readouterr().out.partition(",line=")[2].partition(",")[0])
    assert "xavier_uniform_" in net.read_text(encoding="utf-8").splitlines()[line - 1]


def test_show_names_the_cell(net: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of a model that a notebook defines."""
    monkeypatch.delenv("COLUMNS", raising=False)
    assert main(["show", f"{net}:Net()"]) == 0
    assert "net.ipynb:cell 3:7 xavier_uniform_" in capsys.readouterr().out
    assert main(["show", "--format", "json", f"{net}:Net()"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"][0]["site"] == {"path": str(net), "cell": 3, "line": 7, "column": 13}


@pytest.mark.parametrize("target", ["gone.ipynb:Net", "{}:Nothing", "{}/broken.ipynb:Net"])
def test_show_says_what_is_missing(net: Path, capsys: pytest.CaptureFixture[str], target: str) -> None:
    """One line: no file, no such name, or a cell that is no Python."""
    write(net.parent / "broken.ipynb", notebook(["x = 1\ndef f(:"]))
    assert main(["show", target.format(net.parent if "broken" in target else net)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "broken" not in target or "cell 1:2:1: is not valid Python" in error


@pytest.mark.parametrize(
    "style",
    [{}, {"indent": 2}, {"indent": "\t"}, {"indent": None}, {"indent": None, "separators": (",", ":")}, {"ensure_ascii": True}, {"sort_keys": True}],
    ids=str,
)
@pytest.mark.parametrize("lists", [True, False])
def test_a_fix_touches_the_cell_and_nothing_else(tmp_path: Path, style: dict[str, Any], lists: bool) -> None:
    """The file is the one Jupyter would have written with the edited cell: indentation, key order, escapes and last newline kept."""
    document = notebook(CELLS, lists=lists)
    document["metadata"]["odd"] = {"z": 1.50, "a": "é\t", "n": 1e3}
    path = write(tmp_path / "net.ipynb", document, **style)
    if "separators" in style:
        path.write_text(path.read_text(encoding="utf-8").rstrip("\n"), encoding="utf-8")
    before = path.read_text(encoding="utf-8")
    assert main(["fix", "--apply", str(path)]) == 0
    fixed = json.dumps('(layer.weight, nonlinearity="relu")')[1:-1]
    assert path.read_text(encoding="utf-8") == before.replace("xavier_uniform_(layer.weight)", f"kaiming_uniform_{fixed}")
    assert check(path).findings == []
    again = path.read_bytes()
    assert main(["fix", "--apply", str(path)]) == 0
    assert path.read_bytes() == again


def test_the_diff_is_one_of_cells(net: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is written."""
    monkeypatch.chdir(net.parent)
    before = net.read_bytes()
    assert main(["fix", "net.ipynb"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("net.ipynb:cell 3:7:13: INI101 safe: ")
    assert "\n--- net.ipynb:cell 3\n+++ net.ipynb:cell 3\n@@ -4,7 +4,7 @@\n" in out
    assert '\n+            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")  # üblich\n' in out
    assert net.read_bytes() == before


def test_an_edit_at_the_end_of_a_cell_stays_in_it(tmp_path: Path) -> None:
    """A branch added below the last line of a cell that ends without a newline."""
    routine = "def init(m):\n    if isinstance(m, nn.Linear):\n        nn.init.kaiming_normal_(m.weight, nonlinearity='relu')\n        nn.init.zeros_(m.bias)"
    model = "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fc = nn.Linear(8, 8)\n        self.norm = nn.LayerNorm(8)"
    model += "\n\n    def forward(self, x):\n        return self.norm(self.fc(x))"
    path = write(tmp_path / "a.ipynb", notebook(["import torch.nn as nn", routine, model, "net = Net()\nnet.apply(init)"]))
    result = check(path)
    assert [(finding.code, finding.site.cell and finding.site.cell.number) for finding in result.findings] == [("INI402", 2)]
    (change,) = repair.fix(result)
    assert change.applied[0].fix is not None
    assert change.applied[0].fix.safety is Safety.UNSAFE
    save(change.path, change.before, change.after)
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert "".join(cells[1]["source"]).startswith(f"{routine}\n    elif isinstance(m, nn.LayerNorm):\n")
    assert not "".join(cells[1]["source"]).endswith("\n")
    assert "".join(cells[2]["source"]) == model
    assert check(path).findings == []


def test_comments_silence_findings_in_their_cell(tmp_path: Path) -> None:
    """On the line or above it; a comment at the end of a cell says nothing about the next; magics do not get in the way."""
    silenced = NET.replace("# üblich", "# initlint: ignore[INI101] as published")
    assert check(write(tmp_path / "one.ipynb", notebook([CELLS[0], silenced, "!echo 'it"]))).findings == []
    apart = [CELLS[0], f"{NET}\n# initlint: ignore[INI101]", "net = Net()"]
    found = check(write(tmp_path / "two.ipynb", notebook(apart))).findings
    assert [(finding.code, str(finding.site).partition(":")[2]) for finding in found] == [("INI101", "cell 2:7:13"), ("INI904", "cell 2:13:1")]
    assert check(write(tmp_path / "three.ipynb", notebook(["x = 1  # initlint: ignore-file[INI101]", *CELLS]))).findings == []


def test_standard_input_may_be_a_notebook(net: Path) -> None:
    """Its name says so."""
    command = [sys.executable, "-m", "initlint", "check", "-", "--stdin-filename", "given.ipynb"]
    done = subprocess.run(command, input=net.read_bytes(), capture_output=True, check=False, cwd=Path(__file__).parents[1])
    assert done.stdout.decode().startswith("given.ipynb:cell 3:7:13: INI101")


def test_cells_see_each_other_and_files(tmp_path: Path) -> None:
    """A model in a file beside the notebook, initialised in it by a function of another cell."""
    (tmp_path / "model.py").write_text(f"import torch.nn as nn\n{NET.replace('nn.init.xavier_uniform_(layer.weight)', 'pass')}\n", encoding="utf-8")
    routine = "def init(m):\n    if isinstance(m, nn.Linear):\n        nn.init.xavier_uniform_(m.weight)"
    cells = ["from model import Net\nimport torch.nn as nn", routine, "net = Net()", "net.apply(init)"]
    assert [str(finding.site).partition("/a.ipynb:")[2] for finding in check(write(tmp_path / "a.ipynb", notebook(cells))).findings] == ["cell 2:3:9"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a notebook: Expecting value (line 1)"),
        ("{\n 'a'", "is not a notebook: Expecting property name enclosed in double quotes (line 2)"),
        ("[]", "is not a notebook: it has no cells"),
        ("{}", "is not a notebook: it has no cells"),
        ('{"cells": {}}', "is not a notebook: it has no cells"),
        ('{"worksheets": []}', "is a notebook of version 3; `jupyter nbconvert --to notebook` writes a newer one"),
        ('{"cells": [1]}', "is not a notebook: cell 1 is no object"),
        ('{"cells": [{"cell_type": "code"}]}', "is not a notebook: the source of cell 1 is no text"),
        ('{"cells": [{"cell_type": "code", "source": [1]}]}', "is not a notebook: the source of cell 1 is no text"),
        ("\x00", "contains null bytes"),
        (
            json.dumps(notebook(["x\n# ~~ cell 3, coding: utf-8 ~~"])),
            "cell 1 holds the line `# ~~ cell 3, coding: utf-8 ~~`, which initlint puts between cells",
        ),
    ],
)
def test_a_bad_notebook_is_one_finding(tmp_path: Path, net: Path, text: str, message: str) -> None:
    """One line that says what is wrong; the others are checked."""
    (tmp_path / "bad.ipynb").write_text(text, encoding="utf-8")
    bad, good = check(tmp_path).findings
    assert (bad.code, bad.severity, bad.message, str(bad.site)) == ("INI902", Severity.ERROR, message, f"{tmp_path}/bad.ipynb:1:1")
    assert good.code == "INI101"


def test_nesting_without_end_is_one_finding(tmp_path: Path) -> None:
    """Brackets, a hundred thousand of them."""
    (tmp_path / "deep.ipynb").write_text("[" * 100_000)
    (finding,) = check(tmp_path).findings
    assert finding.code in ("INI902", "INI903")


def test_a_notebook_without_python_can_be_edited(tmp_path: Path) -> None:
    """It has no cells that an edit could be of."""
    data = json.dumps(notebook(["x <- 1"], language="R")).encode()
    assert load(data).edited("").text == ""
    assert written("a.ipynb", data, "", "") == data


def test_a_cell_that_is_no_python_is_named(tmp_path: Path) -> None:
    """The line is that of the cell, in the message too."""
    path = write(tmp_path / "a.ipynb", notebook(["import torch.nn", "x = 1\nif x:", "y = 2"]))
    (finding,) = check(path).findings
    assert (finding.code, str(finding.site).partition(":")[2]) == ("INI901", "cell 2:2:6")
    assert "after 'if' statement on line 2" in finding.message


@pytest.mark.parametrize("document", [notebook(CELLS, language="R"), notebook([]), notebook(["", " \n"]), {"cells": []}])
def test_what_holds_no_python_is_clean(tmp_path: Path, document: dict[str, Any]) -> None:
    """Another language, no cells, empty cells."""
    assert check(write(tmp_path / "a.ipynb", document)).findings == []


def test_a_cell_may_be_in_another_language(tmp_path: Path) -> None:
    """As some editors mark it."""
    document = notebook(CELLS)
    document["cells"][2]["metadata"] = {"vscode": {"languageId": "r"}}
    assert check(write(tmp_path / "a.ipynb", document)).findings == []


@pytest.mark.parametrize(
    "first", ["# -*- coding: latin-1 -*-\nx = 'é'", "s = '\ud83d'", "from __future__ import annotations", "await f()", "x = 1\r\ny = 2\r\n"]
)
def test_odd_cells_are_read(tmp_path: Path, first: str) -> None:
    """A declared encoding means nothing, nor does half a character; each may be followed by a fault that is found and mended."""
    path = write(tmp_path / "a.ipynb", notebook([first, *CELLS]), ensure_ascii=True)
    assert [finding.code for finding in check(path).findings] == ["INI101"]
    assert main(["fix", "--apply", str(path)]) == 0
    assert json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"] == first.splitlines(keepends=True)
    assert check(path).findings == []


def test_a_byte_order_mark_is_kept(net: Path) -> None:
    """As in any file."""
    net.write_bytes(b"\xef\xbb\xbf" + net.read_bytes())
    assert main(["fix", "--apply", str(net)]) == 0
    assert net.read_bytes().startswith(b"\xef\xbb\xbf{")
    assert b"kaiming" in net.read_bytes()


def test_a_notebook_that_changed_is_left_alone(net: Path) -> None:
    """And one whose cells an edit would mix up."""
    stored = net.read_bytes()
    text = load(stored).text
    with pytest.raises(SourceError, match="has changed since it was read"):
        save(str(net), text.replace("64", "65"), text)
    with pytest.raises(SourceError, match="would not read back"):
        save(str(net), text, text + "# ~~ cell 9, coding: utf-8 ~~\nx\n")
    assert net.read_bytes() == stored


def test_cells_can_be_emptied_and_filled(net: Path) -> None:
    """A list without lines is still a list, and a notebook keeps its other cells."""
    text = load(net.read_bytes()).text
    after = text.replace(CELLS[5], "").replace("import torch.nn as nn", "import torch\nimport torch.nn as nn")
    assert [name.partition(":")[2] for name, _, _ in pieces(str(net), text, after)] == ["cell 1", "cell 6"]
    save(str(net), text, after)
    cells = json.loads(net.read_text(encoding="utf-8"))["cells"]
    assert cells[5]["source"] == []
    assert cells[0]["source"] == ["%matplotlib inline\n", "!pip install torch\n", "import torch\n", "import torch.nn as nn"]
    assert [cells[number]["source"] for number in (1, 2)] == [CELLS[number].splitlines(keepends=True) for number in (1, 2)]


TEXTS = st.text(st.sampled_from("ab \n\"\\'é日\t#\x0c\u2028/"), max_size=30).map(lambda text: f"x{text}")


@settings(deadline=None, max_examples=50)
@example(sources=["x"], after="x\n\n", which=0, lists=True, style={"indent": 1, "ensure_ascii": False, "sort_keys": False})
@given(
    sources=st.lists(TEXTS, min_size=1, max_size=4),
    after=TEXTS,
    which=st.integers(0, 3),
    lists=st.booleans(),
    style=st.fixed_dictionaries({"indent": st.sampled_from([None, 0, 1, 4, "\t"]), "ensure_ascii": st.booleans(), "sort_keys": st.booleans()}),
)
def test_any_cell_can_be_replaced_by_any_text(tmp_path_factory: pytest.TempPathFactory, sources: list[str], after: str, which: int, **how: Any) -> None:
    """The document that is read back differs in that source only, and so does the text of the file."""
    which %= len(sources)
    document = notebook(sources, lists=how["lists"])
    path = write(tmp_path_factory.mktemp("any") / "a.ipynb", document, **how["style"])
    raw = path.read_text(encoding="utf-8")
    before = load(path.read_bytes()).text
    marks = [before.index(f"# ~~ cell {number + 1}, ") for number in range(len(sources))] + [len(before)]
    head = before[: before.index("\n", marks[which]) + 1]
    save(str(path), before, head + after + ("" if after.endswith("\n") else "\n") + before[marks[which + 1] :])
    written = json.loads(path.read_text(encoding="utf-8"))
    new = "".join(written["cells"][which]["source"])
    assert new in (after, f"{after}\n", after.removesuffix("\n"))  # a cell keeps its habit of ending in a newline or not
    document["cells"][which]["source"] = written["cells"][which]["source"]
    assert written == document
    assert path.read_text(encoding="utf-8").split('"source"')[: which + 1] == raw.split('"source"')[: which + 1]
    assert isinstance(written["cells"][which]["source"], list) is how["lists"]


def test_a_notebook_goes_from_standard_input_to_standard_output(net: Path) -> None:
    """What ``fix --apply -`` prints is what ``fix --apply`` would have written."""
    command = [sys.executable, "-m", "initlint", "fix", "--apply", "-", "--stdin-filename", "given.ipynb"]
    done = subprocess.run(command, input=net.read_bytes(), capture_output=True, check=False, cwd=Path(__file__).parents[1])
    assert main(["fix", "--apply", str(net)]) == 0
    assert (done.returncode, done.stdout) == (0, net.read_bytes())


def test_comments_are_added_to_cells(tmp_path: Path) -> None:
    """Where cells are plain Python; else the finding is left, with the reason."""
    plain, magic = (write(tmp_path / name, notebook(cells)) for name, cells in (("plain.ipynb", ["import torch.nn as nn", NET]), ("magic.ipynb", CELLS)))
    before = magic.read_bytes()
    assert main(["check", "--add-ignores", str(plain)]) == 0
    assert "(layer.weight)  # üblich  # initlint: ignore[INI101]" in plain.read_text(encoding="utf-8")
    assert check(plain).findings == []
    assert main(["check", "--add-ignores", str(magic)]) == 1
    assert magic.read_bytes() == before


def test_a_baseline_knows_findings_in_cells(net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though cells above it grow."""
    monkeypatch.chdir(net.parent)
    assert main(["check", "--write-baseline", "known.json", "net.ipynb"]) == 0
    write(net, notebook(["x = 1\ny = 2", *CELLS]))
    assert main(["check", "--baseline", "known.json", "net.ipynb"]) == 0
