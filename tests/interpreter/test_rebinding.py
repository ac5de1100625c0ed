"""Functions that compute a new tensor under the name of an argument."""

from __future__ import annotations

import pytest

from initlint import program as p
from initlint.interpreter.rebinding import lost_argument
from initlint.source import SourceFile


@pytest.mark.parametrize(
    ("body", "lost"),
    [
        ("w = torch.abs(w)", "w"),
        ("w = torch.abs(w); print('done')", "w"),
        ("w = torch.abs(w); return w", "w"),
        ("w = torch.abs(w); self.w.data = w", None),
        ("loss = 0\n    for one in x:\n        w = 0.9 * w + one\n        loss = loss + w\n    loss.backward()", None),
        ("w = w * 2; x.append(1)", None),
    ],
)
def test_what_a_function_computes_and_keeps_to_itself(body: str, lost: str | None) -> None:
    source = SourceFile("net.py", f"def f(self, w, x):\n    {body}\n".encode())
    (function,) = source.chunks[0].statements
    assert isinstance(function, p.FunctionDef)
    found = lost_argument(function)
    assert (found[0] if found is not None else None) == lost
