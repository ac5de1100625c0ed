"""Garbage is looked for where there is much of it and the process is large, and nowhere else."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator
from itertools import pairwise

import pytest

from initlint.process import garbage
from initlint.runs.single import Examiner
from initlint.source import SourceFile


class Knot:
    """An object that only a search for garbage can free."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def knot() -> Iterator[weakref.ref[Knot]]:
    with garbage.uncollected():
        gc.collect()
        yield weakref.ref(Knot())


@pytest.mark.parametrize(("young", "room", "freed"), [(-1, -1, True), (-1, 1 << 40, False), (1 << 60, -1, False)])
def test_it_takes_much_garbage_and_a_large_process(monkeypatch: pytest.MonkeyPatch, knot: weakref.ref[Knot], young: int, room: int, freed: bool) -> None:
    monkeypatch.setattr(garbage, "YOUNG", young)
    with garbage.uncollected(room):
        garbage.tidy()
    assert (knot() is None) == freed


def test_a_system_that_does_not_tell_its_memory_is_taken_for_full(monkeypatch: pytest.MonkeyPatch, knot: weakref.ref[Knot]) -> None:
    monkeypatch.setattr(garbage, "YOUNG", -1)
    monkeypatch.setitem(sys.modules, "resource", None)
    with garbage.uncollected():
        garbage.tidy()
    assert knot() is None


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled: bool) -> None:
    usual = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        with garbage.uncollected():
            assert not gc.isenabled()
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if usual else gc.disable)()


def test_a_command_leaves_with_its_status_and_its_last_words() -> None:
    code = "import atexit; from initlint.process.garbage import run_and_leave; atexit.register(print, 'bye'); run_and_leave(lambda: print('done') or 3)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "done\nbye\n", "")


def test_a_file_that_is_forgotten_needs_no_search() -> None:
    """Classes, their members, and what was parsed of them go with it; a chunk that somebody holds still knows where it stands."""
    text = "import torch\n\nclass Net:\n    def forward(self, x):\n        return x\n\n\ndef make():\n    return Net()\n"
    with garbage.uncollected():
        source = SourceFile("net.py", text.encode())
        (cls,) = source.classes()
        assert [len(chunk.statements) for chunk in (*source.chunks, *cls.members)] == [1, 1, 1, 1]
        source.path = "other.py"
        forgotten = weakref.ref(source)
        del source
        assert forgotten() is None
        assert (cls.source.path, cls.text) == ("other.py", "class Net:\n    pass\n")


def test_no_analysis_outlives_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not that of a second file either, which is made where the first one's garbage is looked for."""
    monkeypatch.setattr(garbage, "YOUNG", -1)
    model = b"import torch.nn as nn\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fc = nn.Linear(4, 4)\n"
    examiner = Examiner((), ())
    with garbage.uncollected(-1):
        made = []
        for number in range(4):
            examiner.examine(f"net{number}.py", model)
            assert examiner.analysis is not None
            made.append(weakref.ref(examiner.analysis.interp))
        assert [one() is None for one in made] == [True, True, True, False]


def test_what_survives_amid_an_analysis_is_looked_at_when_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "YOUNG", -1)
    kept = [Knot()]
    one = weakref.ref(kept[0])
    with garbage.uncollected(-1):
        garbage.tidy(amid=True)
        monkeypatch.setattr(garbage, "_next", 1 << 60)
        kept.clear()
        garbage.tidy(amid=True)
        assert one() is not None
        garbage.tidy()
        assert one() is None


def test_a_small_process_is_asked_for_its_memory_now_and_then_only(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def small() -> float:
        asked.append(gc.get_count()[0])
        return 0.0

    monkeypatch.setattr(garbage, "YOUNG", 1_000)
    monkeypatch.setattr(garbage, "_megabytes", small)
    with garbage.uncollected():
        kept = []
        for _ in range(5_000):
            kept.append([1])
            garbage.tidy()
    assert 2 < len(asked) < 40
    assert all(later - earlier > 200 for earlier, later in pairwise(asked))
