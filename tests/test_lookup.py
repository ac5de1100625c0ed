"""One file has one path, however it is written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
