"""Wherever the static table claims something, is it what a real build does? Compares both graphs, parameter by parameter.

    python benchmarks/static_vs_live.py                                # every torchvision model that fits
    python benchmarks/static_vs_live.py resnet18 vit_b_16 --details
    python benchmarks/static_vs_live.py --most-parameters 30000000

For each model: laws, initializers, lines and nonlinearities that the static graph states, and how many of them the live
graph contradicts. Exit status 1 where a law differs.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.comparison import FACTS, compare, keywords


def main(arguments: list[str] | None = None) -> int:
    """Compare and print one line per model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="MODEL", help="torchvision models (default: all that fit)")
    parser.add_argument("--most-parameters", type=int, default=100_000_000, metavar="N", help="skip larger models (default: 100 million)")
    parser.add_argument("--details", action="store_true", help="name every difference")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    totals: Counter[str] = Counter()
    differences: Counter[str] = Counter()
    for name, builder in builders(options.names, options.most_parameters):
        start = time.perf_counter()
        claims, found = compare(builder)
        totals.update(claims)
        differences.update(fact for fact, _ in found)
        counts = Counter(fact for fact, _ in found)
        told = ", ".join(f"{counts[fact]} {fact}" for fact in FACTS if counts[fact]) or "equal"
        print(f"{name:36} {claims['law']:5} laws claimed  {told}  ({time.perf_counter() - start:.1f} s)", flush=True)
        for fact, text in found if options.details else []:
            print(f"    {fact}: {text}")
    print("  ".join(f"{fact}: {totals[fact] - differences[fact]}/{totals[fact]}" for fact in FACTS))
    return int(differences["law"] + differences["name"] > 0)


def builders(names: list[str], most: int) -> Iterator[tuple[str, Any]]:
    """torchvision's model functions; those of its compiled operators that do not load are declared first."""
    for operator in ("nms", "qnms"):
        try:
            torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        except RuntimeError:
            break
    from torchvision.models import get_model_builder, list_models

    for name in names or list_models():
        builder = get_model_builder(name)
        if not names:
            try:
                with torch.device("meta"):
                    size = sum(p.numel() for p in builder(**keywords(builder)).parameters())
            except Exception:
                size = 0  # some constructors compute on tensors: just build them
            if size > most:
                continue
        yield name, builder


if __name__ == "__main__":
    sys.exit(main())
