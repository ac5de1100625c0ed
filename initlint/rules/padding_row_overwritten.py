"""The padding row of an embedding loses its zeros.

## What it does
Looks for `nn.Embedding(..., padding_idx=i)` whose weight is then drawn as a whole, with nothing that zeroes row `i` again. The row may be one that is
not known, `padding_idx=vocab["<pad>"]`, or an argument of the constructor that is None by default.

## Why is this bad?
`padding_idx` promises two things: the row starts at 0 and gets no gradient. A later draw breaks the first and the second
keeps it broken: the row stays the random vector that it is, of norm `std sqrt(dim)`, and every padded position adds it to whatever
sums, averages or recurs over positions. Training never takes it out.

## Example
    self.embedding = nn.Embedding(vocabulary, 300, padding_idx=0)
    nn.init.normal_(self.embedding.weight, std=0.1)

Use instead:
    self.embedding = nn.Embedding(vocabulary, 300, padding_idx=0)
    nn.init.normal_(self.embedding.weight, std=0.1)
    nn.init.zeros_(self.embedding.weight[0])

## Fix safety
Unsafe: adds a statement that zeroes the row. Offered where the call names the module's weight.

## A real bug it would have caught
Graphormer#41 and torch-rechub#176: the padding row is drawn over after construction (pytorch#6495 asks for a hint in torch itself).
fairseq#4076 shows why the repair asks first: with `padding_idx=None` the same line zeroes the whole table.

## What it leaves alone
Embeddings without `padding_idx`; rows zeroed afterwards, by `_fill_padding_idx_with_zero()`, too; tables that are frozen, loaded or constant. One draw
for every matrix of a model is a note: such models mask their padding mostly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from initlint.findings import Finding, Fix, InsertAfter, Severity, Site
from initlint.graph import Layer, ModelGraph, Parameter
from initlint.rules import Rule
from initlint.rules._sites import by_site, explicit, origin_of, qualified, short, spell_names, written_at
from initlint.symbolic import Sym

RULE = Rule(
    code="INI405",
    name="padding-row-overwritten",
    summary="An embedding drawn as a whole after its padding row was zeroed",
    fixable="sometimes",
)
EMBEDDINGS = ("Embedding", "EmbeddingBag")


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per call that draws over padding rows."""
    tables = {id(p): layer for layer, p in graph.layers_with("weight") if layer.kind in EMBEDDINGS and _is_overwritten(layer, p)}
    if tables:
        for site, parameters in by_site(p for p in graph.parameters if id(p) in tables):
            yield _finding(graph, site, parameters, tables[id(parameters[0])])


def _is_overwritten(layer: Layer, parameter: Parameter) -> bool:
    index, event, law = layer.arguments.get("padding_idx"), explicit(parameter), parameter.distribution
    if not isinstance(index, (int, Sym)) or isinstance(index, bool) or event is None or law is None or parameter.loaded is not None:
        return False
    return law.std is not None and (isinstance(law.std, Sym) or law.std > 0) and law.kind not in ("constant", "custom")


def _finding(graph: ModelGraph, site: Site, parameters: list[Parameter], layer: Layer) -> Finding:
    event, law = explicit(parameters[0]), parameters[0].distribution
    assert event is not None and law is not None
    index, size = layer.arguments["padding_idx"], layer.arguments.get("embedding_dim")
    row = f"row {index}" if isinstance(index, int) else "the padding row"
    norm = f", a vector of norm {law.std * math.sqrt(size):.2g}," if isinstance(size, int) and isinstance(law.std, (int, float)) else ""
    sweep = any(p.layer is None or p.layer.kind not in EMBEDDINGS for p in written_at(graph, site))
    return RULE.at(
        graph,
        site,
        Severity.NOTE if sweep else Severity.WARNING,
        f"{short(event.initializer)} draws over {row} of {spell_names(parameters)}{norm} which padding_idx had zeroed: it gets no gradient and stays so",
        fix=_fix(graph, site, sweep),
        parameter=parameters[0].name,
        parameters=qualified(graph, parameters),
        evidence={"padding_idx": index if isinstance(index, int) else None, "initializer": short(event.initializer), **origin_of(event)},
        help="Zero the row again after the draw.",
    )


def _fix(graph: ModelGraph, site: Site, sweep: bool) -> Fix | None:
    """Zero the row of the module whose weight the call names."""
    tensor = next((call.spelled.get("tensor", "") for call in graph.calls if call.site == site), "").removesuffix(".data")
    module = tensor.removesuffix(".weight")
    if sweep or module == tensor or "…" in module:
        return None
    lines = ((0, f"if {module}.padding_idx is not None:"), (1, f"{module}.weight.data[{module}.padding_idx].zero_()"))
    return Fix(message="Zero the padding row again", actions=(InsertAfter(site=site, lines=lines),))
