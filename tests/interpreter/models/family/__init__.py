# mypy: ignore-errors
# ruff: noqa
from __future__ import annotations

from .base import Base, Mixin
from .middle import Middle as Renamed
