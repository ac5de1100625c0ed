"""An init routine that nothing calls.

## What it does
Finds methods and functions that by their name and their calls set what parameters start from, of modules of torch and of Flax NNX, but that
no constructor, no other code of the project and no base class runs; those behind which the same class, or file, defines another one of
the same name; and constructors whose name is misspelled, `def __int__(self, dim)`.

## Why is this bad?
The parameters keep the default of their layers: for `nn.Linear` and `nn.Conv2d`
`U(-1/sqrt(fan_in), 1/sqrt(fan_in))`, whose variance is `1/(3 fan_in)`, a sixth of the `2/fan_in` that ReLU needs
(He et al. 2015). Whatever law the routine was written to draw, it draws nothing; memory that only it would fill
stays uninitialised.

## Example
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = nn.Linear(64, 64)

        def init_weights(self):
            nn.init.kaiming_normal_(self.hidden.weight, nonlinearity="relu")

Use instead:
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = nn.Linear(64, 64)
            self.init_weights()

        def init_weights(self):
            nn.init.kaiming_normal_(self.hidden.weight, nonlinearity="relu")

## Fix safety
Unsafe: the call is added at the end of the constructor of the class, which changes what its parameters start from.
Where there is no plain constructor the author has to say when the routine should run.

## A real bug it would have caught
DeepPruner#6, mmdetection#70: `init_weights` was defined and never called. NeMo `conformer_modules.py`:
`reset_parameters_ff` and `reset_parameters_conv` have no caller.

## What it leaves alone
Routines that anything in the project may call: by name on an object that may be of the class, as a string
(`getattr(m, "init_weights")`), handed to `apply`, from a base or a derived class. Classes with a base that could not be
read, because a framework may call the hook; classes whose constructor sets the same layers by itself, or that another routine
of the file draws where it finds them (`isinstance(module, Experts)`), or a model that holds them and walks over all its parts,
where this one is left over;
routines whose call stands in a comment. Definitions that say the same twice, that are decorated or stand under an `if`, and functions that
something between them uses. Public functions of a file that is no program, and base classes without a forward pass, which are
there for others.
"""

from __future__ import annotations

from collections.abc import Iterator

from initlint.findings import AppendStatement, Finding, Fix, Severity
from initlint.graph import ModelGraph, Routine
from initlint.rules import Rule
from initlint.rules._sites import at_sites

RULE = Rule(
    code="INI501",
    name="init-never-called",
    summary="An init routine that nothing calls: the parameters keep the defaults of their layers",
    fixable="sometimes",
)


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per routine without a caller."""
    for mistake in graph.mistakes:
        if mistake.kind == "misspelled-constructor":
            yield RULE.at(graph, mistake.site, Severity.WARNING, mistake.text, help="Name it `__init__`", evidence={"routine": mistake.detail["name"]})
        elif mistake.kind == "lost-routine":
            advice = "Give one of them another name, or remove this one"
            evidence = {"routine": mistake.detail["name"], **at_sites([mistake.detail["again"]])}
            yield RULE.at(graph, mistake.site, Severity.WARNING, mistake.text, help=advice, evidence=evidence)
    lost = {mistake.site for mistake in graph.mistakes if mistake.kind == "lost-routine"}
    for routine in graph.routines:
        if routine.site in lost or routine.entered or routine.mentions or routine.inherited or routine.exported:
            continue
        kept = f"every parameter of `{routine.class_name}` that it would set keeps its default" if routine.class_name else "it draws nothing"
        yield RULE.at(
            graph,
            routine.site,
            Severity.WARNING,
            f"`{routine.qualname}` initialises parameters but nothing calls it: {kept}",
            fix=_fix(routine),
            help="" if routine.constructor else "Call it once the layers exist, or remove it",
            evidence={"routine": routine.qualname},
        )


def _fix(routine: Routine) -> Fix | None:
    if routine.constructor is None:
        return None
    call = f"self.apply(self.{routine.name})" if routine.takes_module else f"self.{routine.name}()"
    return Fix(message=f"Call `{call}` at the end of `__init__`", actions=(AppendStatement(site=routine.constructor, text=call),))
