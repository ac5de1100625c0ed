"""One file has one path, however it is written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from initlint.engine import check
from initlint.paths.lookup import absolute


@pytest.mark.parametrize("written", ["src/net.py", "./src/net.py", "src/../src/net.py", "src/inner/../net.py"])
def test_ways_to_write_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    (tmp_path / "src" / "inner").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert absolute(written) == Path(os.getcwd(), "src", "net.py")


def test_up_from_a_link_is_up_from_where_it_leads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here" / "src").mkdir(parents=True)
    (tmp_path / "there" / "src").mkdir(parents=True)
    (tmp_path / "there" / "inner").mkdir()
    (tmp_path / "there" / "src" / "net.py").write_text("import torch\n")
    (tmp_path / "here" / "link").symlink_to(tmp_path / "there" / "inner")
    monkeypatch.chdir(tmp_path / "here")
    found = absolute("link/../src/net.py")
    assert found.read_text() == "import torch\n"
    assert found == Path(os.path.realpath(tmp_path), "there", "src", "net.py")


BLOCK = """
import torch.nn as nn


class Block(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.fc = nn.Linear(size, size)
        nn.init.xavier_uniform_(self.fc.weight)

    def forward(self, x):
        return self.fc(x)
"""
NET = """
import torch
import torch.nn as nn

from {package}.block import Block


class Net(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.block = Block(size)
        self.out = nn.Linear(size, 1)

    def forward(self, x):
        return self.out(torch.relu(self.block(x)))
"""


def _sites(folder: Path, package: str, marker: str = "") -> list[tuple[str, str]]:
    """What is found in ``nets/net.py``, which takes a block from ``package``."""
    for path, text in ((f"{package.replace('.', '/')}/block.py", BLOCK), ("nets/net.py", NET.format(package=package)), (marker, "")):
        if path:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
    return [(Path(f.site.path).name, f.code) for f in check([str(folder)]).findings]


def test_folders_without_an_init_file_are_packages_too(tmp_path: Path) -> None:
    assert _sites(tmp_path / "nets", "nets.blocks") == [("block.py", "INI101")]


def test_scripts_import_from_the_top_of_their_project(tmp_path: Path) -> None:
    assert _sites(tmp_path, "blocks", "pyproject.toml") == [("block.py", "INI101")]


def test_scripts_of_no_project_import_what_lies_beside_them(tmp_path: Path) -> None:
    assert _sites(tmp_path, "blocks") == []


def test_scripts_import_the_package_under_src(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "src" / "blocks").mkdir()
    (tmp_path / "src" / "blocks" / "block.py").write_text(BLOCK)
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "net.py").write_text(NET.format(package="blocks"))
    assert [f.code for f in check([str(tmp_path)]).findings] == ["INI101"]
