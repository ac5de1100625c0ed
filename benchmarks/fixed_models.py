"""Twelve fixed models built for real, before and after: does the measured law move to what the message promised?

    python benchmarks/fixed_models.py [--output docs/fixed-models.md]

Each case names a fixture, a weight in it and the two numbers that the message gives for that weight, written out once more by hand.
The model is built with the fixture as it is and once ``initlint fix --apply --unsafe`` went over a copy; mean and standard deviation
over many builds are compared with those numbers. Exit status 1 where one of them misses.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from initlint.engine import check
from initlint.fixing import repair

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "tests" / "fixtures"
ENOUGH = 50_000
"""Values of a weight that are drawn, over as many builds as that takes."""
DEVIATIONS = 6.0
"""Standard errors that a measured moment may be off."""


@dataclass(frozen=True, slots=True)
class Case:
    """One weight, and what the message says that it starts with and should."""

    fixture: str
    model: str
    parameter: str
    code: str
    says: str
    """The numbers as the message has them."""
    before: tuple[float, float]
    """Mean and standard deviation that follow from them for the model at hand."""
    after: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was measured of one case."""

    case: Case
    message: str
    before: tuple[float, float]
    after: tuple[float, float]
    values: int

    @property
    def holds(self) -> bool:
        """Whether all four moments are where they were promised."""
        pairs = ((self.before, self.case.before), (self.after, self.case.after))
        return self.case.says in self.message and all(_is_near(measured, promised, self.values) for measured, promised in pairs)


CASES = (
    Case("scale-nonlinearity-mismatch/torch_deep_relu", "DeepReLU()", "hidden.0.weight", "INI101",
         "xavier_uniform_ gives Var = 2/(fan_in + fan_out), relu needs 2/fan_in", (0, math.sqrt(2 / 512)), (0, math.sqrt(2 / 256))),
    Case("scale-nonlinearity-mismatch/torch_wrong_words", "Critic()", "body.0.weight", "INI101",
         "kaiming_normal_ gives Var = 1/fan_in, relu needs 2/fan_in", (0, math.sqrt(1 / 64)), (0, math.sqrt(2 / 64))),
    Case("weight-scale/torch_unit_std", "Pool(64)", "out", "INI102", "64 unit inputs (`dim`) make sums of std 8", (0, 1), (0, 1 / 8)),
    Case("weight-scale/torch_gain_for_std", "Convolution(64, 64)", "weight", "INI102",
         "gain = 0.02 multiplies the std that the fans ask for", (0, 0.02 * math.sqrt(2 / 128)), (0, math.sqrt(2 / 128))),
    Case("gain-as-slope/torch_gains", "Net()", "hidden.0.weight", "INI103",
         "Var = 2/((1 + 1.414²)·fan) is 33 % of the 2/fan meant", (0, math.sqrt(2 / 3 / 128)), (0, math.sqrt(2 / 128))),
    Case("selu-init/torch_deep", "Deep()", "hidden.0.weight", "INI104",
         "kaiming_normal_ gives Var = 2/fan_in, selu normalises itself at 1/fan_in", (0, math.sqrt(2 / 256)), (0, math.sqrt(1 / 256))),
    Case("mean-for-std/torch_mixed_up", "Net()", "wide.weight", "INI301", "the standard deviation stays 1, 20 times what was meant", (0.05, 1), (0, 0.05)),
    Case("nonzero-mean-weight/torch_one_sided", "Attention()", "w", "INI302", "starts in U(0, 1): 75 %", (0.5, math.sqrt(1 / 12)), (0, math.sqrt(2 / 96))),
    Case("variance-as-std/torch_roots", "Net()", "inner.weight", "INI304",
         "std = 2 / fan_in is the variance that the scheme asks for, not its square root, 11.31 times too small", (0, 2 / 256), (0, math.sqrt(2 / 256))),
    Case("fan-layout/torch_transposed", "Product()", "w", "INI305",
         "takes 16 for fan_in, but each output sums 512 products: the weights are 5.657 times too large", (0, math.sqrt(1 / 48)), (0, math.sqrt(1 / 1536))),
    Case("norm-affine/torch_blanket", "Bert()", "norm.weight", "INI401", "starts in N(0, 0.02²), a norm's weight at 1", (0, 0.02), (1, 0)),
    Case("bias-scale/torch_drawn", "Net()", "hidden.0.bias", "INI403", "are drawn with std 1", (0, 1), (0, 0)),
)  # fmt: skip


def run(case: Case) -> Outcome:
    """Measure one case: the fixture as it is, and a copy that was fixed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{Path(case.fixture).name}.py"
        path.write_text((FIXTURES / f"{case.fixture}.py").read_text(encoding="utf-8"), encoding="utf-8")
        before, values = measure(load(path, "unfixed"), case)
        result = check([str(path)])
        message = next((f.message for f in result.findings if f.code == case.code and any(_is_of(name, case) for name in f.parameters)), "")
        for change in repair.fix(result):
            path.write_text(change.after, encoding="utf-8")
        after, _ = measure(load(path, "fixed"), case)
    return Outcome(case, message, before, after, values)


def load(path: Path, name: str) -> ModuleType:
    """The module at ``path``, run."""
    spec = importlib.util.spec_from_file_location(f"{name}_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measure(module: ModuleType, case: Case) -> tuple[tuple[float, float], int]:
    """Mean and standard deviation of the weight over builds from different seeds, and of how many values."""
    draws: list[Any] = []
    while sum(draw.numel() for draw in draws) < ENOUGH:
        torch.manual_seed(len(draws))
        model = eval(case.model, vars(module))
        draws.append(model.get_parameter(case.parameter).detach().double().flatten())
    values = torch.cat(draws)
    return (float(values.mean()), float(values.std())), values.numel()


def _is_of(name: str, case: Case) -> bool:
    return name == f"{case.model.partition('(')[0]}:{case.parameter}"


def _is_near(measured: tuple[float, float], promised: tuple[float, float], values: int) -> bool:
    error = DEVIATIONS * promised[1] / math.sqrt(values)
    return all(abs(one - other) <= error + 1e-6 for one, other in zip(measured, promised))


def table(outcomes: Sequence[Outcome]) -> str:
    """The page for the documentation."""
    lines = [
        "# Fixed models, measured", "",
        "Models built for real before and after `initlint fix --apply --unsafe`, and the law that the message promises for one weight of each beside the law "
        f"measured over at least {ENOUGH:,} values. Written by `benchmarks/fixed_models.py`.", "",
        "| model | weight | code | the message | promised | measured | promised after the fix | measured |", "|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for one in outcomes:
        case = one.case
        laws = " | ".join(_spell(law) for law in (case.before, one.before, case.after, one.after))
        lines.append(f"| `{case.fixture.partition('/')[0]}`: {case.model} | `{case.parameter}` | {case.code} | {case.says} | {laws} |")
    held = sum(one.holds for one in outcomes)
    return "\n".join([*lines, "", f"{held} of {len(outcomes)} move to where the message says, all within {DEVIATIONS:g} standard errors.", ""])


def _spell(law: tuple[float, float]) -> str:
    mean, std = (0.0 if abs(value) < 5e-5 else value for value in law)
    return f"std {std:.4g}" if not mean or abs(mean) < 0.03 * std else f"mean {mean:.3g}, std {std:.4g}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all cases and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "fixed-models.md")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    outcomes = [run(case) for case in CASES]
    options.output.write_text(table(outcomes), encoding="utf-8")
    for one in outcomes:
        moved = f"{one.case.model}.{one.case.parameter}: {_spell(one.before)} -> {_spell(one.after)}"
        print(f"{'ok  ' if one.holds else 'MISS'} {one.case.code} {moved}  {one.message}")
    return 0 if all(one.holds for one in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
