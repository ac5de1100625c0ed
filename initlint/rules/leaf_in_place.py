"""An in-place write to a parameter that requires grad, outside `torch.no_grad()`.

## What it does
Finds `weight.normal_()`, `weight.copy_(x)`, `weight *= s` and their kin on an `nn.Parameter` that requires grad, where
no `with torch.no_grad():` or decorator is around.

## Why is this bad?
A parameter is a leaf of the autograd graph: its gradient is taken at the value it holds, `dL/dw`, so autograd refuses to
record that it was overwritten. PyTorch raises `RuntimeError: a leaf Variable that requires grad is being used in an
in-place operation`, and the model cannot be constructed.

## Example
    self.weight = nn.Parameter(torch.empty(8, 8))
    self.weight.normal_(0, 0.1)

Use instead:
    self.weight = nn.Parameter(torch.empty(8, 8))
    nn.init.normal_(self.weight, 0, 0.1)

## Fix safety
Unsafe: the method writes through `.data`, which autograd does not see. Operators (`weight *= 2`) are left to the author.

## A real bug it would have caught
pytorch#16099 and many questions: "a leaf Variable that requires grad has been used in an in-place operation".

## What it leaves alone
Writes through `.data` or `.detach()`, writes under a context manager or decorator that may switch gradients off, frozen
parameters, code that a branch nobody can decide leads to, and functions of `torch.nn.init`, which do so themselves. Functions
that nothing in the file calls, unless their name says that they initialise: what prunes or trains a model runs without gradients.
"""

from __future__ import annotations

from collections.abc import Iterator

from initlint.findings import Finding, Fix, Severity, ThroughData
from initlint.graph import ModelGraph
from initlint.rules import Rule

RULE = Rule(
    code="INI509",
    name="leaf-in-place",
    summary="A parameter that requires grad is changed in place outside torch.no_grad(): RuntimeError",
    fixable="sometimes",
)


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per write."""
    for mistake in graph.mistakes:
        if mistake.kind == "leaf-in-place":
            method = not mistake.detail["function"].startswith("__")
            fix = Fix(message="Write through `.data`", actions=(ThroughData(site=mistake.site),), assumes=True) if method else None
            advice = "" if fix else "Write it under `with torch.no_grad():`"
            yield RULE.at(graph, mistake.site, Severity.ERROR, mistake.text, fix=fix, help=advice)
