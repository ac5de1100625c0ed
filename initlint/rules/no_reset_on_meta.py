"""Parameters that a model built on the meta device never gets back.

## What it does
In a file that brings models from the meta device into memory with `to_empty` and loads nothing into them, finds modules whose own
parameters are filled in `__init__` alone: their class defines no `reset_parameters` or `init_weights`.

## Why is this bad?
A tensor on `meta` has a shape and no memory, so what `__init__` draws is lost. `to_empty(device=…)` then allocates without writing,
and whoever builds this way (FSDP, `torch.nn.utils.skip_init`, deferred initialization) calls `reset_parameters` on every module that owns
parameters. One without it keeps uninitialised memory in place of the variance that its constructor promised, or makes the call raise.

## Example
    class Scale(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.gain = nn.Parameter(torch.ones(width))


    with torch.device("meta"):
        model = Net()
    model.to_empty(device="cuda")

Use instead:
    class Scale(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.gain = nn.Parameter(torch.empty(width))
            self.reset_parameters()

        def reset_parameters(self):
            nn.init.ones_(self.gain)

## Fix safety
None is offered: what the constructor does has to move into a method.

## A real bug it would have caught
torchtune#1956: an RMSNorm without `reset_parameters` under FSDP; open_lm#165 gave up the meta device because some modules were never reset;
pytorch#104187 says what the method has to do.

## What it leaves alone
Files that load a checkpoint, since that fills everything. Frozen parameters, layers of the framework, classes with a base that could
not be read, and classes with any method that sets what they start from.
"""

from __future__ import annotations

from collections.abc import Iterator

from initlint.findings import Finding, Severity, Site
from initlint.graph import Layer, ModelGraph
from initlint.rules import Rule
from initlint.rules._sites import qualified, spell_names

RULE = Rule(
    code="INI510",
    name="no-reset-on-meta",
    summary="A parameter filled in __init__ alone, in code that builds on the meta device",
)


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per class."""
    if not graph.on_meta:
        return
    told: set[str] = set()
    for layer in graph.layers:
        if layer.kind or layer.restarts or layer.class_name in told:
            continue
        lost = [parameter for parameter in layer.parameters.values() if parameter.requires_grad and parameter.uninitialised is None]
        site = _made_at(graph, layer)
        if not lost or site is None:
            continue
        told.add(layer.class_name)
        many = len(lost) > 1
        yield RULE.at(
            graph,
            site,
            Severity.WARNING,
            f"{spell_names(lost)} {'are' if many else 'is'} filled in `__init__` alone: `to_empty` leaves uninitialised memory, "
            f"and `{layer.class_name}` has no `reset_parameters` to fill it again",
            help="Move what the constructor draws into `reset_parameters`, and call that.",
            parameter=lost[0].name,
            parameters=qualified(graph, lost),
            evidence={"class": layer.class_name},
        )


def _made_at(graph: ModelGraph, layer: Layer) -> Site | None:
    """Where the first of its parameters is written, or else where the module is made."""
    sites = [event.site for parameter in layer.parameters.values() for event in parameter.events if event.site is not None]
    return sites[0] if sites else layer.site or graph.site
