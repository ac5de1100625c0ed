"""Whenever ``fix --apply`` ends, and however: every file is the old one or the new one."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from initlint.cli import main
from tests.harness import MISMATCHED
from tests.test_notebook import notebook

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="each interruption needs a process that it can end")

WRITES = ("open", "write", "fsync", "close", "chmod", "chown", "replace", "rename", "unlink", "truncate", "ftruncate", "mkdir")
"""Functions of ``os`` that change what a disk holds."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two files and a notebook to be mended."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a.py").write_text(MISMATCHED)
    (folder / "b.py").write_text(MISMATCHED + "# the end\n")
    (folder / "c.ipynb").write_text(json.dumps(notebook([MISMATCHED])))
    return folder


def contents(project: Path) -> dict[str, bytes]:
    """The files that are there for others to see."""
    return {path.name: path.read_bytes() for path in sorted(project.iterdir()) if not path.name.startswith(".")}


def run(project: Path, prepare: Callable[[], None]) -> tuple[int, str]:
    """The status of a process that mends the project, as ``waitpid`` tells it, and what it has to say."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        status = 99
        try:
            sys.stdout = sys.stderr = os.fdopen(writing, "w", buffering=1)
            prepare()
            status = main(["fix", "--apply", "--no-cache", "--jobs", "1", str(project)])
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as stream:
        said = stream.read()
    return os.waitpid(process, 0)[1], said


def apply(project: Path, prepare: Callable[[], None]) -> int:
    """The status alone."""
    return run(project, prepare)[0]


class Interrupter:
    """Counts calls that change what a disk holds in a folder, and ends the process at one of them: before, in the middle or after it."""

    def __init__(self, folder: Path, last: int, when: str) -> None:
        self.folder = str(folder)
        self.last = last
        self.when = when
        self.calls = 0

    def install(self) -> None:
        """From now on."""
        for name in WRITES:
            setattr(os, name, self._watched(name, getattr(os, name)))

    def _watched(self, name: str, function: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            if name == "open" and not args[1] & (os.O_WRONLY | os.O_RDWR):
                return function(*args, **kwargs)
            self.calls += 1
            if self.calls == self.last:
                if self.when == "middle" and name == "write":
                    function(args[0], args[1][: len(args[1]) // 2])
                elif self.when == "after":
                    function(*args, **kwargs)
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)

        return call


def test_killed_at_any_call_that_writes(project: Path, tmp_path: Path) -> None:
    """Before it, after it, and with half of the bytes written; a later run finishes the work."""
    old = contents(project)
    assert apply(project, lambda: None) == 0
    new = contents(project)
    assert all(old[name] != new[name] for name in old)
    points = 0
    for when in ("before", "middle", "after"):
        for last in range(1, 1000):
            for name, data in old.items():
                (project / name).write_bytes(data)
            ended, said = run(project, Interrupter(project, last, when).install)
            found = contents(project)
            assert all(found[name] in (old[name], new[name]) for name in old), (when, last)
            assert found.keys() == old.keys()
            if ended == 0:
                assert found == new, (when, last, said)
                break
            assert os.WTERMSIG(ended) == signal.SIGKILL
            points += 1
    assert points >= 3 * 3 * 5  # a file is opened, written, flushed, closed and put in place
    assert apply(project, lambda: None) == 0
    assert contents(project) == new


def test_a_full_disk_leaves_the_old_file(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """And says so, once for each file, without a temporary file left behind."""
    old = contents(project)

    def full(handle: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    assert main(["fix", "--apply", "--no-cache", str(project)]) == 2
    monkeypatch.undo()
    told = capsys.readouterr()
    assert told.err == "".join(f"initlint: {project / name}: No space left on device\n" for name in old)
    assert "not fixed: the file No space left on device" in told.out
    assert {path.name: path.read_bytes() for path in project.iterdir()} == old


def test_a_limit_on_the_size_of_files_leaves_the_old_file(project: Path) -> None:
    """The system's own refusal, in the middle of a write."""
    old = contents(project)
    assert apply(project, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))) == 2 << 8
    assert {path.name: path.read_bytes() for path in project.iterdir()} == old


def test_short_writes_are_carried_on(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system may take fewer bytes than it is given."""
    write = os.write
    assert apply(project, lambda: None) == 0
    new = contents(project)
    (project / "a.py").write_text(MISMATCHED)
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:7]))
    assert main(["fix", "--apply", "--no-cache", str(project)]) == 0
    assert contents(project) == new


def test_what_is_read_only_is_left_alone(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A file by its mode, a folder because it takes no new file; the others are mended."""
    old = contents(project)
    (project / "a.py").chmod(stat.S_IREAD)
    assert main(["fix", "--apply", "--no-cache", str(project)]) == 2
    assert capsys.readouterr().err == f"initlint: {project / 'a.py'}: is read-only; left alone\n"
    assert contents(project)["a.py"] == old["a.py"]
    assert contents(project)["b.py"] != old["b.py"]
    (project / "a.py").chmod(0o644)

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    assert main(["fix", "--apply", "--no-cache", str(project)]) == 2
    assert capsys.readouterr().err == f"initlint: {project / 'a.py'}: cannot be replaced, its folder takes no new file: Permission denied\n"
    assert contents(project)["a.py"] == old["a.py"]


def test_a_file_that_changes_meanwhile_is_left_as_it_is(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever changes it between reading and writing keeps what they wrote."""
    theirs = b"# mine\n"
    flush = os.fsync

    def late(handle: int) -> None:
        flush(handle)
        (project / "a.py").write_bytes(theirs)

    monkeypatch.setattr(os, "fsync", late)
    main(["fix", "--apply", "--no-cache", str(project)])
    assert "a.py: has changed since it was read; left alone" in capsys.readouterr().err
    assert (project / "a.py").read_bytes() == theirs
