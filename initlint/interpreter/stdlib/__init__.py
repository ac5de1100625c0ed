"""The part of the standard library (and of NumPy) that model constructors lean on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from initlint.interpreter.stdlib import environment, functions, iterators, mathematics, records
from initlint.interpreter.stdlib.registry import FUNCTIONS
from initlint.interpreter.values import ABSENT, External

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call

__all__ = ["CONSTANTS", "FUNCTIONS", "environment", "follow", "functions", "iterators", "mathematics", "records"]

CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("inspect.Parameter.empty", "inspect.Signature.empty"), External("inspect._empty")),
    "math.pi": math.pi, "math.e": math.e, "math.inf": math.inf, "math.tau": math.tau, "math.nan": math.nan,
    "numpy.pi": math.pi, "numpy.e": math.e, "numpy.inf": math.inf, "torch.pi": math.pi, "torch.inf": math.inf, "typing.TYPE_CHECKING": False,
    "sys.version_info": (3, 12, 0), "sys.platform": "linux", "sys.maxsize": 2**63 - 1,
}  # fmt: skip


def follow(name: str, call: Call) -> Any:
    """The value of a call into the standard library, or ABSENT where it is not described here."""
    handler = FUNCTIONS.get(name)
    if handler is not None:
        return handler(call)
    if name.startswith(("logging.", "warnings.", "typing.", "abc.", "tqdm")) or ".getLogger()." in name:
        return None
    return ABSENT
