"""What a second run costs, what several processes save, and how much is looked at again when a file changes.

    python benchmarks/incremental.py FOLDER
    python benchmarks/incremental.py FOLDER --package torchvision==0.28.0 --changes 30

checks a package cold with one process and with two, then warm, beside ``ruff check --no-cache --select ALL`` on the same files; then
appends a comment to one file after the other, and puts a statement into a function of each. Every report is compared byte by byte with
that of the cold run. Seconds by the clock mean something on an idle machine only; those of the processors nearly always do. What two
processes can be worth there at most is told by a loop of plain Python that runs alone, and twice at a time.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent.parent))
from benchmarks.run import ENVIRONMENT, unpacked

COMMAND = [sys.executable, "-m", "initlint", "check", "--exit-zero", "--format", "json"]


@dataclass(frozen=True, slots=True)
class Run:
    """What one process, with its children, took and printed."""

    clock: float
    processors: float
    output: bytes


def run(command: list[str]) -> Run:
    """One process to its end."""
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    clock, after = time.perf_counter() - start, os.times()
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)}: exit status {done.returncode}")
    return Run(clock, after.children_user + after.children_system - before.children_user - before.children_system, done.stdout)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the wheel is kept")
    parser.add_argument("--package", default="timm==1.0.31", help="name and version (default: timm==1.0.31)")
    parser.add_argument("--changes", type=int, default=12, metavar="N", help="files that are changed, picked at random (default: 12)")
    options = parser.parse_args()
    folder: Path = options.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    original = unpacked(options.package, folder)
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    package = Path(shutil.copytree(original, work / original.name))
    cached = [*COMMAND, "--jobs", "1", "--cache-dir", str(work / "cache"), str(package)]

    run([*COMMAND, "--no-cache", str(package / "__init__.py")])  # compiles our own modules, once
    cold = run(cached)
    report("cold, one process", cold)
    print(f"two processes that share nothing: {ceiling():.2f} times as fast as one by the clock")
    two = run([*COMMAND, "--no-cache", "--jobs", "2", str(package)])
    report("cold, two processes", two, f"{cold.clock / two.clock:.2f} times as fast by the clock, {two.processors / cold.processors:.2f} times the work")
    warm = min((run(cached) for _ in range(5)), key=lambda one: one.processors)
    ruff = run([sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "ALL", str(package)])
    report("warm", warm, f"{warm.processors / ruff.processors:.2f} of ruff")
    report("ruff check --no-cache --select ALL", ruff)
    same = cold.output == two.output == warm.output
    print(f"reports of these are {'the same' if same else 'NOT THE SAME'}")

    files = sorted(package.rglob("*.py"))
    picked = random.Random(0).sample(files, min(options.changes, len(files)))
    for what, change in (("a comment", with_comment), ("a statement", with_statement)):
        seconds = {}
        for path in picked:
            path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
            seconds[path] = run(cached).processors
        slowest = max(picked, key=lambda path: seconds[path])
        spread = f"median {median(seconds.values()):.2f} s of the processors, at most {seconds[slowest]:.2f} s ({slowest.relative_to(package)})"
        print(f"{what} more in one file of {len(files)}, {len(picked)} times: {spread}")
    fresh = run([*COMMAND, "--no-cache", "--jobs", "1", str(package)])
    last = run(cached)
    print(f"after all changes the warm report is {'that of a fresh run' if fresh.output == last.output else 'NOT THAT OF A FRESH RUN'}")
    return int(not same or fresh.output != last.output)


def ceiling() -> float:
    """How many times as fast two processes are as one that does the work of both, where neither waits for the other."""
    command = [sys.executable, "-c", "sum(number * number for number in range(10_000_000))"]

    def clock(times: int) -> float:
        start = time.perf_counter()
        for one in [subprocess.Popen(command) for _ in range(times)]:
            one.wait()
        return time.perf_counter() - start

    return 2 * min(clock(1) for _ in range(5)) / min(clock(2) for _ in range(5))


def with_comment(text: str) -> str:
    """``text`` with a comment behind everything."""
    return f"{text}# changed\n"


def with_statement(text: str) -> str:
    """``text`` with a statement that does nothing at the beginning of its longest function; with a comment where it has none."""
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef) and node.body[0].lineno > node.lineno]
    functions = [node for node in functions if not getattr(node.body[0], "decorator_list", [])]
    if not functions:
        return with_comment(text)
    first = max(functions, key=lambda node: (node.end_lineno or 0) - node.lineno).body[0]
    lines = text.split("\n")
    lines.insert(first.lineno - 1, f"{' ' * first.col_offset}pass")
    return "\n".join(lines)


def report(name: str, one: Run, more: str = "") -> None:
    """One line."""
    print(f"{name}: {one.processors:.2f} s of the processors, {one.clock:.2f} s by the clock{more and '; '}{more}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
