"""Is there a package on which ``initlint check`` crashes, hangs, or takes long? Reads many, and keeps nothing of them but counts.

    python benchmarks/corpus.py [NAMES_FILE] [--counts COUNTS_FILE]

downloads the wheel of each name in the file (``corpus.txt`` unless given) with pip, one after the other, checks what is in it
in a process of its own under limits of time and memory, and deletes it. Names that are in COUNTS_FILE already are left out, so a run
can be taken up again. Every finding about the tool itself (INI9xx but for INI901: a file that is no Python is none of ours), every
file that takes longer than 10 seconds of a processor, and every process that does not end by itself is printed.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
SLOW = 10.0
"""Seconds of a processor that one file may take."""
LIMIT = 1_800
"""Seconds of a processor that one package may take."""
MEMORY = 6 << 30
LARGEST = 60_000_000
"""Bytes of source of one package that are read."""


@dataclass
class Count:
    """What is kept of a package."""

    name: str
    outcome: str = "checked"
    """Or why it was not: no wheel, too large; or how the process ended."""
    files: int = 0
    bytes: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    slowest_file: str = ""
    codes: dict[str, int] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)


def check_one(folder: Path) -> None:
    """In the process of one package: check it, and print its count as JSON."""
    from initlint import engine
    from initlint.paths import files

    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    count = Count(folder.name)
    began: list[tuple[str, float]] = []

    def begin(path: str) -> None:
        began.append((path, time.process_time()))
        print(path, file=sys.stderr, flush=True)

    result = engine.check([str(folder)], progress=begin)
    began.append(("", time.process_time()))
    paths = list(files.discover([str(folder)], []))
    count.files, count.bytes = result.files, sum(Path(path).stat().st_size for path in paths)
    durations = [(later - start, path) for (path, start), (_, later) in pairwise(began)]
    count.slowest, name = max(durations, default=(0.0, ""))
    count.seconds = time.process_time()
    count.slowest_file = str(Path(name).relative_to(folder)) if name else ""
    count.codes = dict(Counter(finding.code for finding in result.findings))
    for finding in result.findings:
        if finding.code.startswith("INI9") and finding.code not in ("INI901", "INI904", "INI905"):
            count.troubles.append(f"{Path(finding.site.path).relative_to(folder)}: {finding.code} {finding.message}")
    for seconds, name in durations:
        if seconds > SLOW:
            count.troubles.append(f"{Path(name).relative_to(folder)}: took {seconds:.1f} s")
    print(json.dumps(asdict(count)))


def checked(name: str, work: Path) -> Count:
    """Download one package, check it, and leave nothing behind."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", folder, name]
        try:
            subprocess.run(command, check=True, timeout=300, capture_output=True)
            (wheel,) = Path(folder).glob("*.whl")
        except (subprocess.SubprocessError, ValueError):
            return Count(name, "no wheel")
        package = Path(folder, name)
        with zipfile.ZipFile(wheel) as archive:
            sources = [info for info in archive.infolist() if info.filename.endswith((".py", ".ipynb"))]
            if sum(info.file_size for info in sources) > LARGEST:
                return Count(name, "too large")
            for info in sources:
                archive.extract(info, package)
        package.mkdir(exist_ok=True)
        try:
            done = subprocess.run([sys.executable, __file__, "--one", str(package)], capture_output=True, text=True, timeout=10 * LIMIT, check=False)
        except subprocess.TimeoutExpired:
            return Count(name, "did not end")
        if done.returncode != 0:
            last = done.stderr.strip().splitlines()[-1:]
            return Count(name, f"ended with status {done.returncode}: {''.join(last)}")
        return Count(**json.loads(done.stdout))


def summary(counts: list[Count]) -> str:
    """One line for all, and one for each trouble."""
    looked = [count for count in counts if count.outcome == "checked"]
    lines = [f"{count.name}: {trouble}" for count in looked for trouble in count.troubles]
    lines += [f"{count.name}: {count.outcome}" for count in counts if count.outcome not in ("checked", "no wheel", "too large")]
    codes = sum((Counter(count.codes) for count in looked), Counter[str]())
    worst = max(looked, key=lambda count: count.slowest, default=Count("none"))
    left = Counter(count.outcome for count in counts if count.outcome in ("no wheel", "too large"))
    return "\n".join(
        [
            *lines,
            f"{len(looked)} packages, {sum(count.files for count in looked):,} files, {sum(count.bytes for count in looked):,} bytes, "
            f"{sum(count.seconds for count in looked):,.0f} s of a processor; left out: {dict(left)}",
            f"slowest file: {worst.name}/{worst.slowest_file}, {worst.slowest:.1f} s",
            f"findings: {', '.join(f'{code} {number}' for code, number in sorted(codes.items()))}",
            f"troubles: {len(lines)}",
        ]
    )


def main() -> int:
    """Check all, and print what is wrong as it comes up and everything at the end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", type=Path, nargs="?", default=HERE / "corpus.txt", help="names of packages, between spaces or on lines")
    parser.add_argument("--counts", type=Path, help="where counts are kept, one line of JSON for each package")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one is not None:
        check_one(options.one)
        return 0
    counts = (
        [Count(**json.loads(line)) for line in options.counts.read_text(encoding="utf-8").splitlines()] if options.counts and options.counts.exists() else []
    )
    known = {count.name for count in counts}
    with tempfile.TemporaryDirectory() as work:
        for name in dict.fromkeys(options.names.read_text(encoding="utf-8").split()):
            if name in known:
                continue
            count = checked(name, Path(work))
            counts.append(count)
            print(
                f"{name}: {count.outcome}, {count.files} files, {count.seconds:.1f} s, slowest {count.slowest:.1f} s", *count.troubles, sep="\n  ", flush=True
            )
            if options.counts:
                with options.counts.open("a", encoding="utf-8") as stream:
                    stream.write(f"{json.dumps(asdict(count))}\n")
    print(summary(counts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
