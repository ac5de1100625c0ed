"""What measuring a model costs beside building it, and beside the loop one would write by hand.

    python benchmarks/verify_speed.py [--repeat N]

builds a model of the size of ViT-B (86 million parameters), then alternates ``measure`` and the loop ``mean``, ``std``,
``min``, ``max``, ``histc`` over its parameters, with one thread and with two, and keeps the fastest run of each. CPU seconds
are told beside those of the clock, which depend on what else the machine does. With a GPU a model of 4 GiB is measured there as
well, and the rate at which it is read compared with that of a plain copy.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from initlint.measure import fused
from initlint.measure.moments import measure
from initlint.measure.passes import chunk_by_chunk

GIB = 1 << 30


class Block(nn.Module):
    """One layer of a vision transformer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)


class VisionTransformer(nn.Module):
    """The parameters of ViT-B/16, initialised as its paper's code does."""

    def __init__(self, width: int = 768, depth: int = 12) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 197, width))
        self.patch_embed = nn.Conv2d(3, width, 16, 16)
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 1000)
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)


def loop(tensors: dict[str, torch.Tensor]) -> list[list[float]]:
    """Per-parameter statistics, written straightforwardly."""
    found = []
    for tensor in tensors.values():
        histogram = torch.histc(tensor, 100)
        found.append([tensor.mean().item(), tensor.std().item(), tensor.min().item(), tensor.max().item(), histogram.max().item()])
    return found


@dataclass(frozen=True)
class Cost:
    """What one call took, in seconds: by the clock, and of all processors together."""

    wall: float
    cpu: float

    @staticmethod
    def of(action: Callable[[], object]) -> Cost:
        """Run ``action`` once."""
        wall, cpu = time.perf_counter(), time.process_time()
        action()
        return Cost(time.perf_counter() - wall, time.process_time() - cpu)

    @staticmethod
    def best(costs: Iterable[Cost]) -> Cost:
        """The least of each, over several runs."""
        runs = list(costs)
        return Cost(min(run.wall for run in runs), min(run.cpu for run in runs))


def peak(action: Callable[[], object]) -> int | None:
    """Bytes by which the process outgrew itself meanwhile, where the system tells."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        before = _status("VmRSS")
        action()
        return _status("VmHWM") - before
    except OSError:
        return None


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def on_cpu(repeat: int) -> None:
    """Build, measure, loop; then the memory that measuring takes."""
    torch.set_num_threads(1)
    tensors = {name: parameter.detach() for name, parameter in VisionTransformer().named_parameters()}
    size = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    print(f"{len(tensors)} tensors, {size / 2**20:.0f} MiB", flush=True)
    measure({"warm": torch.randn(10)})
    extra = peak(lambda: measure(tensors))
    print("extra memory: this system does not tell" if extra is None else f"extra memory {extra / 2**20:.1f} MiB, {100 * extra / size:.2f} % (goal: < 2 %)")
    for threads in (1, 2):
        torch.set_num_threads(threads)
        built = [Cost.of(VisionTransformer) for _ in range(2)]
        measured, looped = [], []
        for _ in range(repeat):
            measured.append(Cost.of(lambda: measure(tensors)))
            looped.append(Cost.of(lambda: loop(tensors)))
        build, ours, theirs = (Cost.best(runs) for runs in (built, measured, looped))
        print(f"{threads} thread(s), load of the machine {os.getloadavg()[0]:.1f}: seconds by the clock (of the processors)")
        print(f"  building  {build.wall:7.3f} ({build.cpu:.3f})")
        print(f"  measuring {ours.wall:7.3f} ({ours.cpu:.3f})  {ours.wall / build.wall:.2f} ({ours.cpu / build.cpu:.2f}) of building; goal: < 1")
        print(
            f"  the loop  {theirs.wall:7.3f} ({theirs.cpu:.3f})  {theirs.wall / ours.wall:.1f} ({theirs.cpu / ours.cpu:.1f}) times measuring; goal: >= 3",
            flush=True,
        )


def on_gpu(repeat: int) -> None:
    """The share of copy bandwidth that reading a model of 4 GiB reaches, by our kernels and by torch's own operations."""
    if not torch.cuda.is_available():
        print("no GPU: the share of its copy bandwidth was not measured")
        return
    source, target = torch.empty(GIB, dtype=torch.uint8, device="cuda"), torch.empty(GIB, dtype=torch.uint8, device="cuda")
    copied = rate(2 * GIB, lambda: target.copy_(source), repeat)
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}: copies {copied / 1e9:.0f} GB/s; 4 GiB are measured at")
    for dtype in (torch.float32, torch.bfloat16):
        for count in (32, 1024):
            tell_share([torch.randn(4 * GIB // count // dtype.itemsize, dtype=dtype, device="cuda") for _ in range(count)], copied, repeat)


def tell_share(tensors: list[torch.Tensor], copied: float, repeat: int) -> None:
    """Measure a model of 4 GiB."""
    paths: dict[str, Callable[[], object]] = {"torch's operations": lambda: chunk_by_chunk(tensors)}
    if fused.worthwhile(tensors):
        paths["kernels"] = lambda: measure({str(index): tensor for index, tensor in enumerate(tensors)})
    for path, action in paths.items():
        read = rate(4 * GIB, action, repeat)
        print(f"  {read / 1e9:6.0f} GB/s, {100 * read / copied:3.0f} % (goal: 60 %): {len(tensors)} tensors, {tensors[0].dtype}, by {path}", flush=True)


def rate(volume: int, action: Callable[[], object], repeat: int) -> float:
    """Bytes a second; the first run, which compiles kernels, does not count."""

    def run() -> None:
        action()
        torch.cuda.synchronize()

    run()
    return volume / Cost.best(Cost.of(run) for _ in range(repeat)).wall


def main() -> int:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5, help="runs of which the fastest counts (default: 5)")
    repeat = parser.parse_args().repeat
    on_cpu(repeat)
    on_gpu(repeat)
    return 0


if __name__ == "__main__":
    sys.exit(main())
