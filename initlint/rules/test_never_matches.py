"""A test in an init routine that always holds, or never does.

## What it does
Finds `"a" or "b" in name`, which holds for every name; `m == nn.Linear` and `type(m) == "Linear"`, which hold for no module;
`isinstance(m, Block)` under `isinstance(m, nn.Linear)`; `classname.find("Conv1D")`, where layers are called `Conv1d`; walks that stop
above the layers they are after, `for m in self.children(): if isinstance(m, nn.Linear)` where these lie in a `Sequential`; and tests of
state-dict names that no parameter or module of any model in the file passes.

## Why is this bad?
The routine says that it gives some parameters another law, and does so for all of them or for none. GPT-2 scales its
residual projections by `1/sqrt(2 L)` so that the sum of `2 L` branches keeps `Var = sum_l Var_l` independent of the depth
(Radford et al. 2019, section 2.3). With a test that matches nothing it grows in proportion to `L`.

## Example
    for name, p in self.named_parameters():
        if name == "c_proj.weight":
            nn.init.normal_(p, std=0.02 / math.sqrt(2 * layers))

Use instead:
    for name, p in self.named_parameters():
        if name.endswith("c_proj.weight"):
            nn.init.normal_(p, std=0.02 / math.sqrt(2 * layers))

## Fix safety
Unsafe: which parameters are initialised changes. `"a" or "b" in name` becomes `"a" in name or "b" in name`; an equality that the
last part of a name passes becomes `endswith`, a comparison with a class `isinstance`.

## A real bug it would have caught
transformers#47458: `name == "c_proj.weight"` met only qualified names, so GPT-2 started with 0.02 instead of 0.0058.
Yet-Another-EfficientDet-Pytorch#722: `if "conv_list" or "header" in name` was always true.
Alexa's teacher models ask `isinstance(module, AlexaTMOutput)` of what is an `nn.Linear`; wav-autoencoder's routine looks for attention among the
layers of an encoder, which are blocks that hold it.

## What it leaves alone
Alternatives of which one matches, walks in which one layer passes, layers that were initialised another way, names that a class of the
project has, `else` branches, tests of names that were changed first, models of which a part could not be followed. A name test that nothing
comes near to is a note: the routine may serve models of other files. Names that a class of the file gives an attribute, which an option or
another model may bring. Files that nobody runs, because another one is generated from them, as in transformers: what their classes inherit
is decided there.
"""

from __future__ import annotations

from collections.abc import Iterator

from initlint.findings import Finding, Fix, ReplaceExpression, Severity
from initlint.graph import Mistake, ModelGraph
from initlint.rules import Rule

RULE = Rule(
    code="INI504",
    name="test-never-matches",
    summary="A test in an init routine that holds for everything or for nothing",
    fixable="sometimes",
    judges_running=True,
)
KINDS = ("constant-test", "other-kinds", "unmatched-name", "excluded-test", "misspelt-class", "shallow-walk")


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per test."""
    for mistake in graph.mistakes:
        if mistake.kind in KINDS:
            near = mistake.detail.get("near", ())
            text = f"{mistake.text}; `{near[0]}` ends with it" if near else mistake.text
            severity = Severity.NOTE if mistake.kind == "unmatched-name" and not near else Severity.WARNING
            fix = _fix(mistake)
            yield RULE.at(graph, mistake.site, severity, text, fix=fix, help="" if fix else _advice(mistake))


def _fix(mistake: Mistake) -> Fix | None:
    meant = mistake.detail.get("meant", "")
    return Fix(message=f"Write `{meant}`", actions=(ReplaceExpression(site=mistake.site, content=meant),), assumes=True) if meant else None


def _advice(mistake: Mistake) -> str:
    if mistake.kind == "unmatched-name":
        names = [name for name in mistake.detail["names"] if name]
        return f"The names are {', '.join(f'`{name}`' for name in names[:3])}{' …' if len(names) > 3 else ''}"
    if mistake.kind == "excluded-test":
        return "Ask for it first, or beside the other"
    if mistake.kind == "shallow-walk":
        return "Walk over `modules()`, or hand the routine to `apply`"
    return "Compare every alternative, or ask `isinstance(m, …)`"
