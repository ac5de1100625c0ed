"""What a report costs: ``python benchmarks/report_speed.py [TARGET]``; the static page, and what measuring adds to a forward and backward pass."""

from __future__ import annotations

import importlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import torch

from initlint import engine
from initlint.live import recording
from initlint.live.forward import Passed

TARGET = "torchvision.models.resnet:resnet50(weights=None)"
SHAPE = (4, 3, 224, 224)
ROUNDS = 5


def static(target: str) -> tuple[float, int]:
    """Seconds from the start of the process to its end, the least of all rounds, and the bytes of the page."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "report.html")
        command = [sys.executable, "-m", "initlint", "report", target, "-o", path, "--force"]
        return min(timed(lambda: subprocess.run(command, check=True)) for _ in range(ROUNDS)), os.path.getsize(path)


def measured(target: str) -> tuple[float, float]:
    """Median seconds of a forward and backward pass, and of one with everything recorded."""
    place, expression = target.split(":", 1)
    model = eval(expression, vars(importlib.import_module(place))).train()
    passed = Passed((torch.randn(*SHAPE),))
    watched = recording.watches(engine.show(target))
    parameters = list(model.parameters())

    def plain() -> None:
        out = model(*passed.args)
        torch.autograd.grad(out, parameters, torch.randn_like(out))

    plain()
    bare, recorded = [], []
    for _ in range(ROUNDS):
        bare.append(timed(plain))
        recorded.append(timed(lambda: recording.take(model, passed, watched)))
    return statistics.median(bare), statistics.median(recorded)


def timed(action: Callable[[], object]) -> float:
    """Seconds that ``action`` takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


if __name__ == "__main__":
    target = sys.argv[1] if len(sys.argv) > 1 else TARGET
    seconds, size = static(target)
    print(f"static report: {seconds:.2f} s, {size / 1e6:.2f} MB")
    bare, recorded = measured(target)
    print(f"forward and backward: {bare:.2f} s; with everything recorded: {recorded:.2f} s ({recorded / bare - 1:+.0%})")
