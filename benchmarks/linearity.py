"""Does the cost of ``initlint check`` grow as the lines it reads do?

    python benchmarks/linearity.py FOLDER [--package torchvision==0.28.0]

checks one, two, four and eight copies of a package side by side, cold and in one process, and fits the exponent of CPU seconds against
lines: 1 is linear. Every copy is a package of another name, in its own imports too, so no file is the same as another and no copy reaches
into the next. What the program takes to start, measured on an empty folder, is left out of the fit: it would hide growth.
"""

from __future__ import annotations

import argparse
import math
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from benchmarks.run import cost, machine, unpacked

TIMES = (1, 2, 4, 8)
CHECK = [sys.executable, "-m", "initlint", "check", "--no-cache", "--jobs", "1"]


def copied(package: Path, target: Path) -> int:
    """Write ``package`` under the name of ``target``, and count its lines."""
    own = re.compile(rf"\b{re.escape(package.name)}\b".encode())
    lines = 0
    for path in sorted(package.rglob("*.py")):
        text = own.sub(target.name.encode(), path.read_bytes())
        made = target / path.relative_to(package)
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_bytes(text + f"\n# {target.name}\n".encode())
        lines += text.count(b"\n")
    return lines


def exponent(points: list[tuple[int, float]]) -> float:
    """The slope of the line of least squares through the logarithms."""
    x, y = [math.log(size) for size, _ in points], [math.log(seconds) for _, seconds in points]
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    return sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y)) / sum((a - middle_x) ** 2 for a in x)


def main() -> int:
    """Measure, and print the fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the wheel and its copies are kept")
    parser.add_argument("--package", default="torchvision==0.28.0", help="name and version (default: torchvision==0.28.0)")
    options = parser.parse_args()
    folder: Path = options.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    package, work = unpacked(options.package, folder), folder / "copies"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    cost([*CHECK, work])  # compiles our own modules, once
    started = cost([*CHECK, work])
    print(f"{options.package} on {machine()}; start-up {started.seconds:.2f} s", flush=True)
    points: list[tuple[int, float]] = []
    lines = 0
    for times in TIMES:
        for number in range(len(list(work.iterdir())), times):
            lines += copied(package, work / f"{package.name}_{number}")
        found = cost([*CHECK, work])
        points.append((lines, found.seconds - started.seconds))
        print(f"{times} x: {lines:9,} lines, {points[-1][1]:7.2f} s, {found.megabytes:.0f} MiB", flush=True)
    print(f"CPU seconds grow as lines to the power of {exponent(points):.3f}")
    shutil.rmtree(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
