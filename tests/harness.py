"""Fixtures are linted, and run. Expectations stand in the file as ``# expect: CODE "part of the message"``."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

FIXTURES = Path(__file__).parent / "fixtures"
EXPECTATION = re.compile(r'# expect: (?P<code>INI\d{3})(?: "(?P<text>[^"]*)")?')


MISMATCHED = """
import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 64)
        self.fc2 = nn.Linear(64, 10)
        nn.init.xavier_uniform_(self.fc1.weight)

    def forward(self, x):
        return self.fc2(self.fc1(x).relu())
"""
"""A file with one finding, INI101, and a safe fix."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """A finding the fixture asks for: at this line, with this code, saying this."""

    line: int
    code: str
    text: str


def fixtures() -> list[Path]:
    """Every fixture, without the repaired twins."""
    return sorted(path for path in FIXTURES.glob("*/*.py") if not path.name.endswith(".fixed.py"))


def expectations(path: Path) -> list[Expectation]:
    """What ``path`` expects; several on one line are allowed."""
    found: list[Expectation] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found += [Expectation(number, match["code"], match["text"] or "") for match in EXPECTATION.finditer(line)]
    return found


def load(path: Path) -> ModuleType:
    """Import a fixture from its file."""
    spec = importlib.util.spec_from_file_location(f"fixture_{path.parent.name.replace('-', '_')}_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def identify(path: Path) -> str:
    """``rule-name/torch_case``, for test ids."""
    return f"{path.parent.name}/{path.stem}"
