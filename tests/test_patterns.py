"""No regular expression of the package runs on without end: one that does holds the interpreter, and no watchdog can stop it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from initlint.contexts import loaded
from tests import patterns

ROOT = Path(__file__).parent.parent
HANGS = 300
"""Seconds after which it is taken to hang: it needs one or two."""


def test_every_expression_comes_to_an_end() -> None:
    command = [sys.executable, str(ROOT / "tests" / "patterns.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}) as process:
        try:
            told, _ = process.communicate(timeout=HANGS)
        except subprocess.TimeoutExpired:
            process.kill()
            told, _ = process.communicate()
            pytest.fail(f"runs on without end: {told.splitlines()[-1]}")
    lines = told.splitlines()
    assert lines[-1] == "all", told
    assert len(lines) > 100
    assert "initlint.contexts.loaded.BY_NAME" in lines


def test_the_text_takes_an_expression_past_its_beginning() -> None:
    assert any(loaded.BY_NAME.pattern[:3] in text and text.endswith("    \n") for text in patterns.hostile(loaded.BY_NAME))
