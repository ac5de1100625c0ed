"""``initlint propagate --layers``: what an initializer would do to the signal of a plain stack of layers."""

from __future__ import annotations

import argparse
import math
import re
from typing import TYPE_CHECKING

from initlint.cli.charts import FORMATS, PICTURES, chosen, draw
from initlint.cli.console import CLEAN, Failure, emit, painter
from initlint.measure.contract import ContractError, parse
from initlint.report import propagation
from initlint.report.propagation import Outcome
from initlint.theory.activations import ACTIVATIONS, canonical
from initlint.theory.laws import Distribution
from initlint.theory.stack import Stack, predict, verdict

if TYPE_CHECKING:
    from initlint.measure.stacks import Measured

ACTIVATION = re.compile(r"^(?P<name>\w+)(?:[=(](?P<parameter>[-+.\deE]+)\)?)?$")
DEFAULT_LAW = "kaiming_uniform(a=sqrt(5))"
"""What a linear layer draws from when nobody says otherwise."""
LARGEST = 20_000


def run(options: argparse.Namespace) -> int:
    """Predict, measure when asked, and show both."""
    stack = _stack(options)
    if not options.init:
        raise Failure("--layers needs at least one --init CALL, as in xavier_normal")
    if options.draws is not None and options.draws < 2:
        raise Failure("--draws needs at least 2 sets of weights")
    outcomes = [_outcome(stack, text, options) for text in options.init]
    name = chosen(options, "text", FORMATS)
    if name in PICTURES:
        draw(options, name, propagation.panels(stack, outcomes))
    elif name == "json":
        emit(options, propagation.to_json(stack, outcomes, options.draws))
    else:
        emit(options, propagation.to_markdown(stack, outcomes) if name == "md" else propagation.to_text(stack, outcomes, painter(options)))
    return CLEAN


def _stack(options: argparse.Namespace) -> Stack:
    sizes = options.layers.split("-")
    if len(sizes) < 2 or not all(size.isascii() and size.isdigit() and 1 <= int(size) <= LARGEST for size in sizes):
        raise Failure(f"--layers {options.layers!r}: write sizes from input to output, each from 1 to {LARGEST}, as in 2-200-300-2")
    match = ACTIVATION.match(options.activation)
    name = canonical(match["name"]) if match else options.activation
    if match is None or name not in ACTIVATIONS:
        raise Failure(f"--activation {options.activation!r}: one of {', '.join(sorted(ACTIVATIONS))}; a slope goes behind it, as in leaky_relu=0.3")
    try:
        parameter = float(match["parameter"]) if match["parameter"] else None
    except ValueError:
        raise Failure(f"--activation {options.activation!r}: {match['parameter']!r} is not a number") from None
    return Stack(sizes=tuple(map(int, sizes)), activation=name, parameter=parameter, derivative_at_output=options.derivative_at_output)


def _outcome(stack: Stack, text: str, options: argparse.Namespace) -> Outcome:
    try:
        expectation = parse(DEFAULT_LAW if text.strip() == "default" else text)
        laws = [expectation.law(shape) for shape in stack.shapes]
    except ContractError as error:
        raise Failure(f"--init {error}") from None
    stds, reason = _spread(laws)
    predicted = None if reason else predict(stack, stds)
    measured = _measured(stack, laws, options) if options.draws is not None else None
    known = predicted or (measured.moments if measured else None)
    if known is None:
        raise Failure(f"--init {text}: not predicted: {reason}; --draws 1000 measures it")
    return Outcome(
        init=text,
        stds=tuple(stds),
        predicted=predicted,
        measured=measured.moments if measured else None,
        errors=measured.errors if measured else None,
        verdict=verdict(known),
        reason=reason,
    )


def _spread(laws: list[Distribution]) -> tuple[list[float], str]:
    """Standard deviations, and why they do not say everything, if so."""
    stds = [float(law.std) if isinstance(law.std, (int, float)) else math.nan for law in laws]
    if any(not isinstance(law.mean, (int, float)) or law.mean != 0 for law in laws):
        return stds, "the mean of the weights is not 0, so units are not independent"
    return stds, "" if all(map(math.isfinite, stds)) else "the spread of the weights is not known"


def _measured(stack: Stack, laws: list[Distribution], options: argparse.Namespace) -> Measured:
    try:
        from initlint.measure import stacks
    except ImportError:
        raise Failure("--draws needs NumPy: pip install 'initlint[verify]', or leave it out for the prediction alone") from None
    try:
        return stacks.measure(stack, laws, options.draws, options.seed)
    except stacks.CannotDraw as error:
        raise Failure(str(error)) from None
