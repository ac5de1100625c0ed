"""A name that the framework does not have, spelt almost like one that it has.

## What it does
Reports calls of names of `torch.nn` and `torch.nn.init` that do not exist and resemble one that does: `nn.Conv2D`,
`nn.init.kaiming_norml_`, `nn.init.glorot_uniform_`. Functions that nothing in the file runs are read too.

## Why is this bad?
Python looks the name up when the line runs, not before: a branch for a scheme nobody has tried yet
(`elif init_type == "orthogonal"`) raises `AttributeError` the first time somebody does.

## Example
    nn.init.glorot_uniform_(self.fc.weight)

Use instead:
    nn.init.xavier_uniform_(self.fc.weight)  # Glorot & Bengio 2010, eq. 16: Var = 2 / (fan_in + fan_out)

## Fix safety
Writes the name that was meant and keeps the arguments. Nothing could be drawn before, so nothing that is drawn changes.

## A real bug it would have caught
`nn.Conv2D` in tutorials whose authors came from Keras; flax#2002, where `zeros` was written for `zeros()`, is its cousin.

## What it leaves alone
Names that resemble none of ours (they may belong to a later version), names whose `AttributeError` the code catches, and
attributes of anything but `torch.nn` and `torch.nn.init`.
"""

from __future__ import annotations

from collections.abc import Iterator

from initlint.findings import Finding, Fix, ReplaceCall, Severity
from initlint.graph import ModelGraph
from initlint.rules import Rule

RULE = Rule(code="INI602", name="no-such-name", summary="A layer or initializer that does not exist, spelt almost like one that does", fixable="sometimes")


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per call of an unknown name."""
    for mistake in graph.mistakes:
        if mistake.kind != "unknown-name":
            continue
        name, meant = str(mistake.detail["name"]), str(mistake.detail["meant"])
        yield RULE.at(
            graph,
            mistake.site,
            Severity.ERROR,
            f"`{name}` does not exist: AttributeError",
            fix=Fix(message=f"Call {meant}", actions=(ReplaceCall(site=mistake.site, function=meant),), revives=True),
            evidence={"name": name, "meant": meant},
        )
