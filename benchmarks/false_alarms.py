"""How often tensors that are what they claim to be are found not to be.

    python benchmarks/false_alarms.py [--seeds N] [--samples N]

judges real draws of torch, from every initializer and every layer with parameters, at the risk that ``verify`` takes; then
samples at risks large enough to be seen, where the share of alarms must stay below the risk. Writes docs/false-alarms.md.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from initlint.measure.contract import parse
from initlint.measure.duplicates import constant_rows, equal_rows
from initlint.measure.judge import ALPHA, judge
from initlint.theory.laws import Distribution

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "docs" / "false-alarms.md"
LAYERS = ROOT / "tests" / "data" / "torch_module_defaults.json"
CONTRACTS = (
    "uniform(-1, 1)",
    "uniform(0, 1)",
    "normal(0, 1)",
    "normal(1, 0.02)",
    "trunc_normal(std=1)",
    "trunc_normal(std=0.02)",
    "trunc_normal(0.5, 1, -1, 2)",
    "xavier_uniform(gain=5/3)",
    "xavier_normal",
    "kaiming_uniform(a=sqrt(5))",
    "kaiming_normal(mode='fan_out', nonlinearity='relu')",
    "orthogonal(gain=sqrt(2))",
    "sparse(0.3)",
)
SHAPES = ((2, 2), (16, 9), (10, 64), (100, 80), (300, 200))
DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16)
LARGEST = 1 << 21
RISKS = (1e-2, 1e-3)


@dataclass
class Count:
    """What came of one kind of tensor."""

    tensors: int = 0
    alarms: int = 0
    smallest: float = 1.0

    def add(self, tensor: torch.Tensor, law: Distribution) -> None:
        """Judge one tensor, and look for equal and constant rows in what was drawn."""
        found = judge(tensor, law)
        drawn = law.kind not in ("constant", "sparse")
        repeated = drawn and tensor.dtype in (torch.float32, torch.float64) and (equal_rows(tensor) or constant_rows(tensor))
        self.tensors += 1
        self.alarms += found.outcome == "fails" or bool(repeated)
        self.smallest = min(self.smallest, found.p_bound)


def initializers(seeds: int) -> Iterator[tuple[str, Count]]:
    """Every initializer, shape, type and seed."""
    for dtype in DTYPES:
        for contract in CONTRACTS:
            count = Count()
            for seed in range(seeds):
                torch.manual_seed(seed)
                for shape in SHAPES:
                    count.add(drawn(contract, shape, dtype), parse(contract).law(shape))
            yield f"{contract}, {str(dtype).removeprefix('torch.')}", count


def drawn(contract: str, shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
    """What torch draws under a contract; orthogonal matrices, which it has not in half precision, are rounded to it."""
    expectation = parse(contract)
    assert expectation.initializer is not None
    arguments = {name: value for name, value in vars(expectation.arguments).items() if name != "tensor"}
    native = torch.float32 if "orthogonal" in contract and dtype in (torch.float16, torch.bfloat16) else dtype
    tensor: torch.Tensor = getattr(nn.init, expectation.initializer.name.rpartition(".")[2])(torch.empty(shape, dtype=native), **arguments)
    return tensor.to(dtype)


def layers(seeds: int) -> Iterator[tuple[str, Count]]:
    """Every layer of ``torch.nn`` that owns parameters, as it constructs itself."""
    counts: dict[str, Count] = {}
    for case in json.loads(LAYERS.read_text("utf-8")):
        if case["module"].startswith("Lazy") or sum(math.prod(row["shape"]) for row in case["params"].values()) > LARGEST:
            continue
        count = counts.setdefault(case["module"], Count())
        for seed in range(seeds):
            torch.manual_seed(seed)
            parameters = {name: parameter.detach() for name, parameter in build(case).named_parameters()}
            for name, row in case["params"].items():
                if name in parameters:
                    count.add(without_padding(parameters[name], case["args"].get("padding_idx")), as_law(row))
    yield from counts.items()


def build(case: dict[str, Any]) -> nn.Module:
    """The module of one row of the table."""
    module: nn.Module = getattr(nn, case["module"])(**case["args"])
    return module


def without_padding(tensor: torch.Tensor, row: int | None) -> torch.Tensor:
    """The rows of an embedding that are drawn."""
    return tensor if row is None else torch.cat([tensor[:row], tensor[row + 1 :]])


def as_law(row: dict[str, Any]) -> Distribution:
    """The law of one parameter in the table."""
    return Distribution(kind=row["family"], mean=row["mean"], std=math.sqrt(row["var"]), low=row.get("low"), high=row.get("high"))


def rates(samples: int) -> Iterator[str]:
    """Alarms at large risks, among samples of each family and size."""
    for contract in ("uniform(-1, 1)", "normal", "trunc_normal(std=1)", "orthogonal"):
        for size in (4, 36, 400):
            side = math.isqrt(size)
            law = parse(contract).law((side, side))
            torch.manual_seed(0)
            bounds = [judge(drawn(contract, (side, side), torch.float64), law, alpha=RISKS[0]).p_bound for _ in range(samples)]
            shares = [sum(bound < risk for bound in bounds) / samples for risk in RISKS]
            yield f"| {contract} | {side * side} | " + " | ".join(f"{share:.2g}" for share in shares) + " |"


def main() -> int:
    """Print the tables and write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20, help="how often each initializer and layer is drawn (default: 20)")
    parser.add_argument("--samples", type=int, default=5000, help="samples per family and size (default: 5000)")
    options = parser.parse_args()
    total = Count()
    lines = ["| drawn by | tensors | alarms | smallest bound on p |", "|---|---|---|---|"]
    for counted in (initializers(options.seeds), layers(options.seeds)):
        for name, count in counted:
            lines.append(f"| {name} | {count.tensors:,} | {count.alarms} | {count.smallest:.2g} |")
            print(lines[-1], flush=True)
            total = Count(total.tensors + count.tensors, total.alarms + count.alarms, min(total.smallest, count.smallest))
    lines.append(f"| **all** | {total.tensors:,} | {total.alarms} | {total.smallest:.2g} |")
    lines += ["", RATES, "", f"| law | values | {' | '.join(f'risk {risk:g}' for risk in RISKS)} |", f"|---|---|{'---|' * len(RISKS)}"]
    for line in rates(options.samples):
        lines.append(line)
        print(line, flush=True)
    print(f"{total.tensors:,} tensors, {total.alarms} alarms")
    REPORT.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return 1 if total.alarms else 0


HEAD = f"""# False alarms

Tensors that torch drew as claimed, judged as `verify` judges each of them, at a risk of {ALPHA:g}. Written by `benchmarks/false_alarms.py`.

"""
RATES = (
    "The share of samples with a bound below a risk that can be seen; it must not exceed the risk, and stays under it because the risk is divided among tests."
)

if __name__ == "__main__":
    sys.exit(main())
