"""How often the tests catch a fault that was put in, beside the rate that theory predicts.

    python benchmarks/power.py [--seeds N]

injects one fault at a time into freshly drawn tensors, judges them against what they claim to be, and writes the table to
docs/power.md. A predicted rate is exact for the test that should decide; 1 means that chance plays no part.
"""

from __future__ import annotations

import argparse
import copy
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from scipy.special import chdtr, chdtrc, chdtri, ndtr, ndtri
from torch import nn

from initlint.measure.contract import parse
from initlint.measure.duplicates import constant_rows, identical
from initlint.measure.judge import ALPHA, judge
from initlint.measure.moments import measure
from initlint.theory.laws import normal, uniform

REPORT = Path(__file__).parents[1] / "docs" / "power.md"
SHARE = ALPHA / 5  # of one of the five tests of a normal law
ROOT2, ROOT3 = math.sqrt(2), math.sqrt(3)


@dataclass(frozen=True)
class Fault:
    """One kind of fault at one size."""

    name: str
    where: str
    caught: Callable[[], bool]
    """Draws, injects, judges."""
    predicted: float


def fails(tensor: torch.Tensor, contract: str, shape: tuple[int, ...] | None = None) -> bool:
    """Whether ``tensor`` is found not to follow the contract, as worked out for ``shape`` where that is another."""
    return judge(tensor, parse(contract).law(shape or tuple(tensor.shape))).outcome == "fails"


def normal_power(size: int, ratio: float) -> float:
    """P that the test of scale rejects normal values whose std is off by ``ratio``."""
    low, high = chdtri(size, 1 - SHARE / 2), chdtri(size, SHARE / 2)
    return float(chdtrc(size, high / ratio**2) + chdtr(size, low / ratio**2))


def shift_power(size: int, shift: float) -> float:
    """P that the test of location rejects values shifted by so many std."""
    critical = -ndtri(SHARE / 2)
    return float(ndtr(shift * math.sqrt(size) - critical) + ndtr(-shift * math.sqrt(size) - critical))


def faults() -> Iterator[Fault]:
    """The list, smallest sizes first."""
    for size in (64, 256, 512, 4096):
        yield Fault("std × √2", f"normal, {size:,} values", partial(scaled_normal, size, ROOT2), normal_power(size, ROOT2))
    for size in (10, 20, 64):
        yield Fault("std × √2", f"uniform, {size:,} values", partial(scaled_uniform, size, ROOT2), 1 - 0.5 ** (size / 2))
    yield Fault("std ÷ √2", "uniform, 128 values", partial(scaled_uniform, 128, 1 / ROOT2), 1.0)
    for size in (16384, 1 << 20):
        yield Fault("std × 1.05", f"normal, {size:,} values", partial(scaled_normal, size, 1.05), normal_power(size, 1.05))
    yield Fault("std × 1.05", "uniform, 1,048,576 values", partial(scaled_uniform, 1 << 20, 1.05), 1.0)
    yield Fault("std × 1.05 in bfloat16", "normal, 1,048,576 values", partial(scaled_normal, 1 << 20, 1.05, torch.bfloat16), 1.0)
    for size in (1024, 4096, 16384):
        yield Fault("mean + 0.1 std", f"normal, {size:,} values", partial(shifted, size, 0.1), shift_power(size, 0.1))
    for size in (128, 320, 4096):
        certain = float(size * math.log1p(-2 * float(ndtr(-ROOT3))) < math.log(SHARE))
        yield Fault("uniform for normal", f"same variance, {size:,} values", partial(uniform_for_normal, size), certain)
    inside = 1 - 2 * float(ndtr(-ROOT3))
    yield Fault("normal for uniform", "same variance, 128 values", partial(normal_for_uniform, 128), 1 - inside**128)
    yield Fault("untouched torch.empty", "filled with NaN by the observer, 64 values", partial(fails, torch.full((64,), math.nan), "normal"), 1.0)
    yield Fault("untouched torch.empty", "pages of zeros, 64×64", partial(fails, torch.zeros(64, 64), "kaiming_uniform(a=sqrt(5))"), 1.0)
    yield Fault("joint Xavier on packed LSTM", "a gate of 64×64", partial(packed, "xavier_uniform_", 4, 64), 1.0)
    yield Fault("joint Xavier on packed QKV", "a slice of 64×64, normal", partial(packed, "xavier_normal_", 3, 64), normal_power(4096, 1 / ROOT2) ** 3)
    yield Fault("weight_norm after init", "Linear 128 → 64, Kaiming has no effect", weight_norm_first, 1.0)
    yield Fault("cloned layers", "TransformerEncoder of 2 layers, width 16", cloned, 1.0)
    yield Fault("constant row", "one of 64 rows of 64", constant_row, 1.0)
    for inputs, outputs in ((64, 256), (96, 128)):
        power = normal_power(inputs * outputs, math.sqrt(inputs / outputs))
        yield Fault("swapped fans", f"kaiming_normal on x @ W, {inputs} → {outputs}", partial(swapped, inputs, outputs), power)
    yield Fault("overwritten norm", "BatchNorm of 64, weight N(1, 0.02²) for 1", overwritten_norm, 1.0)


def scaled_normal(size: int, ratio: float, dtype: torch.dtype = torch.float32) -> bool:
    """Values of N(0, ratio²) that claim to be N(0, 1)."""
    return fails((torch.randn(size) * ratio).to(dtype), "normal")


def shifted(size: int, shift: float) -> bool:
    """Values of N(shift, 1) that claim to be N(0, 1)."""
    return fails(torch.randn(size) + shift, "normal")


def normal_for_uniform(size: int) -> bool:
    """Values of N(0, 1) that claim to be uniform with std 1."""
    return judge(torch.randn(size), uniform(-ROOT3, ROOT3)).outcome == "fails"


def overwritten_norm() -> bool:
    """DCGAN's weights where 1 is claimed."""
    return fails(1 + 0.02 * torch.randn(64), "ones")


def scaled_uniform(size: int, ratio: float) -> bool:
    """Values of U(−ratio, ratio) that claim to be U(−1, 1)."""
    return fails(torch.empty(size).uniform_(-ratio, ratio), "uniform(-1, 1)")


def uniform_for_normal(size: int) -> bool:
    """Standard deviation 1, but no tails."""
    return judge(torch.empty(size).uniform_(-ROOT3, ROOT3), normal(0, 1)).outcome == "fails"


def packed(initializer: str, maps: int, width: int) -> bool:
    """Every slice of a tensor initialised as a whole, judged as the map it is."""
    weight = getattr(nn.init, initializer)(torch.empty(maps * width, width))
    slices = measure({"w": weight}, slices={"w": maps}).values()
    law = parse(initializer).law((width, width))
    return all(judge(found, law).outcome == "fails" for found in slices)


def weight_norm_first() -> bool:
    """``weight`` is recomputed from its parts; what was written into it is lost."""
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(128, 64))
    nn.init.kaiming_normal_(layer.weight.data, nonlinearity="relu")
    return fails(layer.weight, "kaiming_normal(nonlinearity='relu')")


def cloned() -> bool:
    """All pairs of weights are found, and nothing else is."""
    layer = nn.TransformerEncoderLayer(16, 2, 32)
    tensors = dict(nn.ModuleList([layer, copy.deepcopy(layer)]).named_parameters())
    groups = identical(tensors, measure(tensors))
    drawn = [name for name, tensor in tensors.items() if name.startswith("0.") and tensor.std() > 0]
    return sorted(group[0] for group in groups) == sorted(drawn)


def constant_row() -> bool:
    """One unit set to a constant."""
    weight = torch.randn(64, 64)
    weight[17] = 0.1
    return constant_rows(weight) == [17]


def swapped(inputs: int, outputs: int) -> bool:
    """A weight laid out (in, out) whose fans torch reads as (out, in)."""
    weight = nn.init.kaiming_normal_(torch.empty(inputs, outputs), nonlinearity="relu")
    return fails(weight, "kaiming_normal(nonlinearity='relu')", (outputs, inputs))


def main() -> int:
    """Print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100, help="how often each fault is drawn (default: 100)")
    seeds = parser.parse_args().seeds
    lines = ["| fault | where | caught | predicted |", "|---|---|---|---|"]
    short = 0
    for fault in faults():
        caught = 0
        for seed in range(seeds):
            torch.manual_seed(seed)
            caught += fault.caught()
        error = math.sqrt(max(fault.predicted * (1 - fault.predicted), 1e-4) / seeds)
        short += caught / seeds < fault.predicted - 4 * error
        lines.append(f"| {fault.name} | {fault.where} | {caught} of {seeds} | {100 * fault.predicted:.4g} % |")
        print(lines[-1], flush=True)
    REPORT.write_text(f"{HEAD.format(seeds=seeds)}\n{chr(10).join(lines)}\n", encoding="utf-8")
    return 1 if short else 0


HEAD = """# What the verifier sees

Each fault was injected into {seeds} freshly drawn models or tensors, one at a time, and judged as `verify` judges: with less than one false alarm in a
million models (1e-10 for each of up to ten thousand tensors, shared among its tests). *Predicted* is the exact power of the test that should decide. Written by
`benchmarks/power.py`.
"""

if __name__ == "__main__":
    sys.exit(main())
