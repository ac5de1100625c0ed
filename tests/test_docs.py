"""The pages on rules are those that the rules themselves give; the one on formats shows what they really print."""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from initlint import config
from initlint.cli import main
from initlint.cli.arguments import parser
from initlint.report import FORMATS
from initlint.runs import baseline
from tests.test_readme import NET

ROOT = Path(__file__).parent.parent
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
SCRIPTS = ROOT / "scripts"
FORMATS_PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```console\n\$ initlint ([^\n]*)\n(.*?)```", FORMATS_PAGE, re.DOTALL)


@pytest.mark.parametrize("name", ["document_rules", "document_lessons"])
def test_generated_pages_are_up_to_date(name: str) -> None:
    """Mended by running the script."""
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.main(["--check"]) == 0


@pytest.mark.parametrize(("command", "output"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_the_examples_of_formats_are_real(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, output: str
) -> None:
    """On the model of the README."""
    assert NET is not None
    (tmp_path / "net.py").write_text(NET[1], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    main(command.split())
    assert capsys.readouterr().out == output


def test_every_format_is_described() -> None:
    """In the table, and nothing else is."""
    assert tuple(re.findall(r"^\| `(\w+)` \|", FORMATS_PAGE, re.MULTILINE)) == FORMATS


@pytest.mark.parametrize("page", ["README.md", "docs/configuration.md"])
def test_the_example_configurations_can_be_read(page: str, tmp_path: Path) -> None:
    """Every block of TOML."""
    blocks = re.findall(r"```toml\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        (tmp_path / "pyproject.toml").write_text(block, encoding="utf-8")
        assert config.find(tmp_path)
        assert config.load(tmp_path / "pyproject.toml").per_file_ignores


def test_every_key_is_in_the_manual() -> None:
    """With the options that exist, and no key that does not."""
    rows = [row for row in CONFIGURATION.splitlines() if row.startswith("| `")]
    keys = {key for row in rows for key in re.findall(r"`([^`]+)`", row.split("|")[1])}
    said = {field.name.replace("_", "-") for field in fields(config.Config)} - {"source", "folder", "selection"}
    assert keys == said | {"select", "extend-select", "ignore", "extend-ignore"}
    usage = "".join(command.format_help() for action in parser()._actions if action.choices for command in dict(action.choices).values())
    assert all(option.replace("[no-]", "") in usage for row in rows for option in re.findall(r"`(--[^`]+)`", row.split("|")[4]))


def test_the_example_baseline_can_be_read(tmp_path: Path) -> None:
    """And says what it says."""
    block = re.search(r"```json\n(.*?)```", CONFIGURATION, re.DOTALL)
    assert block is not None
    (tmp_path / "known.json").write_text(block[1], encoding="utf-8")
    assert sum(baseline.load(str(tmp_path / "known.json")).counts.values()) == json.loads(block[1])["findings"][0]["count"]
