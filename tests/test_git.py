"""``--changed-only``: the files that git sees as changed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from initlint.cli import main
from initlint.errors import GitError
from initlint.paths import git


def run(*arguments: str) -> None:
    """One git command in the current folder, the same on every machine."""
    names = ["-c", "user.name=a", "-c", "user.email=a@b.invalid", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *names, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a repository with three committed files on ``main``."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    run("init", "-q", "-b", "main")
    (tmp_path / "sub").mkdir()
    for name in ("a.py", "b.py", "sub/c.py"):
        (tmp_path / name).write_text("x = 1\n")
    run("add", ".")
    run("commit", "-qm", "first")
    return tmp_path


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """What would be checked."""
    capsys.readouterr()
    assert main(["check", "--changed-only", "--show-files", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


def test_nothing_changed_is_nothing_to_check(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 0."""
    assert found(capsys) == []
    assert main(["check", "--changed-only"]) == 0
    assert capsys.readouterr().out == "No files to check.\n"


def test_edited_staged_and_new_files_are_changed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not those that are deleted, ignored, or outside what was asked for."""
    (repository / "a.py").write_text("x = 2\n")
    (repository / "sub" / "c.py").write_text("x = 2\n")
    run("add", "sub/c.py")
    (repository / "sub" / "neu ü.py").write_text("")
    (repository / "ignored.py").write_text("")
    (repository / ".gitignore").write_text("ignored.py\n")
    (repository / "b.py").unlink()
    assert found(capsys) == ["a.py", "sub/c.py", "sub/neu ü.py"]
    assert found(capsys, "sub") == ["sub/c.py", "sub/neu ü.py"]
    assert found(capsys, "a.py", "sub/c.py") == ["a.py", "sub/c.py"]


def test_a_base_counts_from_the_last_commit_in_common(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What others did on it meanwhile is not ours."""
    run("checkout", "-qb", "topic")
    (repository / "a.py").write_text("x = 2\n")
    run("commit", "-qam", "ours")
    run("checkout", "-q", "main")
    (repository / "b.py").write_text("x = 3\n")
    run("commit", "-qam", "theirs")
    run("checkout", "-q", "topic")
    assert found(capsys) == []
    assert found(capsys, "--base", "main") == ["a.py"]
    (repository / "new.py").touch()
    assert found(capsys, "--base", "main") == ["a.py", "new.py"]


def test_before_the_first_commit_all_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Staged or not."""
    monkeypatch.chdir(tmp_path)
    run("init", "-q")
    (tmp_path / "a.py").touch()
    (tmp_path / "b.py").touch()
    run("add", "a.py")
    assert found(capsys) == ["a.py", "b.py"]
    assert main(["check", "--changed-only", "--base", "main"]) == 2
    assert capsys.readouterr().err == f"initlint: {tmp_path}: has no commit yet to compare with main\n"


def test_what_git_cannot_say_is_one_line(repository: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]) -> None:
    """No repository, no such commit, nothing in common, standard input."""
    outside = tmp_path_factory.mktemp("outside")
    run("checkout", "-q", "--orphan", "alone")
    run("commit", "-qm", "alone")
    for arguments, message in (
        ([str(outside)], f"{outside}: is in no git repository"),
        (["--base", "nope"], f"{repository}: knows no commit 'nope'"),
        (["--base=--output=x"], f"{repository}: knows no commit '--output=x'"),
        (["--base", "main"], f"{repository}: main has no commit in common with what is checked out"),
        (["-"], "--changed-only is about files: standard input is in no repository"),
    ):
        assert main(["check", "--changed-only", *arguments]) == 2
        assert capsys.readouterr().err == f"initlint: {message}\n"


def test_no_git_is_one_line(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not needed for anything else."""
    monkeypatch.setenv("PATH", str(repository))
    with pytest.raises(GitError, match="git was not found"):
        git.changed(["."])


def test_no_program_of_the_repository_is_run(repository: Path) -> None:
    """Neither a file monitor nor a diff that its configuration names: what is read is never executed."""
    for key in ("core.fsmonitor", "diff.external"):
        run("config", key, "touch executed; false")
    (repository / "a.py").write_text("x = 2\n")
    assert git.changed(["."]) == {str((repository / "a.py").resolve())}
    assert not (repository / "executed").exists()
