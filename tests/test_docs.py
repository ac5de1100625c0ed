"""The pages on rules are those that the rules themselves give."""

from __future__ import annotations

import importlib.util
from pathlib import Path

SCRIPT = Path(__file__).parent.parent / "scripts" / "document_rules.py"


def test_the_pages_on_rules_are_up_to_date() -> None:
    """Mended by running scripts/document_rules.py."""
    spec = importlib.util.spec_from_file_location("document_rules", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.main(["--check"]) == 0
