"""Is there an input that is answered by something else than a finding or one clear line? A fuzzer guided by the lines that run.

    python benchmarks/fuzz.py                              # 60 seconds for each kind of input
    python benchmarks/fuzz.py --seconds 600 notebook --keep FOLDER

Inputs are configuration files, notebooks, baselines, stores of the cache, and Python; each starts from a few samples, and what reaches
a line of this tool that no other input reached becomes a sample itself. Whatever is raised that users are not to see is printed and,
with ``--keep``, written down. Exit status 1 where there was any.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import initlint
from initlint import config, engine, lower
from initlint.config import ConfigError
from initlint.errors import BaselineError
from initlint.process.stack import with_deep_stack
from initlint.report import FORMATS
from initlint.runs import baseline, cache
from initlint.text import notebook
from initlint.text.edits import SourceError, decode, digest

SOURCE = str(Path(initlint.__file__).parent)
CONFIG = b"""[tool.initlint]
select = ["ALL", "INI1"]
per-file-ignores = { "tests/*" = ["INI101"], "!a.py" = ["INI2"] }
severity = { INI101 = "note" }
exclude = ["build/", "**/x[!a-c]?.py"]
respect-gitignore = true
search-path = ["src"]
baseline = "b.json"
fail-on = "never"
[tool.initlint.verify]
targets = ["a:b"]
"""
CELLS = [
    "import torch.nn as nn\n%matplotlib inline\n!ls\n",
    ["net = nn.Linear(2, 2)\n", "nn.init.zeros_(net.weight)  # initlint: ignore[INI201]"],
    "%%bash\nls",
]
NOTEBOOK = json.dumps(
    {
        "cells": [{"cell_type": kind, "source": source, "metadata": {}} for source in CELLS for kind in ("code", "markdown")],
        "metadata": {"kernelspec": {"language": "python"}},
        "nbformat": 4,
    }
).encode()
BASELINE = json.dumps({"version": 1, "findings": [{"path": "a.py", "code": "INI101", "line": "x = 1", "count": 2}]}).encode()
PYTHON = b"""# coding: utf-8
import torch.nn as nn
class Net(nn.Module):  # initlint: ignore[INI101] why
    def __init__(self, *a, n: int = 3, **k):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, n) for _ in range(3) if n])
        for name, p in self.named_parameters():
            if "bias" in name and p.dim() > 1 or not name.endswith(f"w{n!r:>3}"): nn.init.zeros_(p)
    def forward(self, x):
        for l in self.layers: x = l(x).relu() + x[..., 1:] @ x
        match x:
            case [1, *_] | {"a": nn.Linear()} if x: return (y := x)
        return lambda *, q=1: x if x else [*x, {**x}]
"""
WORDS = (
    b'"',
    b"'",
    b"[",
    b"]",
    b"{",
    b"}",
    b"\\",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"1e999",
    b"-0",
    b"null",
    b"true",
    b"\\u0000",
    b"\\ud800",
    b"#",
    b"%%",
    b"!",
    b"=",
    b",",
    b":",
    b"*",
    b"999999999999999999999",
    b"'''",
    b"\t",
    b"\x0c",
)
Target = tuple[Callable[[bytes], Any], list[bytes], tuple[type[Exception], ...]]


def main() -> int:
    """Fuzz what was asked for, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    with tempfile.TemporaryDirectory() as folder:
        known = targets(Path(folder))
        parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"{', '.join(known)} (default: all)")
        parser.add_argument("--seconds", type=float, default=60.0, metavar="N", help="for each kind (default: 60)")
        parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the changes (default: 0)")
        parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where inputs are left that were answered badly")
        options = parser.parse_args()
        bad = 0
        for kind in options.kinds or known:
            found = fuzz(kind, known[kind], options.seconds, random.Random(options.seed))
            bad += len(found)
            for number, (data, text) in enumerate(found):
                print(f"{kind}: {text}\n  {data[:300]!r}")
                if options.keep:
                    options.keep.mkdir(parents=True, exist_ok=True)
                    (options.keep / f"{kind}-{number}").write_bytes(data)
    return int(bad > 0)


def targets(folder: Path) -> dict[str, Target]:
    """What reads each kind of input, samples of it, and what it may raise."""

    def written(name: str, read: Callable[[Path], Any]) -> Callable[[bytes], Any]:
        def run(data: bytes) -> Any:
            (folder / name).write_bytes(data)
            return read(folder / name)

        return run

    def book(data: bytes) -> None:
        loaded = notebook.load(data)
        assert loaded.edited(loaded.text).code == loaded.code
        assert notebook.written("a.ipynb", data, loaded.text, loaded.text) == data

    def store(data: bytes) -> None:
        cache._load(str(folder / "gone.json"))
        (folder / "store.json").write_bytes(cache.MAGIC + digest(data).encode() + b"\n" + data)
        loaded = cache._load(str(folder / "store.json"))
        cache._unpacked(json.loads(cache._packed(loaded).partition(b"\n")[2]))

    def python(data: bytes) -> None:
        (folder / "net.py").write_bytes(data)
        result = engine.check([str(folder / "net.py")])
        assert not [finding for finding in result.findings if finding.code == "INI903" and "nests too deeply" not in finding.message], result.findings
        if not [finding for finding in result.findings if finding.code.startswith("INI90")]:
            lower.lower_source(decode(data).text)

    return {
        "config": (written("pyproject.toml", lambda path: config.load(path, formats=FORMATS)), [CONFIG], (ConfigError,)),
        "notebook": (book, [NOTEBOOK, json.dumps(json.loads(NOTEBOOK), indent=1).encode()], (SourceError, RecursionError)),
        "baseline": (written("baseline.json", lambda path: baseline.load(str(path))), [BASELINE], (BaselineError,)),
        "cache": (store, [b'{"texts":["a","b"],"snapshots":{"s":[0,1]},"entries":{"k":["d",[0,1],[],[],[0,1],[0,1,0],[[0,1,[0]]],[1],[0,1]]}}'], ()),
        "python": (python, [PYTHON], ()),
    }


def fuzz(kind: str, target: Target, seconds: float, chance: random.Random) -> list[tuple[bytes, str]]:
    """Inputs that were answered by an exception of another kind than allowed, one for each place that raised it."""
    run, samples, allowed = target
    samples = list(samples)
    lines: set[tuple[str, int]] = set()
    found: dict[str, tuple[bytes, str]] = {}
    count, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        data = samples[count] if count < len(samples) else changed(chance, samples)
        count += 1
        before = len(lines)
        try:
            with_deep_stack(lambda data=data: traced(lines, run, data))  # type: ignore[misc]
        except allowed:
            pass
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            found.setdefault(
                f"{place.filename}:{place.lineno}", (data, f"{type(error).__name__} at {os.path.basename(place.filename)}:{place.lineno}: {error}")
            )
        if len(lines) > before:
            samples.append(data)
    print(f"{kind}: {count:,} inputs, {len(lines):,} lines reached, {len(samples)} samples, {len(found)} answered badly", flush=True)
    return list(found.values())


def traced(lines: set[tuple[str, int]], run: Callable[[bytes], Any], data: bytes) -> None:
    """Run on ``data``, and note every line of this tool that runs."""

    def local(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            lines.add((frame.f_code.co_filename, frame.f_lineno))
        return local

    sys.settrace(lambda frame, event, argument: local if frame.f_code.co_filename.startswith(SOURCE) else None)
    try:
        run(data)
    finally:
        sys.settrace(None)


def changed(chance: random.Random, samples: list[bytes]) -> bytes:
    """A sample with a few bytes, words or stretches replaced, doubled, dropped or taken from another."""
    data = chance.choice(samples[-20:] if chance.random() < 0.5 else samples)
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        start = chance.randint(0, len(data))
        stop = min(len(data), start + chance.choice((0, 1, 1, 4, 30)))
        other = chance.choice(samples)
        at = chance.randint(0, len(other))
        piece = chance.choice(
            (b"", chance.choice(WORDS), data[start:stop] * 2, other[at : at + 20], bytes([chance.randrange(256)]), b"[" * chance.choice((10, 3_000)))
        )
        data = data[:start] + piece + data[stop:]
    return data[:200_000]


if __name__ == "__main__":
    sys.exit(main())
