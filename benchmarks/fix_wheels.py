"""Every fix on the wheels of twenty packages: files still compile, fixes settle, and nothing else changes.

    python benchmarks/fix_wheels.py WORK_FOLDER [--packages NAME==VERSION …]

downloads the wheels into WORK_FOLDER (kept for the next time), runs ``initlint fix --apply --unsafe`` on a copy of each and asks four questions:

1. does every file that compiled before compile now?
2. does a second run change nothing?
3. are the findings that were reported as fixed gone?
4. are the lines outside of the edits the same, byte by byte?
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = (
    "torchvision==0.28.0", "timm==1.0.31", "torch-geometric==2.8.1", "monai==1.6.1", "diffusers==0.42.1", "ultralytics==8.4.190", "open-clip-torch==3.3.0",
    "nemo-toolkit==3.0.0", "pyhealth==2.1.0", "torch-rechub==0.9.0", "dgllife==0.3.2", "cogdl==0.6", "super-gradients==3.7.1", "neuralforecast==3.3.0",
    "pytorch-tcn==1.2.3", "torchex==0.0.16", "di-engine==0.5.3", "deepchem==2.8.0", "funasr==1.4.16", "skrl==2.1.1",
)  # fmt: skip
FIXED = re.compile(r"^(?P<path>.+?):(?P<line>\d+):\d+: (?P<code>INI\d{3}) (?:safe|unsafe): ")
NEARBY = 2
"""Lines that a fix may take up around the place of its finding, beyond those its own edits span."""


@dataclass(slots=True)
class Outcome:
    """What became of one package."""

    package: str
    files: int = 0
    fixed: int = 0
    changed: int = 0
    broken: list[str] = field(default_factory=list)
    restless: list[str] = field(default_factory=list)
    stayed: list[str] = field(default_factory=list)
    strayed: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """Every answer that is not the one hoped for."""
        groups = (("does not compile", self.broken), ("changes again", self.restless), ("finding stayed", self.stayed), ("changed elsewhere", self.strayed))
        return [f"{self.package}: {what}: {where}" for what, places in groups for where in places]


def unpack(requirement: str, work: Path) -> Path:
    """The files of a wheel, downloaded once. Raises ``SystemExit`` where there is none."""
    folder = work / requirement.replace("==", "-")
    if not folder.is_dir():
        wheels = work / "wheels"
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--ignore-requires-python",
            "--only-binary",
            ":all:",
            "-d",
            str(wheels),
            requirement,
        ]
        if subprocess.run(command, check=False).returncode:
            raise SystemExit(f"{requirement}: no wheel could be downloaded")
        stem = requirement.replace("==", "-").replace("-", "_").lower()
        (wheel,) = [path for path in wheels.glob("*.whl") if path.name.replace("-", "_").lower().startswith(f"{stem}_")]
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder, [name for name in archive.namelist() if name.endswith(".py")])
    return folder


def initlint(folder: Path, *arguments: str) -> str:
    """Standard output of a run on ``folder``. Raises ``SystemExit`` where it could not be done."""
    command = [sys.executable, "-m", "initlint", *arguments, "--isolated", "--no-respect-gitignore", "."]
    done = subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{folder}: {' '.join(arguments)}: exit status {done.returncode}\n{done.stderr}")
    return done.stdout


def compiles(data: bytes) -> bool:
    """Whether Python accepts a file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(data, "file", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def texts(folder: Path) -> dict[str, bytes]:
    """Every Python file by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.py"))}


def edited_lines(before: bytes, after: bytes) -> Iterable[tuple[int, int]]:
    """First and last line of each stretch of ``before`` that differs."""
    matcher = difflib.SequenceMatcher(None, before.splitlines(keepends=True), after.splitlines(keepends=True), autojunk=False)
    return [(i1 + 1, max(i2, i1 + 1)) for tag, i1, i2, _, _ in matcher.get_opcodes() if tag != "equal"]


def planned_lines(folder: Path) -> dict[str, set[int]]:
    """Lines that the edits offered by ``check`` touch, by file; an import may be added among the first statements."""
    found: dict[str, set[int]] = {}
    for finding in json.loads(initlint(folder, "check", "--format", "json", "--exit-zero")):
        for edit in (finding["fix"] or {}).get("edits", []):
            lines = range(edit["location"]["row"] - NEARBY, edit["end_location"]["row"] + NEARBY + 1)
            found.setdefault(finding["filename"].removeprefix("./"), set()).update(lines)
    return found


def examine(requirement: str, work: Path) -> Outcome:
    """Fix a copy of one package, and look at what came out."""
    source, copy = unpack(requirement, work), work / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(source, copy)
    outcome = Outcome(requirement)
    before, planned = texts(copy), planned_lines(copy)
    report = initlint(copy, "fix", "--apply", "--unsafe", "--exit-zero")
    fixed = [match for match in map(FIXED.match, report.splitlines()) if match]
    after = texts(copy)
    outcome.files, outcome.fixed = len(before), len(fixed)
    outcome.changed = sum(before[path] != after[path] for path in before)
    outcome.broken = [path for path in before if compiles(before[path]) and not compiles(after[path])]
    for path in before:
        strays = [f"{path}:{first}" for first, last in edited_lines(before[path], after[path]) if not planned.get(path, set()) & set(range(first, last + 1))]
        outcome.strayed += strays
    left = {
        (f["filename"].removeprefix("./"), f["code"])
        for f in json.loads(initlint(copy, "check", "--format", "json", "--exit-zero"))
        if f["fix"] and f["fix"]["edits"]
    }
    outcome.stayed = sorted({f"{m['path']} {m['code']}" for m in fixed if (m["path"].removeprefix("./"), m["code"]) in left})
    initlint(copy, "fix", "--apply", "--unsafe", "--exit-zero")
    outcome.restless = [path for path, data in texts(copy).items() if data != after[path]]
    return outcome


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line per package, then every problem; 1 where there is one."""
    parser = argparse.ArgumentParser(description="Apply every fix to the wheels of twenty packages.")
    parser.add_argument("work", type=Path, help="folder for the wheels")
    parser.add_argument("--packages", nargs="+", default=PACKAGES, metavar="NAME==VERSION")
    options = parser.parse_args(arguments)
    options.work.mkdir(parents=True, exist_ok=True)
    print(f"{'package':<32}{'files':>7}{'fixed':>7}{'changed':>9}{'problems':>10}")
    outcomes = []
    for requirement in options.packages:
        outcome = examine(requirement, options.work)
        outcomes.append(outcome)
        print(f"{outcome.package:<32}{outcome.files:>7}{outcome.fixed:>7}{outcome.changed:>9}{len(outcome.problems):>10}", flush=True)
    files, fixed, changed = (sum(getattr(outcome, name) for outcome in outcomes) for name in ("files", "fixed", "changed"))
    problems = [problem for outcome in outcomes for problem in outcome.problems]
    print(f"{'all':<32}{files:>7}{fixed:>7}{changed:>9}{len(problems):>10}")
    print("".join(f"{problem}\n" for problem in problems), end="")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
