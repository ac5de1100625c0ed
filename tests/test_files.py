"""Which files a walk finds: excluded folders, ``.gitignore`` files, and what is named on the command line."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from initlint.cli import main
from initlint.paths.files import discover
from initlint.paths.ignores import DEFAULT_EXCLUDE, read


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fill(tree: Path, *names: str) -> None:
    """Empty files."""
    for name in names:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).touch()


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """What ``--show-files`` lists."""
    capsys.readouterr()
    assert main(["check", "--show-files", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("folder", [*DEFAULT_EXCLUDE[:-1], "some.egg-info/"])
def test_usual_folders_are_not_entered(tree: Path, folder: str) -> None:
    """At any depth; a file of that name is none of them."""
    fill(tree, "net.py", f"{folder}net.py", f"deep/{folder}inner/net.py")
    assert list(discover(["."], [])) == ["net.py"]
    assert list(discover([folder], [])) == [f"{folder}net.py"]


def test_what_is_excluded_is_instead_or_as_well(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By option and by file."""
    fill(tree, "net.py", "build/net.py", "old/net.py", "src/old/net.py", "src/gen_pb2.py")
    assert found(capsys) == ["net.py", "old/net.py", "src/gen_pb2.py", "src/old/net.py"]
    assert found(capsys, "--exclude", "/old/") == ["net.py", "build/net.py", "src/gen_pb2.py", "src/old/net.py"]
    assert found(capsys, "--extend-exclude", "old,*_pb2.py") == ["net.py"]
    (tree / "initlint.toml").write_text("extend-exclude = ['src/old']\n")
    assert found(capsys, "--extend-exclude", "*_pb2.py") == ["net.py", "old/net.py"]


def test_gitignore_files_are_honoured(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nested ones too, the innermost that is about a file decides, and what is inside an ignored folder stays ignored."""
    fill(tree, "net.py", "gen/net.py", "src/a_gen.py", "src/keep_gen.py", "src/lost/x.py", "src/sub/b_gen.py", "src/sub/c.py", "data/x.py", "data/y/z.py")
    (tree / ".gitignore").write_text("# comment\n\n/gen\n*_gen.py\nlost/\ndata/**\n!data/x.py\n\\\n")
    (tree / "src" / ".gitignore").write_text("!keep_gen.py\n!lost/x.py\nsub/c.py\n")
    assert found(capsys) == ["net.py", "data/x.py", "src/keep_gen.py"]
    assert len(found(capsys, "--no-respect-gitignore")) == 9
    (tree / "initlint.toml").write_text("respect-gitignore = false\n")
    assert len(found(capsys)) == 9


def test_gitignore_files_above_count_inside_a_repository(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Up to its root, with the exclude file in ``.git``; beyond, and outside a repository, none do."""
    fill(tree, "repo/src/a.py", "repo/src/b.py", "repo/src/c.py")
    (tree / ".gitignore").write_text("*.py\n")
    (tree / "repo" / ".gitignore").write_text("/src/a.py\n")
    assert found(capsys, "repo/src") == ["repo/src/a.py", "repo/src/b.py", "repo/src/c.py"]
    (tree / "repo" / ".git" / "info").mkdir(parents=True)
    (tree / "repo" / ".git" / "info" / "exclude").write_text("b.py\n")
    assert found(capsys, "repo/src") == ["repo/src/c.py"]


def test_what_is_named_is_looked_at(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Although it is excluded or ignored, unless --force-exclude says that it is not."""
    fill(tree, "net.py", "build/net.py", "out/net.py", "out/deep/net.py", "script")
    (tree / ".git").mkdir()
    (tree / ".gitignore").write_text("out/\n")
    named = ["net.py", "build/net.py", "out/net.py", "script"]
    assert found(capsys, *named) == named
    assert found(capsys, "out") == ["out/net.py", "out/deep/net.py"]
    assert found(capsys, "--force-exclude", *named) == ["net.py", "script"]
    assert found(capsys, "--force-exclude", "--no-respect-gitignore", *named) == ["net.py", "out/net.py", "script"]
    (tree / "initlint.toml").write_text("force-exclude = true\n")
    assert found(capsys, *named) == ["net.py", "script"]
    assert found(capsys, str(tree / "build" / "net.py")) == []


def test_the_folders_around_the_current_one_do_not_matter(tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A project may lie in a folder called build."""
    fill(tree, "build/project/net.py")
    monkeypatch.chdir(tree / "build" / "project")
    assert found(capsys, "--force-exclude", "net.py") == ["net.py"]


def test_excluded_standard_input_is_passed_through(tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An editor gets back what it gave."""
    (tree / "in.txt").write_text("def f(:\n")
    arguments = ["-", "--stdin-filename", "build/net.py"]
    for command, status, out in (
        (["check", *arguments], 1, "build/net.py:1:7: INI901"),
        (["check", "--force-exclude", *arguments], 0, "No files to check."),
        (["fix", "--apply", "--force-exclude", *arguments], 0, "def f(:\n"),
    ):
        with (tree / "in.txt").open() as stream:
            monkeypatch.setattr("sys.stdin", stream)
            assert main(command) == status
            assert capsys.readouterr().out.startswith(out)


@pytest.mark.parametrize(
    "lines",
    [
        ["*.py", "!a.py"],
        ["/a/", "b/*.py"],
        ["a/**/c.py"],
        ["**/b/"],
        ["[ab].py"],
        ["?.py"],
        ["b"],
        ["a/b"],
        ["c.py/", "a.p*"],
        ["*", "!*/", "!b.py"],
        ["a/*", "!a/b"],
        [r"\!x.py", r"a\ b.py"],
        ["*.p", "x*"],
        ["a/**"],
        ["**/c/a.py", "!c"],
        ["a**.py", "a/b/**/"],
        ["[!ab].py", "[^c]/", "[a-b]/c"],
        ["[[:alpha:]].py", "[]x].py"],
        ["a.py ", "b.py\\ ", "*/c.py"],
        ["/*", "!/a/", "/a/*", "!/a/b/"],
        ["\\a.py", "#b.py", "\\#c.py", "!x.py"],
        ["**", "!**/", "!a.py"],
        ["a?.py", "a*b/", "?/?/"],
        ["[b\\a]*.py", "[!]c.py", "[a"],
    ],
)
def test_patterns_mean_what_they_mean_to_git(tree: Path, lines: Sequence[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Compared with git itself, over one tree."""
    names = [f"{folder}{name}.py" for folder in ("", "a/", "b/", "a/b/", "a/b/c/") for name in ("a", "b", "c", "!x", "a b")]
    fill(tree, *names)
    subprocess.run(["git", "init", "-q"], check=True)
    (tree / ".gitignore").write_text("\n".join(lines) + "\n")
    listed = subprocess.run(["git", "ls-files", "-o", "-z", "--exclude-standard", "*.py"], capture_output=True, text=True, check=True)
    assert sorted(found(capsys)) == sorted(name for name in listed.stdout.split("\0") if name)


def test_what_is_no_pattern_is_known() -> None:
    """A lone exclamation mark, a backslash at the end."""
    assert [line for line in ("a", "!", "\\", "[z-a]", "**") if read(line) is None] == ["!", "\\", "[z-a]"]
