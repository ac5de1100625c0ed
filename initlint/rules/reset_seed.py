"""A constructor resets the random generator, and layers start with the same numbers.

## What it does
Reports `torch.manual_seed` in a constructor or in what it calls, with the weights that start equal because the seed is set again
between them; and at the top of a package's file that defines models, where every import sets it.

## Why is this bad?
The draws after `manual_seed(s)` are a function of `s`. Blocks that each set the same seed are copies of one another: in parallel
they compute the same and get the same gradient (Rumelhart, Hinton & Williams 1986, "symmetry breaking"), in an ensemble
they do not differ. And the generator is global: whatever the program draws afterwards, dropout masks and shuffles, repeats as well.

## Example
    class Block(nn.Module):
        def __init__(self, dim):
            super().__init__()
            torch.manual_seed(0)
            self.fc = nn.Linear(dim, dim)

Use instead:
    class Block(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.fc = nn.Linear(dim, dim)

## Fix safety
Unsafe: removes the call. Offered where it is a statement of its own and layers start equal because of it.

## A real bug it would have caught
flaxmodels#3 has its PRNG key baked into the module; keras-hub#352 reuses one seeded initializer, so that layers of one shape start equal.
PhysicsNeMo's `pix2pixunet.py` and pyod's `devnet.py` set the seed of whoever imports them.

## What it leaves alone
Seeds set by scripts and functions, before a model is built; other generators, and the global one under
`torch.random.fork_rng`. A constructor that resets the seed once is a note.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from initlint.findings import Finding, Fix, RemoveStatement, Severity, Site
from initlint.graph import Mistake, ModelGraph, Parameter
from initlint.rules import Rule
from initlint.rules._sites import qualified, spell_names
from initlint.theory.laws import Distribution

RULE = Rule(
    code="INI203",
    name="reset-seed",
    summary="A constructor that sets the global seed, so that layers start with the same numbers",
    fixable="sometimes",
)
ADVICE = "Set the seed once, where the program starts."
DRAWN = ("normal", "uniform", "trunc_normal", "orthogonal", "sparse")


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw of one parameter."""

    time: int
    parameter: Parameter
    law: Distribution
    in_force: bool


@dataclass(frozen=True, slots=True)
class Run:
    """The draws between one reset of the generator and the next."""

    site: Site
    seed: int
    draws: list[Draw]


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per statement that sets the seed."""
    for mistake in graph.mistakes:
        if mistake.kind == "seed-on-import":
            yield RULE.at(graph, mistake.site, Severity.WARNING, mistake.text, help=ADVICE)
    seeds = [mistake for mistake in graph.mistakes if mistake.kind == "reset-seed"]
    if not seeds or not graph.parameters:
        return
    equal: dict[Site, dict[int, Parameter]] = {}
    first: dict[int, Run] = {}
    for run in _runs(graph, seeds):
        known = first.setdefault(run.seed, run)
        if known is not run:
            pairs = [pair for pair in _same(known.draws, run.draws) if all(len(draw.parameter.shape or ()) > 1 for draw in pair)]
            equal.setdefault(run.site, {}).update({id(draw.parameter): draw.parameter for pair in pairs for draw in pair})
    for mistake in seeds:
        yield _finding(graph, mistake, list(equal.get(mistake.site, {}).values()))


def _runs(graph: ModelGraph, seeds: list[Mistake]) -> Iterator[Run]:
    """What each reset to a known seed is followed by, in order."""
    draws = sorted(_draws(graph), key=lambda draw: draw.time)
    resets = sorted((time, seed, mistake.site) for mistake in seeds for time, seed in mistake.detail["resets"] if seed is not None)
    position = 0
    for number, (time, seed, site) in enumerate(resets):
        end = resets[number + 1][0] if number + 1 < len(resets) else None
        while position < len(draws) and draws[position].time < time:
            position += 1
        start = position
        while position < len(draws) and (end is None or draws[position].time < end):
            position += 1
        yield Run(site, seed, draws[start:position])


def _draws(graph: ModelGraph) -> Iterator[Draw]:
    for parameter in graph.parameters:
        for event in parameter.events:
            if event.distribution.kind in DRAWN:
                yield Draw(event.time, parameter, event.distribution, event is parameter.effective)


def _same(left: list[Draw], right: list[Draw]) -> Iterator[tuple[Draw, Draw]]:
    """Draws that took the same numbers from the generator, and hold them still."""
    for one, other in zip(left, right, strict=False):
        if one.parameter is other.parameter or one.parameter.shape != other.parameter.shape or one.law != other.law:
            return
        if one.in_force and other.in_force:
            yield one, other


def _finding(graph: ModelGraph, mistake: Mistake, equal: list[Parameter]) -> Finding:
    if equal:
        times = len(mistake.detail["resets"])
        often = f"{times} times" if times > 1 else "again"
        text = f"the seed is set {often} while the model is built: {spell_names(equal)} start with the same numbers"
    else:
        text = "building this model sets the global seed: whatever is drawn later in the program, by others too, repeats"
    action = RemoveStatement(site=mistake.site) if equal else None
    return RULE.at(
        graph,
        mistake.site,
        Severity.WARNING if equal else Severity.NOTE,
        text,
        fix=Fix(message="Remove the seed", actions=(action,)) if action else None,
        parameter=equal[0].name if equal else None,
        parameters=qualified(graph, equal),
        help=ADVICE,
    )
