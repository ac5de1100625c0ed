"""A parameter made of memory that nothing fills.

## What it does
Finds parameters created by `torch.empty`, `torch.Tensor(sizes)`, `torch.FloatTensor(sizes)` and their kin that no
initializer, copy or assignment writes to before the first forward pass.

## Why is this bad?
`torch.empty` returns whatever the allocator had lying there: its documentation says "uninitialized data". The values are
neither random nor reproducible: fresh pages hold zeros, so it may look fine in a test, and reused ones hold what was
computed before, up to 1e38 or NaN. One NaN weight makes every output NaN: `NaN * x + b = NaN`.

## Example
    self.bias = nn.Parameter(torch.empty(channels))

Use instead:
    self.bias = nn.Parameter(torch.zeros(channels))

## Fix safety
A bias becomes `torch.zeros`: safe where nothing else changes. Unsafe, because the author has to confirm the law: any other
vector becomes `torch.zeros`, or `torch.ones` where its name says that it multiplies, and a matrix
`nn.init.xavier_uniform_(torch.empty(...))`, whose variance does not depend on which of its sides the signal enters. For larger
tensors no call of torch.nn.init is certain to count the right fan.

## A real bug it would have caught
openai/CLIP#15, torchMoji#11 (values up to 1e38), pytorch-GAT#11: parameters made by `torch.empty` or `torch.Tensor` and never filled.
torch-rechub `CapsuleNetwork`, torchex `GraphConv`: garbage weights in a matrix product.

## What it leaves alone
Parameters that anything in the project may fill: a method that was not called here, a loop over `parameters()` of a model
that contains the layer, a derived class, a base class that was not read. Frozen parameters, those of integers and those without entries, which hold a
place for something loaded later. Buffers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from initlint.findings import Finding, Fix, ReplaceCall, Severity, Site, WrapCall
from initlint.graph import ModelGraph, Parameter
from initlint.rules import Rule
from initlint.rules._sites import qualified, spell_names

RULE = Rule(
    code="INI508",
    name="uninitialised-parameter",
    summary="A parameter of torch.empty or torch.Tensor that nothing fills: it starts from whatever the memory held",
    fixable="sometimes",
)
FACTOR = re.compile(r"scale|gamma|weight|gain|temperature", re.IGNORECASE)
"""Names of vectors that multiply."""
UNREAD = re.compile(r"dummy|placeholder", re.IGNORECASE)
"""Names of what exists for its device or its type alone."""


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per place that makes such memory."""
    places: dict[Site, list[Parameter]] = {}
    for parameter in graph.parameters:
        if parameter.uninitialised is not None and parameter.requires_grad and not _is_unread(parameter):
            places.setdefault(parameter.uninitialised, []).append(parameter)
    for site, parameters in places.items():
        fix = _fix(site, parameters)
        many = len(parameters) > 1
        yield RULE.at(
            graph,
            site,
            Severity.ERROR,
            f"{spell_names(parameters)} {'are' if many else 'is'} uninitialised memory that nothing fills: "
            "the values are whatever was there before, NaN among them",
            fix=fix,
            help="" if fix else "Fill it in the constructor: `nn.init.normal_(weight, std=...)` for a weight, `torch.zeros` for what is added",
            parameter=parameters[0].name,
            parameters=qualified(graph, parameters),
            evidence={"shape": [str(size) for size in parameters[0].shape or ()]},
        )


def _is_unread(parameter: Parameter) -> bool:
    """Whether a parameter has no entries, or one under a name that says nobody reads it."""
    if parameter.shape is None:
        return False
    return any(isinstance(size, int) and size == 0 for size in parameter.shape) or (parameter.shape in ((), (1,)) and UNREAD.search(parameter.role) is not None)


def _is_offset(parameters: list[Parameter]) -> bool:
    return all("bias" in p.role.lower() and p.shape is not None for p in parameters)


def _fix(site: Site, parameters: list[Parameter]) -> Fix | None:
    if _is_offset(parameters):
        return Fix(message="Start it at zero: `torch.zeros`", actions=(ReplaceCall(site=site, function="torch.zeros"),))
    ranks = {len(p.shape) if p.shape is not None else None for p in parameters}
    if ranks == {2}:
        wrapped = WrapCall(site=site, function="torch.nn.init.xavier_uniform_")
        return Fix(message="Draw it with Var = 2 / (fan_in + fan_out)", actions=(wrapped,), assumes=True)
    if ranks <= {0, 1}:
        value = "ones" if all(FACTOR.search(p.role) for p in parameters) else "zeros"
        return Fix(message=f"Start it at {value[:-1]}: `torch.{value}`", actions=(ReplaceCall(site=site, function=f"torch.{value}"),), assumes=True)
    return None
