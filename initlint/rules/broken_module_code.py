"""Code around modules and parameters that raises.

## What it does
Reports what code that builds or initialises a model gets wrong about the framework's objects: a parameter called like a function
(`m.weight()`), a method that the module at hand does not have (`ModuleList.reset_parameters`), an init routine that asks its
module for what the class never sets, a single layer iterated over, `super(Net).__init__()` without `self`, parameters assigned before
`nn.Module` was set up, `isinstance(m, "Linear")`, `isinstance(m(nn.Conv2d))`, `model.apply(init, 0.02)`, which hands on nothing but the function,
`self.add_weight(reguarizer=l2)` of Keras, which takes no such argument in any version.

## Why is this bad?
Each raises when it runs. `super(Net)` is the quiet one: it makes an object bound to nothing, its `__init__` is that
object's own, and `nn.Module.__init__` never runs; the first parameter assigned afterwards raises `AttributeError: cannot
assign parameters before Module.__init__() call`. A `reset_parameters` that raises hides until a model is re-initialised or
built on the `meta` device, so the variance its formula promises is never drawn.

## Example
    class Loss(nn.Module):
        def __init__(self, dim):
            super(Loss).__init__()
            self.center = nn.Parameter(torch.randn(1, dim))

Use instead:
    class Loss(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.center = nn.Parameter(torch.randn(1, dim))

## Fix safety
`super(Net)` becomes `super()`, which makes a class work that could not be constructed; `m.weight()` becomes `m.weight`, and
`isinstance(m, "Linear")` a comparison of names. The rest is for the author.

## A real bug it would have caught
ESPnet's `oc_softmax_loss.py`: `super(ASVSpoofOCSoftmaxLoss).__init__()`. dgllife's `pagtn.py`: `self.model.reset_parameters()` on a `ModuleList`.
EdgeML's `rnn.py`: `torch.randn([hidden_size, input_size], self.device)`.

## What it leaves alone
Modules whose base class could not be read, attributes that may be set elsewhere, code under a `try` that waits for the exception.
"""

from __future__ import annotations

from collections.abc import Iterator

from initlint.findings import Finding, Fix, ReplaceCall, ReplaceExpression, Severity
from initlint.graph import Mistake, ModelGraph
from initlint.rules import Rule

RULE = Rule(
    code="INI604", name="broken-module-code", summary="Code around modules and parameters that raises when it runs", fixable="sometimes", judges_running=True
)
ADVICE = {
    "called-tensor": "",
    "missing-attribute": "Call it on each of the modules inside.",
    "iterated-module": "Only containers can be iterated: use the layer itself, or its `children()`.",
    "before-init": "Call `super().__init__()` first.",
    "unbound-super": "",
    "misfit-arguments": "",
    "behind-a-size": "",
    "string-for-class": "Name the class itself: `isinstance(m, nn.Linear)`.",
}


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per mistake; what only follows from an unbound ``super`` is not told again."""
    unbound = {mistake.detail.get("class_name") for mistake in graph.mistakes if mistake.kind == "unbound-super"}
    early: set[object] = set()
    for mistake in graph.mistakes:
        if mistake.kind not in ADVICE:
            continue
        if mistake.kind == "before-init":
            owner = mistake.detail.get("class_name")
            if owner in unbound or owner in early:
                continue
            early.add(owner)
        yield RULE.at(
            graph, mistake.site, Severity.ERROR, mistake.text, fix=_fix(mistake), evidence={"kind": mistake.kind, **mistake.detail}, help=_help(mistake)
        )


def _help(mistake: Mistake) -> str:
    if mistake.kind == "missing-attribute" and mistake.detail.get("class_name") not in ("ModuleList", "Sequential", "ModuleDict"):
        return "Define it, or leave the call out."
    return ADVICE[mistake.kind]


def _fix(mistake: Mistake) -> Fix | None:
    if mistake.kind == "unbound-super":
        return Fix(message="Call super() without arguments", actions=(ReplaceCall(site=mistake.site, parameters=("cls",), drop=("cls",)),), revives=True)
    if mistake.kind == "string-for-class" and mistake.detail["meant"]:
        meant = mistake.detail["meant"]
        return Fix(message=f"Write `{meant}`", actions=(ReplaceExpression(site=mistake.site, content=meant),), revives=True)
    if mistake.kind == "called-tensor":
        return Fix(message="Leave the parentheses out", actions=(ReplaceCall(site=mistake.site, bare=True),), revives=True)
    return None
