"""How well the static table agrees with real models of transformers: shapes, means, standard deviations and bounds of every parameter.

    python benchmarks/transformers_agreement.py [FAMILY …] [--details]

Builds the models of ``transformers_families.py``, measures what they start from, and compares that with what ``initlint.show`` says of
the same functions. What agrees, contradicts and is unknown is defined in ``declared_vs_live.py``. Prints one line per model and the
totals; exit status 1 where something contradicts or was invented.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import sys
from collections import Counter
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent.parent))
import initlint
from benchmarks.declared_vs_live import verdict
from initlint.graph import Parameter

FAMILIES = Path(__file__).with_name("transformers_families.py")


def compare(family: str, details: bool) -> Counter[str]:
    """Parameters of one model by outcome."""
    torch.manual_seed(0)
    model = getattr(importlib.import_module("benchmarks.transformers_families"), family)()
    claims = {parameter.name: parameter for parameter in initlint.show(f"{FAMILIES}:{family}()").parameters}
    counts = tally({name: tensor.detach() for name, tensor in model.named_parameters()}, claims, details)
    del model
    gc.collect()
    return counts


def tally(tensors: dict[str, torch.Tensor], claims: dict[str, Parameter], details: bool, prefix: str = "") -> Counter[str]:
    """How many parameters agree, contradict, are unknown, missing in the table, or invented by it."""
    counts = Counter(invented=len(claims.keys() - tensors.keys()))
    for name, tensor in tensors.items():
        claim = claims.get(name)
        outcome = verdict(claim, tensor.numpy()) if claim is not None else "missing"
        counts[outcome if outcome in ("agrees", "unknown", "missing") else "contradicts"] += 1
        if details and outcome != "agrees":
            print(f"    {prefix}{name}: {outcome}{f' ({claim.reason})' if claim is not None and outcome == 'unknown' else ''}")
    for name in claims.keys() - tensors.keys() if details else ():
        print(f"    {prefix}{name}: claimed, not there")
    return counts


def main() -> int:
    """Compare every family and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("families", nargs="*", metavar="FAMILY", help="functions of transformers_families.py (default: all)")
    parser.add_argument("--details", action="store_true", help="list every parameter that does not agree")
    options = parser.parse_args()
    declare_operators()
    families = importlib.import_module("benchmarks.transformers_families")
    totals: Counter[str] = Counter()
    names = options.families or [name for name, value in vars(families).items() if getattr(value, "__module__", "") == families.__name__]
    for name in names:
        counts = compare(name, options.details)
        totals += counts
        print(f"{name}: " + ", ".join(f"{counts[kind]} {kind}" for kind in ("agrees", "unknown", "missing", "contradicts", "invented")), flush=True)
    there = totals.total() - totals["invented"]
    print(f"{len(names)} models, {there} parameters: {100 * totals['agrees'] / max(there, 1):.2f} % agree, "
          f"{totals['contradicts']} contradict, {totals['unknown']} unknown, {totals['missing']} missing, {totals['invented']} invented")  # fmt: skip
    return int(totals["contradicts"] + totals["invented"] > 0)


def declare_operators() -> None:
    """torchvision's compiled operators, which transformers imports, do not load beside a torch for CPUs."""
    for operator in ("nms", "qnms"):
        try:
            torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        except RuntimeError:
            return


if __name__ == "__main__":
    sys.exit(main())
