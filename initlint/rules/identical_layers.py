"""Layers that start as exact copies of one another.

## What it does
Follows copies that `copy.deepcopy` makes of an initialised layer, and reports those that nothing draws again. Copies that
read the same input compute the same; copies in series start with the same matrix. Layers of one shape that share an
initializer object of Keras or a seed, or a key of JAX, are copies too: these give the same numbers whenever they are asked. Copies of
copies are reported where one became several. So are the layers of `nn.TransformerEncoder` and `nn.TransformerDecoder`, which copy the one they are
given, and, by its name, the second of two critics that is a copy of the first: `self.critic2 = copy.deepcopy(self.critic)`.

`[Block(d)] * n` is no copying: the block is constructed once, and `n` places hold that one object, whose weights are all there is. The same holds of
`nn.ModuleList([layer for _ in range(n)])` of a `layer` that was passed in.

## Why is this bad?
Equal weights on an equal input give equal outputs, and what sums or averages them gives equal gradients
`dL/dW_1 = dL/dW_2`: `n` heads or experts remain one for ever (Rumelhart, Hinton & Williams 1986, "symmetry breaking"). Where their
outputs are kept apart the copies part in time, but an ensemble or a mixture starts without the diversity it is built for.

## Example
    expert = nn.Sequential(nn.Linear(d, h), nn.ReLU(), nn.Linear(h, d))
    self.experts = nn.ModuleList([copy.deepcopy(expert) for _ in range(4)])

Use instead:
    self.experts = nn.ModuleList([nn.Sequential(nn.Linear(d, h), nn.ReLU(), nn.Linear(h, d)) for _ in range(4)])

## Fix safety
None is offered: the constructor has to move into the loop, or the copies have to be drawn again.

## A real bug it would have caught
pytorch#72253, still so in 2.13: every layer of `nn.TransformerEncoder` starts with the same weights, because it deep-copies the
one it is given. anvilrl's `TwinActorCritic` takes the smaller of two estimates that are one.

## What it leaves alone
Copies that are drawn again, loaded or frozen (target networks, momentum encoders), constants, norms, `[layer] * n`
of a layer that has a name (that is sharing), the layers of `nn.Transformer`, which draws them again, a single copy in a model that was not followed
(it may be a target). Copies that read different signals, as in series, or whose outputs are kept apart are a note, unless they are the queries and
keys of one attention.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from initlint.findings import Finding, Severity, Site
from initlint.flow import TRANSPARENT, Weight, descendants, signals
from initlint.graph import Copy, InitEvent, Layer, Mistake, ModelGraph, Op, Parameter
from initlint.rules import Rule
from initlint.rules._scale import matrices
from initlint.rules._sites import at_sites, qualified, spell_names

RULE = Rule(
    code="INI202",
    name="identical-layers",
    summary="Copies of one initialised layer that start with the same weights",
)
MERGES = ("add", "sub", "mul", "pool", "reduce")
PARTS = ("[]", "part", "rows", "chunk", "split", "unbind", "select", "narrow", "gather", "index_select", "take_along_dim", "masked_select", "unpack", "flip")
"""Views of a part, or in another order: two of them are two signals."""
MOST_BESIDE = 6
"""Copies on one input of which two are looked for that are multiplied with each other."""
RANDOM = ("normal", "uniform", "trunc_normal", "orthogonal", "sparse")
DRAWS = re.compile(r"torch\..*(?:normal|uniform|orthogonal|sparse)_?")
"""Names of functions that draw."""
TOLD = {
    "twin-copy": "Construct it anew with the same arguments, or draw its layers again.",
    "one-for-all": "Take a function that constructs the layer, or copy it and draw each copy again.",
}
"""Mistakes that the text shows, and what to do instead."""
STACKS = ("TransformerEncoder", "TransformerDecoder")


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per place that copies layers, or that puts one layer where several were asked for."""
    for mistake in graph.mistakes:
        if mistake.kind == "one-object" and (finding := _one_layer(graph, mistake)) is not None:
            yield finding
        elif mistake.kind in TOLD:
            yield RULE.at(graph, mistake.site, Severity.WARNING, mistake.text, help=TOLD[mistake.kind])
    places: dict[Site, list[list[Weight]]] = {}
    asked: dict[Site, list[Site]] = {}
    for act, members in _copied(graph):
        places.setdefault(act.site, []).append(members)
        asked.setdefault(act.site, []).extend([act.asked] if act.asked is not None else [])
    yield from (finding for finding in _of_stacks(graph) if finding.site not in places)
    for site, groups in places.items():
        yield _finding(graph, site, groups, list(dict.fromkeys(asked[site])))


def _copied(graph: ModelGraph) -> Iterator[tuple[Copy, list[Weight]]]:
    """The acts of copying that made several out of one, each with the weights that are the same since: those that the forward pass meets, if it meets any."""
    families: dict[int, list[Weight]] = {}
    table = {id(weight.parameter): weight for weight in matrices(graph)} if any(p.copied for p in graph.parameters) else {}
    stacks = {layer.site for layer in graph.layers if layer.kind in STACKS}
    for weight in table.values():
        parameter = weight.parameter
        if not weight.uses and parameter.copied in stacks:
            continue
        origin = parameter.twin or parameter
        if parameter.copied is not None and (origin is not parameter or _is_repeated(parameter)) and _is_drawn(parameter):
            first = table.get(id(origin)) if origin is not parameter else None
            families.setdefault(id(origin), [first] if first is not None else []).append(weight)
    for family in families.values():
        for act, members in _parted(family, 0):
            met = [member for member in members if member.uses]
            if len(met) < 2 and not (met and act.repeated):
                several = sum(bool(member.parameter.copies) for member in members) > 1  # one alone may be a target; of a live run INI806 tells
                met = members if act.repeated or several else []
            if met and all(member.parameter.requires_grad for member in met):
                yield act, met


def _parted(family: list[Weight], depth: int) -> Iterator[tuple[Copy, list[Weight]]]:
    """The acts of copying that made several out of one, with what came of each: copies of copies were one until the first of these acts."""
    parts: dict[Copy | None, list[Weight]] = {}
    for weight in family:
        acts = _acts(weight.parameter)
        parts.setdefault(acts[depth] if depth < len(acts) else None, []).append(weight)
    original = parts.pop(None, [])
    first = original or next(iter(parts.values()), [])
    places: dict[Site, tuple[Copy, list[Weight]]] = {}
    for act, part in parts.items():
        if act is not None and part is not first:
            places.setdefault(act.site, (act, [*first]))[1].extend(part)
    act = next((act for act, part in parts.items() if part is first and not original), None)
    if act is not None and act.repeated:
        places.setdefault(act.site, (act, [*first]))
    yield from places.values()
    for part in parts.values():
        if len(part) > 1:
            yield from _parted(part, depth + 1)


def _is_repeated(parameter: Parameter) -> bool:
    """Whether it stands for any number of copies of one object."""
    return bool(parameter.copies) and parameter.copies[-1].repeated


def _acts(parameter: Parameter) -> tuple[Copy, ...]:
    """The acts of copying that it came by; of one act nothing may be known but its place."""
    if parameter.copies or parameter.copied is None:
        return parameter.copies
    return (Copy(parameter.copied),)


def _one_layer(graph: ModelGraph, mistake: Mistake) -> Finding | None:
    """`[Block()] * n`: one set of weights, of which every place of the list gets the updates."""
    starts = tuple(f"{path}." for path in mistake.detail["modules"] if isinstance(path, str))  # the rest is no part of a model
    shared = [p for p in graph.parameters if p.name.startswith(starts) and p.shape is not None and len(p.shape) > 1 and p.requires_grad]
    if not shared:
        return None
    return RULE.at(
        graph,
        mistake.site,
        Severity.WARNING,
        f"{spell_names(shared)}: the call runs once, not once for each place of the list: all places hold one object and share its weights",
        parameter=shared[0].name,
        parameters=qualified(graph, shared),
        evidence={"shared": True},
        help="Construct one for each place, `[… for _ in range(n)]`; to share it on purpose, give it a name first: `[layer] * n`.",
    )


def _is_drawn(parameter: Parameter) -> bool:
    """Whether its values were drawn, if by one of several initializers."""
    law = parameter.distribution
    if law is None:
        writes = [event for event in parameter.events if event.effective]
        return bool(writes) and all(map(_draws, writes)) and parameter.loaded is None
    return law.kind in RANDOM and parameter.loaded is None


def _draws(event: InitEvent) -> bool:
    """Whether a write leaves random values, if of a law that is not known."""
    return event.distribution.kind in RANDOM or DRAWS.fullmatch(event.initializer) is not None


def _of_stacks(graph: ModelGraph) -> Iterator[Finding]:
    """torch's own stacks of transformer layers, which copy the one they are given; `nn.Transformer` draws its layers again."""
    for layer in graph.layers:
        depth = layer.arguments.get("num_layers")
        if layer.kind not in STACKS or layer.site is None or depth == 1:
            continue
        inside = (p for p in graph.parameters if p.name.startswith(f"{layer.path}.layers.") and p.copied == layer.site)
        copies = [p for p in inside if p.shape is not None and len(p.shape) > 1 and p.requires_grad and _is_drawn(p)]
        if copies:
            first = [p for p in copies if _in_layer(layer, p) == _in_layer(layer, copies[0])]
            more = f" and {len(copies) // len(first) - 1} more matrices of each layer" if len(copies) > len(first) else ""
            yield RULE.at(
                graph,
                layer.site,
                Severity.NOTE,
                f"{spell_names(first)}{more} start as copies of one draw: `nn.{layer.kind}` copies the layer it is given",
                parameter=first[0].name,
                parameters=qualified(graph, copies),
                evidence={"copies": depth if isinstance(depth, int) else None, "parallel": False},
                help="Draw the matrices again behind it, as `nn.Transformer` does: `for p in stack.parameters(): if p.dim() > 1: nn.init.xavier_uniform_(p)`.",
            )


def _in_layer(stack: Layer, parameter: Parameter) -> str:
    """``self_attn.in_proj_weight`` of ``encoder.layers.3.self_attn.in_proj_weight``."""
    return parameter.name.removeprefix(f"{stack.path}.layers.").partition(".")[2]


def _finding(graph: ModelGraph, site: Site, groups: list[list[Weight]], asked: list[Site]) -> Finding:
    parallel = next((group for group in groups if len(group) > 1 and _share_input(group)), None)
    compared = None if parallel is not None and _merged(parallel) else next((pair for group in groups for pair in _compared(group)), None)
    members = compared or parallel or groups[0]
    parameters = [weight.parameter for weight in members]
    subject = f"{spell_names(parameters)} start as copies of one draw"
    if compared is not None:
        severity, text = Severity.WARNING, "on the same input, and are multiplied with each other: queries and keys that are equal match each place with itself"
    elif parallel is None and (len(groups[0]) == 1 or not all(weight.uses for weight in groups[0])):
        severity, text = Severity.NOTE, "and stay one until something tells them apart"
    elif parallel is None:
        severity, text = Severity.NOTE, "but read different signals, which tell them apart"
    elif _merged(parallel):
        severity, text = Severity.WARNING, f"on the same input, and their outputs are merged: all {len(members)} get the same gradient and stay one for ever"
    else:
        severity, text = Severity.NOTE, f"on the same input: all {len(members)} compute the same until something behind them tells them apart"
    return RULE.at(
        graph,
        site,
        severity,
        f"{subject}, {text}",
        parameter=parameters[0].name,
        parameters=qualified(graph, [weight.parameter for group in groups for weight in group]),
        evidence={"copies": len(members), "parallel": compared is not None or parallel is not None, **(at_sites(asked) if asked else {})},
        help=_help(parameters[0]),
    )


def _help(parameter: Parameter) -> str:
    event = parameter.effective
    if event is not None and event.initializer.startswith("keras."):
        return "Give each layer an initializer and a seed of its own, or name the initializer by a string."
    if parameter.copied is not None and event is not None and event.initializer.startswith(("jax.", "equinox.")):
        return "Split the key: one for each layer."
    return "Construct each layer anew, or draw each copy again with its reset_parameters()."


def _share_input(group: list[Weight]) -> bool:
    """Whether all members read the very same signals, with nothing but views in between."""
    sources = {_sources(weight) for weight in group}
    return len(sources) == 1 and frozenset() not in sources


def _sources(weight: Weight) -> frozenset[int]:
    return frozenset(id(op) for op in _read(weight))


def _read(weight: Weight) -> list[Op]:
    """The signals a weight reads; a sum of which one side was not followed is not taken for the other side."""
    frontier = [source for use in weight.uses for source in signals(use)]
    found: list[Op] = []
    for op in frontier:
        if op.kind in TRANSPARENT and op.name not in PARTS:
            frontier += [source for source in signals(op) if source not in frontier]
        else:
            found.append(op)
    return found


def _compared(group: list[Weight]) -> Iterator[list[Weight]]:
    """Pairs on the same input whose outputs are multiplied with each other as matrices: queries and keys."""
    readers: dict[frozenset[int], list[Weight]] = {}
    for weight in group:
        readers.setdefault(_sources(weight), []).append(weight)
    for source, beside in readers.items():
        for first, second in combinations(beside[:MOST_BESIDE] if source else (), 2):
            meeting = _meeting([first, second])[0]
            if meeting is not None and meeting.kind in ("matmul", "attention") and all(_hands_on(weight, meeting) for weight in (first, second)):
                yield [first, second]


def _hands_on(weight: Weight, op: Op) -> bool:
    """Whether one of the two factors of ``op`` is what ``weight`` gives, with nothing but views and scaling in between."""
    frontier = signals(op)[:2]
    for source in frontier:
        if any(source is use for use in weight.uses):
            return True
        if source.kind in TRANSPARENT or (source.kind in ("mul", "div") and len(signals(source)) == 1):
            frontier += [before for before in signals(source) if before not in frontier]
    return False


def _merged(group: list[Weight]) -> bool:
    """Whether one operation adds or averages the outputs of all members."""
    first, reached = _meeting(group)
    return first is not None and _adds(first, reached)


def _meeting(group: list[Weight]) -> tuple[Op | None, list[dict[int, Op]]]:
    """The first operation that the outputs of all members come to, and all that each of them comes to."""
    reached = [{id(op): op for use in weight.uses for op in (use, *descendants(use))} for weight in group]
    common = set(reached[0]).intersection(*reached[1:])
    return min((reached[0][key] for key in common), key=lambda op: op.time, default=None), reached


def _adds(op: Op, reached: list[dict[int, Op]]) -> bool:
    """Whether ``op``, where the branches first meet, mixes them: a sum, or a stack that is averaged next."""
    if op.kind == "add":
        return len(signals(op)) > 1
    return op.kind == "concat" and op.name == "stack" and bool(op.outputs) and all(after.kind in MERGES for after in op.outputs)
