"""An initializer whose values never reach the model.

## What it does
Finds nine ways to lose a draw, or what should become of it: it is written to a weight that `weight_norm`, `spectral_norm` or a parametrization computes
anew from other parameters; it is written to a copy (`w.clone()`) that is dropped; a helper or a lambda computes a new tensor and the call
drops its result; a tensor is assigned to a layer under a misspelt name, `self.embedding.weights = nn.Parameter(table)`; a helper of
mmengine or mmcv that fills modules (`normal_init`, `constant_init`) is given a tensor and passes it over;
a routine that asks which kind of layer it was given is handed the whole model, `init_weights(net)` for `net.apply(init_weights)`, or is
applied to none of these layers, `conv.apply(init_weights)` where it fills linear ones, or `self.apply(init_weights)` of another file in a class that
has none;
`def init(method="kaiming", *models)` is called as `init(net)`, and takes the model for the method; `nn.init.uniform_(w, -1, 1) * scale` on a
line of its own computes a product that nothing keeps.

## Why is this bad?
Under weight norm `w = g v / |v|` (Salimans & Kingma 2016): before every forward pass `w` is computed from `g` and `v`, and what
was written to `w` is gone. The model starts from the default, for a convolution `Var = 1/(3 fan_in)`, whatever the
routine asked for. HiFi-GAN's `N(0, 0.01)` would be 8 times smaller in standard deviation at `fan_in = 48`.

## Example
    self.conv = weight_norm(nn.Conv1d(16, 16, 3))
    nn.init.normal_(self.conv.weight, 0.0, 0.01)

Use instead:
    self.conv = nn.Conv1d(16, 16, 3)
    nn.init.normal_(self.conv.weight, 0.0, 0.01)
    self.conv = weight_norm(self.conv)

## Fix safety
Unsafe where a helper returns its new tensor: the call is made to copy it back; and where a routine was handed a model: it is applied
to it. None is offered for a wrapped weight: initialising before it is wrapped moves code, and the author has to confirm that the law
which never took effect is wanted.

## A real bug it would have caught
hifi-gan#145, locuslab/TCN#1: convolutions initialised behind `weight_norm`. DI-engine `ensemble.py`: `torch.where` truncates
into a local name. mmdetection#6663: `normal_init(m.weight)`. anomalib's GANomaly: `self.weights_init(self.generator)`. deepinv's `PDNet.py`
applies a routine for linear layers to convolutions.

## What it leaves alone
Writes to what the wrapper registered (`weight_g`, `weight_v`, `parametrizations.weight.original0`), to weights whose wrapper
was removed again, and calls that also write a weight that is not wrapped. Routines that go through what they are given, and steps
of a walk. Misspelt names that the project reads somewhere: they were attached to the layer on purpose. The old `spectral_norm`,
which computes the weight from the tensor that is written. Files that nobody runs, because another one is generated from them, as in
transformers: which routine a class there inherits is decided in the other.
"""

from __future__ import annotations

from collections.abc import Iterator

from initlint.findings import Finding, Fix, ReplaceExpression, Severity, Site, WrapCall
from initlint.graph import InitEvent, Mistake, ModelGraph, Origin, Parameter
from initlint.rules import Rule
from initlint.rules._sites import at_sites, qualified, short, spell_names

RULE = Rule(
    code="INI506",
    name="init-without-effect",
    summary="An initializer writes to a tensor that is computed anew or dropped: the model never sees it",
    fixable="sometimes",
    judges_running=True,
)


def check(graph: ModelGraph) -> Iterator[Finding]:
    """Writes to computed weights, writes to copies, and results that are dropped."""
    yield from _recomputed(graph)
    for call in graph.calls:
        if call.copied and call.parameter is None:
            text = f"`{short(call.initializer)}` writes to the copy that `{call.copied}()` makes, which is dropped with the statement: nothing is initialised"
            yield RULE.at(graph, call.site, Severity.ERROR, text, help=f"Write to the tensor itself, without `.{call.copied}()`")
    for mistake in graph.mistakes:
        if mistake.kind == "dropped-result":
            advice = f"Write back inside {mistake.detail['function']}: `tensor.copy_(new)` under `torch.no_grad()`"
            evidence = at_sites([mistake.detail["made"]])
            yield RULE.at(graph, mistake.site, Severity.ERROR, mistake.text, fix=_kept(mistake), help=advice, evidence=evidence)
        elif mistake.kind == "skipped-tensor":
            yield RULE.at(graph, mistake.site, Severity.ERROR, mistake.text, help="Hand over the layer, or fill the tensor by `torch.nn.init`")
        elif mistake.kind == "idle-routine":
            fix = _applied(mistake)
            advice = "" if fix else f"Hand `{mistake.detail['routine']}` to the `apply` of the model"
            yield RULE.at(graph, mistake.site, Severity.ERROR, mistake.text, fix=fix, help=advice)
        elif mistake.kind == "unmatched-routine":
            advice = f"Ask for the layers there are: `isinstance(m, nn.{mistake.detail['held'][0]})`"
            yield RULE.at(graph, mistake.site, Severity.WARNING, mistake.text, help=advice)
        elif mistake.kind == "dropped-scale":
            advice = "Scale in place, `w.mul_(scale)` under `torch.no_grad()`, or draw with that spread"
            yield RULE.at(graph, mistake.site, Severity.ERROR, mistake.text, help=advice)
        elif mistake.kind == "misspelt-parameter":
            yield RULE.at(graph, mistake.site, Severity.ERROR, mistake.text, help=_respelt(mistake))
        elif mistake.kind == "misplaced-model":
            advice = f"Make `{mistake.detail['option']}` an argument by keyword: `*{mistake.detail['rest']}, {mistake.detail['option']}=…`"
            yield RULE.at(graph, mistake.site, Severity.ERROR, mistake.text, help=advice)


def _kept(mistake: Mistake) -> Fix | None:
    """Copy what the helper returns into what it was given."""
    target = mistake.detail["target"]
    if not target:
        return None
    method = f"{target}.copy_" if target.endswith(".data") else f"{target}.data.copy_"
    return Fix(message="Keep the result of the call", actions=(WrapCall(site=mistake.site, method=method),))


def _applied(mistake: Mistake) -> Fix | None:
    """Hand the routine to ``apply``."""
    target, routine = mistake.detail["target"], mistake.detail["routine"]
    if not target:
        return None
    return Fix(
        message=f"Write `{target}.apply({routine})`", actions=(ReplaceExpression(site=mistake.site, content=f"{target}.apply({routine})"),), assumes=True
    )


def _respelt(mistake: Mistake) -> str:
    """Where the values belong that were assigned under a name which the layer does not have."""
    holder, meant = mistake.detail["holder"], mistake.detail["meant"]
    weight = f"{holder}.{meant}" if holder else meant
    return f"Copy the values: `{weight}.copy_(…)` under `torch.no_grad()`" if mistake.detail["copied"] else f"Assign a parameter to `{weight}`"


def _recomputed(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per place that initializes wrapped weights and nothing else."""
    walks = {sweep.site for sweep in graph.sweeps}
    lost: dict[Site, list[tuple[Parameter, InitEvent]]] = {}
    useful: set[Site] = set()
    for parameter in graph.parameters:
        for event in parameter.events:
            if event.site is None or event.origin in (Origin.DEFAULT, Origin.LOAD):
                continue
            if event.effective:
                useful.add(event.site)
            elif event.certain and event.distribution.kind != "custom":
                place = event.called if event.called in walks and event.called is not None else event.site
                lost.setdefault(place, []).append((parameter, event))
    for place, writes in lost.items():
        if place not in useful and not any(event.site in useful and event.site == place for _, event in writes):
            yield _finding(graph, place, [p for p, _ in writes], writes[0][1])


def _finding(graph: ModelGraph, place: Site, parameters: list[Parameter], event: InitEvent) -> Finding:
    parameters = list(dict.fromkeys(parameters))
    kept = parameters[0].effective
    law = f", so `{parameters[0].name}` keeps {kept.distribution.law or kept.distribution.kind}" if kept is not None else ""
    sites = [site for site in (event.site, event.called) if site is not None and site != place]
    return RULE.at(
        graph,
        place,
        Severity.ERROR,
        f"{short(event.initializer)} has no effect: the weight is computed from {spell_names(parameters)} before every forward pass{law}",
        help="Initialise the layer before it is wrapped",
        parameter=parameters[0].name,
        parameters=qualified(graph, parameters),
        evidence=at_sites(sites),
    )
