"""Garbage is looked for where there is much of it and the process is large, and nowhere else."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator

import pytest

from initlint import garbage


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
    code = "import atexit; from initlint.garbage import run_and_leave; atexit.register(print, 'bye'); run_and_leave(lambda: print('done') or 3)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "done\nbye\n", "")
