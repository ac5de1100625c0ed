"""Several processes say what one does, and survive each other."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from initlint import engine
from initlint.paths import files
from initlint.report.json import render
from initlint.runs import workers
from initlint.runs.single import Examiner, Outcome
from initlint.runs.tasks import Task
from initlint.runs.workers import Job

NET = """
import torch.nn as nn

class Net{n}(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear({n} + 64, 64)
        self.fc2 = nn.Linear(64, 10)
        nn.init.xavier_uniform_(self.fc1.weight)

    def forward(self, x):
        return self.fc2(self.fc1(x).relu())
"""
forked = pytest.mark.skipif(workers._method() != "fork", reason="a patched function reaches only processes that are forked")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Folders of models, of files that do not matter, and of one that is no Python."""
    for n in range(20):
        folder = tmp_path / f"part{n // 7}"
        folder.mkdir(exist_ok=True)
        (folder / f"net{n:02}.py").write_text(NET.format(n=n))
        (folder / f"plain{n}.py").write_text(f"x = {n}\n")
    (tmp_path / "part0" / "broken.py").write_text("def f(:\n")
    return tmp_path


def test_the_number_of_processes_changes_nothing(tree: Path) -> None:
    """Findings come in the same order, with the same fixes, and every file is announced once."""
    alone = engine.check([str(tree)])
    assert len(alone.findings) == 21
    announced: list[str] = []
    together = engine.check([str(tree)], jobs=3, progress=announced.append)
    assert render(together.findings) == render(alone.findings)
    assert together.findings == alone.findings
    assert (together.files, together.sources) == (alone.files, alone.sources)
    assert sorted(announced) == sorted(str(path) for path in tree.rglob("*.py"))


def test_no_file_depends_on_those_before_it(tree: Path) -> None:
    """Each alone is told what all together are."""
    together = engine.check([str(tree)])
    apart = [finding for path in sorted(tree.rglob("*.py")) for finding in engine.check([str(path)]).findings]
    assert sorted(apart, key=lambda finding: finding.order) == together.findings
    turned = engine.check([str(path) for path in sorted(tree.rglob("*.py"), reverse=True)])
    assert turned.findings == together.findings


@forked
@pytest.mark.parametrize("end", ["signal", "status"])
def test_a_process_that_dies_costs_one_file(tree: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    """The file it was at is reported; all others are examined."""
    examine = Examiner.examine

    def fatal(self: Examiner, path: str, data: bytes, *rest: object) -> Outcome:
        if path.endswith(("net03.py", "net11.py")):
            os.kill(os.getpid(), signal.SIGKILL) if end == "signal" else os._exit(3)
        return examine(self, path, data)

    expected = engine.check([str(tree)])
    monkeypatch.setattr(Examiner, "examine", fatal)
    result = engine.check([str(tree)], jobs=2)
    lost = [finding for finding in result.findings if finding.code == "INI903"]
    why = "was ended by signal 9" if end == "signal" else "ended with status 3"
    assert [finding.message for finding in lost] == [f"could not be analysed: its process {why}"] * 2
    assert [os.path.basename(finding.site.path) for finding in lost] == ["net03.py", "net11.py"]
    kept = [finding for finding in expected.findings if not finding.site.path.endswith(("net03.py", "net11.py"))]
    assert [finding for finding in result.findings if finding.code != "INI903"] == kept


@forked
def test_processes_that_cannot_start_are_told_of(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a few attempts every file that is left is reported."""
    monkeypatch.setattr(workers, "with_deep_stack", lambda action: os._exit(1))
    result = engine.check([str(tree)], jobs=2)
    assert {finding.message for finding in result.findings} == {"could not be analysed: no process could be started for it"}
    assert len(result.findings) == result.files


def test_few_files_are_left_to_one_process(tree: Path) -> None:
    """A process costs more than a handful of files."""
    several = [Job.of(number, Task(str(path))) for number, path in enumerate(sorted(tree.rglob("net*.py")))]
    assert workers.useful(8, several[:3]) == 1
    assert workers.useful(8, several) == 5
    assert workers.useful(2, several) == 2
    assert workers.useful(8, [Job.of(number, Task(str(path))) for number, path in enumerate(tree.rglob("plain*.py"))]) == 1


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_file_is_read_where_it_is_looked_at(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    """What it holds then is what counts, in this run and for the next; one that is gone by then is a finding."""
    read, late = files.read, tree / "part0" / "net03.py"
    before = engine.check([str(tree)])

    def grown(path: str) -> bytes:
        data = read(path)
        if path == str(late):
            late.write_bytes(data + b"# more\n")
        return data

    monkeypatch.setattr(files, "read", grown)
    assert engine.check([str(tree)], jobs=jobs, cache=str(tmp_path / "cache")).findings == before.findings
    monkeypatch.setattr(files, "read", read)
    late.write_bytes(late.read_bytes().replace(b"xavier_uniform_", b"kaiming_uniform_"))
    again = engine.check([str(tree)], jobs=jobs, cache=str(tmp_path / "cache"))
    assert again.findings == [finding for finding in before.findings if finding.site.path != str(late)]

    def gone(path: str) -> bytes:
        data = read(path)
        if path == str(late):
            late.unlink()
        return data

    monkeypatch.setattr(files, "read", gone)
    [finding] = [finding for finding in engine.check([str(tree)], jobs=jobs).findings if finding.site.path == str(late)]
    assert (finding.code, finding.message) == ("INI902", "cannot be read: No such file or directory")
