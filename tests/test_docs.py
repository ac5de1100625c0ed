"""The pages on rules are those that the rules themselves give; the one on formats shows what they really print."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from initlint.cli import main
from initlint.report import FORMATS
from tests.test_readme import NET

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "scripts" / "document_rules.py"
FORMATS_PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```console\n\$ initlint ([^\n]*)\n(.*?)```", FORMATS_PAGE, re.DOTALL)


def test_the_pages_on_rules_are_up_to_date() -> None:
    """Mended by running scripts/document_rules.py."""
    spec = importlib.util.spec_from_file_location("document_rules", SCRIPT)
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
