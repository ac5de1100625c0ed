"""The forget gate of an LSTM gets its bias twice.

## What it does
Looks for LSTM layers whose forget gate is given a bias both in `bias_ih` and in `bias_hh`, mostly because a test like
`"bias" in name` meets the two. Routines that no model of the file runs are tried on an `nn.LSTM`.

## Why is this bad?
The gates are `W_ih x + b_ih + W_hh h + b_hh`, so the two biases add up. A bias of 1 (Jozefowicz et al. 2015) becomes 2: the gate
starts at `sigmoid(2) = 0.88` in place of 0.73, and remembers 8 steps in place of 4. Chrono initialization (Tallec & Ollivier
2018) draws `b = log(U(1, T - 1))` for time scales up to `T`; two such draws multiply, `e^(b + b') = u u'`, and reach `T^2`.

## Example
    for name, p in lstm.named_parameters():
        if "bias" in name:
            p.data[hidden : 2 * hidden].fill_(1.0)

Use instead:
    for name, p in lstm.named_parameters():
        if "bias_ih" in name:
            p.data[hidden : 2 * hidden].fill_(1.0)
        elif "bias_hh" in name:
            p.data.zero_()

## Fix safety
None is offered: which of the two tests or statements should go is the author's to say.

## A real bug it would have caught
torchex's `chrono_init` writes `log(U(1, Tmax - 1))` into every parameter with `bias` in its name.

## What it leaves alone
A bias in one of the two vectors, scaled or zeroed in the other; GRUs, whose gates differ. The same constant in both is a
note: a forget gate at 0.88 does no harm.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from initlint.findings import Finding, Severity
from initlint.graph import InitEvent, ModelGraph, Parameter
from initlint.rules import Rule
from initlint.rules._sites import qualified
from initlint.symbolic import Number
from initlint.theory.laws import spell

RULE = Rule(
    code="INI404",
    name="forget-bias-twice",
    summary="A forget-gate bias set in both bias vectors of an LSTM, which add up",
)
LSTMS = ("LSTM", "LSTMCell")
DRAWN_IN_PLACE = ("torch.Tensor.__setitem__", "torch.Tensor.copy_")
GATES = 4


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per statement that raises the forget gate a second time."""
    found: dict[tuple[object, object], list[tuple[Parameter, Parameter, InitEvent, InitEvent]]] = {}
    for layer in graph.layers:
        if layer.kind not in LSTMS:
            continue
        for role, first in layer.parameters.items():
            second = layer.parameters.get(role.replace("bias_ih", "bias_hh")) if role.startswith("bias_ih") else None
            if second is None:
                continue
            left, right = _raised(first), _raised(second)
            if left is not None and right is not None:
                found.setdefault((left.site, right.site), []).append((first, second, left, right))
    for cases in found.values():
        yield _finding(graph, cases)


def _raised(parameter: Parameter) -> InitEvent | None:
    """The write that decides the forget gate's part of a bias, if it lifts it."""
    if parameter.shape is None or len(parameter.shape) != 1:
        return None
    place = _forget_slice(parameter.shape[0] / GATES)
    last = next((event for event in reversed(parameter.events) if event.effective and (not event.partial or event.region == place)), None)
    if last is None or not last.partial or last.site is None:
        return None
    return last if _constant(last) or _drawn(last) else None


def _forget_slice(hidden: Number) -> str:
    """The second of four gates, as ``InitEvent.region`` spells it."""
    start, stop = (int(size) if isinstance(size, float) and size.is_integer() else size for size in (hidden, 2 * hidden))
    return f"{start!r}:{stop!r}:None"


def _constant(event: InitEvent) -> float | None:
    """The positive number that is written, if it is one."""
    law = event.distribution
    value = law.mean if law.kind == "constant" else None
    return float(value) if isinstance(value, (int, float)) and value > 0 else None


def _drawn(event: InitEvent) -> bool:
    """Whether values that code draws or computes are copied in, as chrono initialization does."""
    law = event.distribution
    return event.initializer in DRAWN_IN_PLACE and law.kind != "constant" and (law.mean is None or (isinstance(law.mean, (int, float)) and law.mean > 0))


def _finding(graph: ModelGraph, cases: list[tuple[Parameter, Parameter, InitEvent, InitEvent]]) -> Finding:
    first, second, left, right = cases[0]
    values = _constant(left), _constant(right)
    site = max(event.site for event in (left, right) if event.site is not None)
    start = f"the forget gate's bias is set in `{first.name}` and in `{second.name}`, and the gate adds the two: "
    if values[0] is not None and values[1] is not None:
        total = values[0] + values[1]
        opened = 1 / (1 + math.exp(-total))
        text, severity = f"{spell(values[0])} + {spell(values[1])} = {spell(total)}, it starts at {opened:.2f} open", Severity.NOTE
    else:
        text, severity = "what is drawn for one time scale counts twice, and the scales multiply", Severity.WARNING
    return RULE.at(
        graph,
        site,
        severity,
        start + text,
        parameter=first.name,
        parameters=qualified(graph, [p for case in cases for p in case[:2]]),
        evidence={"values": list(values)},
        help="Set it in `bias_ih` alone and zero `bias_hh`.",
    )
