"""Files examined by several processes. What comes out is what one process would say; one that dies takes no other file with it."""

from __future__ import annotations

import importlib
import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from initlint import rules
from initlint.paths.files import is_notebook
from initlint.process.garbage import ROOM_OF_MANY, uncollected
from initlint.process.stack import with_deep_stack
from initlint.runs.single import Examiner, Outcome, trouble
from initlint.runs.tasks import Task
from initlint.text.edits import SourceError
from initlint.text.gate import may_matter

FEW = 4
"""Files that matter below which a further process costs more than it saves."""
LOADED_FIRST = ("initlint.contexts.models", "initlint.contexts.merging", "initlint.fixing.proof")
MOST_FAILURES = 3
"""Processes that may die before they began with a file."""
SILENT = 20
"""How much less there is to do in a byte of a file that does not matter."""


@dataclass(frozen=True, slots=True)
class Job:
    """A file by its number, and how much there is to do in it."""

    number: int
    task: Task
    matters: bool = False
    weight: float = 0.0

    @classmethod
    def of(cls, number: int, task: Task) -> Job:
        """The job of a file as it is now."""
        try:
            data = task.read()
        except SourceError:
            return cls(number, task)
        matters = is_notebook(task.path) or may_matter(data)
        return cls(number, task, matters, len(data) / (1 if matters else SILENT))


@dataclass(eq=False)
class Worker:
    """A process, and what it has in hand."""

    process: BaseProcess
    connection: Connection
    jobs: list[Job]
    current: int | None = None


def useful(jobs: int, files: Sequence[Job]) -> int:
    """How many of ``jobs`` processes are worth starting for ``files``."""
    return max(1, min(jobs, sum(job.matters for job in files) // FEW))


class Pool:
    """Processes that share the files of one run."""

    def __init__(self, size: int, told: tuple[Sequence[str], Sequence[str], bool], begun: Callable[[int], None]) -> None:
        self.size = size
        self.told = told
        """The search path, the codes of the rules, and whether outcomes say what they rest on."""
        self.begun = begun
        """Told the number of each file before it is examined."""
        self.snapshots: list[dict[str, dict[str, str]]] = []
        """What each process saw of the projects that it searched."""
        self._workers: list[Worker] = []
        self._groups: deque[list[Job]] = deque()
        self._failures = 0

    def run(self, jobs: Sequence[Job]) -> dict[int, Task]:
        """Every file by its number, with the outcome."""
        done: dict[int, Task] = {}
        self._groups = deque(_groups(jobs, self.size))
        for name in LOADED_FIRST if _method() == "fork" else ():
            importlib.import_module(name)
        try:
            for _ in range(min(self.size, len(self._groups))):
                self._start()
            while self._workers:
                by_connection = {worker.connection: worker for worker in self._workers}
                for connection in wait(list(by_connection)):
                    self._listen(by_connection[connection], done)  # type: ignore[index]
        finally:
            for worker in self._workers:
                worker.process.kill()
        done.update((job.number, _lost(job, "no process could be started for it")) for group in self._groups for job in group)
        return done

    def _start(self) -> None:
        context: Any = multiprocessing.get_context(_method())
        ours, theirs = context.Pipe()
        inherited = [*(worker.connection for worker in self._workers), ours] if _method() == "fork" else []
        process = context.Process(target=_serve, args=(theirs, inherited, *self.told), daemon=True)
        process.start()
        theirs.close()
        worker = Worker(process, ours, [])
        self._workers.append(worker)
        self._give(worker)

    def _give(self, worker: Worker) -> None:
        """Hand over the next group, or the news that there is none."""
        worker.jobs = self._groups.popleft() if self._groups else []
        with suppress(OSError):  # it may have died, as listening to it will show
            worker.connection.send(worker.jobs)

    def _listen(self, worker: Worker, done: dict[int, Task]) -> None:
        try:
            kind, *rest = worker.connection.recv()
        except (EOFError, OSError):
            self._bury(worker, done)
            return
        if kind == "begun":
            (worker.current,) = rest
            self.begun(rest[0])
        elif kind == "done":
            number, done[number] = rest
            worker.current = None
            worker.jobs = [job for job in worker.jobs if job.number != number]
        elif kind == "ready":
            self._give(worker)
        else:
            self.snapshots += rest
            self._dismiss(worker)

    def _bury(self, worker: Worker, done: dict[int, Task]) -> None:
        """A process has died: say so of the file it was at, and give the others of its group to another one."""
        self._dismiss(worker)
        left = [job for job in worker.jobs if job.number != worker.current]
        if worker.current is not None:
            lost = next(job for job in worker.jobs if job.number == worker.current)
            done[lost.number] = _lost(lost, f"its process {_cause(worker.process.exitcode)}")
        else:
            self._failures += 1
        if left:
            self._groups.appendleft(left)
        if self._groups and self._failures < MOST_FAILURES:
            self._start()

    def _dismiss(self, worker: Worker) -> None:
        worker.connection.close()
        worker.process.join()
        self._workers.remove(worker)


def _method() -> str:
    """Forked processes share what was loaded before; elsewhere than on Linux system libraries do not survive that."""
    return "fork" if sys.platform == "linux" else "spawn"


def _serve(connection: Connection, inherited: Sequence[Connection], search_path: Sequence[str], codes: Sequence[str], accountable: bool) -> None:
    """Examine what comes until nothing does. An interrupt is for the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for other in inherited:
        other.close()  # so that their ends are seen when this process is all that holds them
    examiner = Examiner(search_path, [rule for rule in rules.all_rules() if rule.code in codes], accountable=accountable)

    def examine() -> None:
        while jobs := connection.recv():
            for job in jobs:
                connection.send(("begun", job.number))
                job.task.examine(examiner)
                connection.send(("done", job.number, job.task))
                job.task.outcome = None
            connection.send(("ready",))
        connection.send(("snapshots", examiner.snapshots))

    with suppress(EOFError, OSError), uncollected(ROOM_OF_MANY):  # whoever wanted to know may be gone
        with_deep_stack(examine)


def _groups(jobs: Sequence[Job], size: int) -> Iterator[list[Job]]:
    """Neighbours together, for they import the same modules; ever smaller groups, so that all processes end at once."""
    left = sum(job.weight for job in jobs)
    group: list[Job] = []
    room = left / (2 * size)
    for job in jobs:
        group.append(job)
        room -= job.weight
        left -= job.weight
        if room <= 0:
            yield group
            group, room = [], left / (2 * size)
    if group:
        yield group


def _lost(job: Job, why: str) -> Task:
    return replace(job.task, outcome=Outcome([trouble(job.task.path, "INI903", f"could not be analysed: {why}")]))


def _cause(status: int | None) -> str:
    """What ended a process, from its exit status."""
    return f"was ended by signal {-status}" if status is not None and status < 0 else f"ended with status {status}"
