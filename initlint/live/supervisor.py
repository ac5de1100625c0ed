"""Runs each target in a process of its own, with a limit on its time and memory, and makes a result of whatever happens."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import initlint
from initlint.live.options import Options
from initlint.live.results import TargetResult, decode
from initlint.live.worker import PROGRESS, REQUEST, RESULT

POLL = 0.02
"""Seconds between two looks at the process."""
SHARE = 0.8
"""Of the memory that is free when a target starts, what it may use unless told otherwise."""
UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one target may use."""

    seconds: float
    memory: int | None = None
    """Bytes; None for most of what is free."""


def supervise(target: str, options: Options, limits: Limits, progress: Callable[[str], None] = lambda step: None) -> TargetResult:
    """Verify a target in a process of its own; it ends with this call, come what may."""
    with tempfile.TemporaryDirectory(prefix="initlint-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        request = {"target": target, "options": {**asdict(options), "contracts": dict(options.contracts)}}
        (place / REQUEST).write_text(json.dumps(request), encoding="utf-8")
        with (place / "output").open("wb") as output:
            process = _start(folder, output.fileno())
            try:
                ended = _watch(process, limits, place / PROGRESS, progress)
            finally:
                _stop(process)
        return _outcome(target, place, process, ended)


def parse_size(text: str) -> int:
    """Bytes of ``8G`` or ``512M``. Raises ``ValueError``."""
    number, unit = text.strip().upper().removesuffix("B").removesuffix("I"), 1
    if number and number[-1] in UNITS:
        number, unit = number[:-1], UNITS[number[-1]]
    try:
        size = float(number) * unit
    except ValueError:
        size = 0.0
    if not 0 < size < float("inf"):
        raise ValueError(f"{text} is not a size")
    return int(size)


def _start(folder: str, output: int) -> subprocess.Popen[bytes]:
    """A worker that imports the same initlint as this process, in a process group of its own."""
    root = str(Path(initlint.__file__).parent.parent)
    path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "initlint.live.worker", folder]
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, start_new_session=True)


def _watch(process: subprocess.Popen[bytes], limits: Limits, steps: Path, progress: Callable[[str], None]) -> str:
    """Wait until the process ends or has to be ended; the answer is the limit it broke, or empty."""
    end = time.monotonic() + limits.seconds
    most = limits.memory or int(SHARE * free_memory())
    told = ""
    while process.poll() is None:
        if time.monotonic() > end:
            return "time"
        if resident(process.pid) > most:
            return f"memory {most}"
        last = _last_line(steps)
        if last != told:
            told = last
            progress(told)
        time.sleep(POLL)
    return ""


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process and everything it started."""
    try:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    process.wait()


def _outcome(target: str, place: Path, process: subprocess.Popen[bytes], ended: str) -> TargetResult:
    step = _last_line(place / PROGRESS) or "starting"
    if ended == "time":
        return TargetResult(target=target, status="timeout", reason=f"took longer than --timeout allows while {step}")
    if ended:
        limit = int(ended.partition(" ")[2])
        return TargetResult(target=target, status="error", reason=f"used more than {_spell(limit)} of memory while {step}; --memory-limit sets the limit")
    try:
        return decode((place / RESULT).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return TargetResult(target=target, status="error", reason=f"{_how_it_ended(process.returncode)} while {step}{_said(place / 'output')}")


def _how_it_ended(status: int) -> str:
    if status < 0:
        try:
            return f"the process was killed by {signal.Signals(-status).name}"
        except ValueError:
            return f"the process was killed by signal {-status}"
    return f"its code ended the process with status {status}"


def _said(path: Path) -> str:
    """The last line of what the target printed."""
    line = _last_line(path)
    return f": {line[:200]}" if line else ""


def _last_line(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - 4096))
            lines = stream.read().decode(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].strip() if lines else ""


def resident(pid: int) -> int:
    """The memory a process uses, in bytes; 0 where the system does not say."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def free_memory() -> int:
    """The memory that a new process may use, in bytes: what is free, within the limit of this container."""
    found = []
    try:
        lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
        found.append(int(lines["MemAvailable"].split()[0]) << 10)
    except (OSError, ValueError, KeyError):
        pass
    try:
        limit, used = (Path(f"/sys/fs/cgroup/memory.{name}").read_text(encoding="ascii").strip() for name in ("max", "current"))
        found.append(int(limit) - int(used))
    except (OSError, ValueError):
        pass
    return min(found, default=1 << 60)


def _spell(size: int) -> str:
    return f"{size / UNITS['G']:.1f} GiB" if size >= UNITS["G"] else f"{size / UNITS['M']:.0f} MiB"
