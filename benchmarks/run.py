"""How much time and memory ``initlint check`` takes, beside LibCST's parser alone and beside TorchFix.

    python benchmarks/run.py WORK_FOLDER

downloads three wheels and TorchFix into WORK_FOLDER (kept for the next time), then times, in this order and in one run, on each
package: LibCST's ``parse_module`` over the files that can matter at all, a cold ``initlint check`` in one process, and TorchFix.
The first two take turns a few times, and the median of each counts: on a machine shared with others, a second is not always as long.
Everything is CPU seconds of a fresh process and its children, start-up included, as the operating system counts them.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("torchvision==0.28.0", "timm==1.0.31", "transformers==5.23.0")
TORCHFIX = "torchfix==0.7.0"
ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results.md"
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {"PYTHONPATH": str(ROOT)}
"""What is installed has been compiled; so is what runs from here, once, whatever is usual on this machine."""

PARSE = """
import re, sys
from pathlib import Path
import libcst
gate = re.compile(rb"torch|keras|tensorflow|flax|jax"), re.compile(rb"nn\\.|init|Parameter")
texts = [path.read_bytes() for path in sorted(Path(sys.argv[1]).rglob("*.py"))]
for text in texts:
    if all(pattern.search(text) for pattern in gate):
        libcst.parse_module(text)
"""
MODEL = '''
class Block{n}(nn.Module):
    """A stack of convolutions with a head."""

    def __init__(self, width={n} + 16, depth=4, classes=10):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(depth))
        self.convs = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(depth))
        self.head = nn.Linear(width, classes)
        self.apply(self._init_weights)

    def _init_weights(self, module):
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)

    def forward(self, x):
        x = self.stem(x)
        for conv, norm in zip(self.convs, self.norms):
            x = x + torch.relu(norm(conv(x)))
        return self.head(x.mean((2, 3)))

'''


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process and its children took."""

    seconds: float
    megabytes: float


def cost(command: Sequence[str | Path]) -> Cost:
    """Run ``command`` to its end. Findings are no failure; anything else is."""
    process = subprocess.Popen([str(word) for word in command], env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(map(str, command))}: exit status {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(costs: Sequence[Cost]) -> Cost:
    """The middle one by time."""
    return sorted(costs, key=lambda one: one.seconds)[len(costs) // 2]


def unpacked(requirement: str, folder: Path) -> Path:
    """The package of ``requirement``, from its wheel."""
    name, _, version = requirement.partition("==")
    target = folder / f"{name}-{version}"
    if not target.exists():
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", requirement, "-d", folder], check=True)
        (wheel,) = folder.glob(f"{name}-{version}-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target)
    return target / name


def torchfix(folder: Path) -> Path:
    """TorchFix in an environment of its own."""
    program = folder / "torchfix" / "bin" / "torchfix"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", folder / "torchfix"], check=True)
        subprocess.run([folder / "torchfix" / "bin" / "pip", "install", "--quiet", TORCHFIX], check=True)
    return program


def thousand_lines(folder: Path) -> Path:
    """A file of 1,000 lines with 41 models."""
    path = folder / "thousand.py"
    text = "import torch\nfrom torch import nn\n\n" + "\n".join(MODEL.format(n=n) for n in range(50))
    path.write_text("\n".join(text.split("\n")[:980]) + "\n" * 20, encoding="utf-8")
    return path


def machine() -> str:
    """The processor, the interpreter."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
    except OSError:
        model = platform.machine()
    return f"{model}, Python {platform.python_version()}"


def main() -> int:
    """Measure, print, and keep the table in results.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where wheels and environments are kept")
    parser.add_argument("--without-torchfix", action="store_true", help="leave TorchFix out")
    parser.add_argument("--rounds", type=int, default=3, help="how often LibCST and this tool take turns")
    parser.add_argument("--package", action="append", choices=PACKAGES, help="measure this one; may be repeated, all of them otherwise")
    options = parser.parse_args()
    folder: Path = options.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    packages = [(requirement, unpacked(requirement, folder)) for requirement in options.package or PACKAGES]
    other = None if options.without_torchfix else torchfix(folder)
    check = [sys.executable, "-m", "initlint", "check", "--no-cache", "--jobs", "1"]
    cost([*check, thousand_lines(folder)])  # compiles our own modules, once

    lines = ["| package | LibCST parse | initlint check | ratio | peak memory | TorchFix | TorchFix / initlint |", "|---|---|---|---|---|---|---|"]
    for requirement, package in packages:
        turns = [(cost([sys.executable, "-c", PARSE, package]), cost([*check, package])) for _ in range(options.rounds)]
        parse, ours = (median(costs) for costs in zip(*turns, strict=True))
        theirs = cost([other, package]) if other else None
        row = [requirement, f"{parse.seconds:.2f} s", f"{ours.seconds:.2f} s", f"{ours.seconds / parse.seconds:.2f}", f"{ours.megabytes:.0f} MiB"]
        row += [f"{theirs.seconds:.2f} s", f"{theirs.seconds / ours.seconds:.1f}"] if theirs else ["", ""]
        lines.append(f"| {' | '.join(row)} |")
        print(lines[-1], flush=True)
    single = median([cost([*check, thousand_lines(folder)]) for _ in range(options.rounds)])
    resnet = median([cost([*check, unpacked(PACKAGES[0], folder) / "models" / "resnet.py"]) for _ in range(options.rounds)])
    lines += ["", f"1,000 lines in one file, start-up included: {single.seconds:.2f} s, {single.megabytes:.0f} MiB"]
    lines += [f"torchvision/models/resnet.py, start-up included: {resnet.seconds:.2f} s, {resnet.megabytes:.0f} MiB"]
    title = f"CPU seconds of one run of `benchmarks/run.py` on {machine()}: the median of {options.rounds} turns, TorchFix once."
    report = f"# Results\n\n{title}\n\n" + "\n".join(lines) + "\n"
    RESULTS.write_text(report, encoding="utf-8")
    print(f"\n{report}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
