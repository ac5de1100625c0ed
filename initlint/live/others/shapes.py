"""Example inputs as NumPy arrays."""

from __future__ import annotations

from typing import Any

from initlint.live import inputs


def parse(text: str) -> tuple[list[Any], dict[str, Any]]:
    """Arrays for ``2,28,28,1`` or ``2,16:int32``, several by ``;``, keywords by name. Raises ``TargetProblem``."""
    args, kwargs = inputs.parse(text)
    return [one.numpy() for one in args], {name: one.numpy() for name, one in kwargs.items()}
