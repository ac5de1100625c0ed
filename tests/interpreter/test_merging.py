"""What branches leave behind is merged in time that the budget of steps knows of, and only where somebody may still look."""

from __future__ import annotations

import gc
import weakref
from contextlib import suppress
from pathlib import Path

import pytest

from initlint import frontend
from initlint.frontend import new_interpreter
from initlint.interpreter.heap import Heap
from initlint.interpreter.values import ABSENT, OneOf, OutOfBudget, TargetRaise
from initlint.standins import instantiate

HEAD = "import torch\nimport torch.nn as nn\nfrom somewhere import unsure\n"
GROWING = """
def grow(grown, i):
    {grow}

def build(cond):
    grown = {grown}
    for i in range(2_000):
        if cond:
            grow(grown, i)
"""
NAMES = "\n".join(f"        name{i} = {i}" for i in range(100))


def steps(text: str, given: object, budget: int = 1_000_000) -> int:
    """The steps it takes to call ``build`` with one argument."""
    interp, _ = new_interpreter()
    module = interp.project.open(Path("net.py"), (HEAD + text).encode())
    interp.start_frame = module.frame
    build = module.get("build")
    interp.grant(budget)
    before = interp.steps
    instantiate(interp, build, module.frame, {} if given is None else {"cond": given})
    return interp.steps - before


@pytest.mark.parametrize(
    ("grown", "grow"),
    [("[]", "grown.append(i)"), ("{}", "grown.update({i: i})"), ("set()", "grown.add(i)"), ("torch.empty(3)", "nn.init.constant_(grown, i)")],
)
def test_what_grows_behind_a_test_that_nothing_decides_exhausts_the_budget(grown: str, grow: str) -> None:
    text = GROWING.format(grown=grown, grow=grow)
    assert steps(text, True, 80_000) < 40_000
    with pytest.raises(OutOfBudget, match="gave up after"):
        steps(text, None, 80_000)


RAISING = """
def fill(cond):
    held = {}
    for i in range(500):
        held[i] = i
    if cond:
        raise ValueError
    raise TypeError

def build(cond):
    for _ in range(50):
        try:
            if cond:
                fill(cond)
            else:
                fill(cond)
        except Exception:
            pass
"""


def test_branches_that_all_raise_have_to_be_undone_too() -> None:
    assert steps(RAISING, None) - steps(RAISING, True) > 50 * 500


@pytest.mark.parametrize(
    "text",
    [
        f"def call0():\n    if unsure():\n{NAMES}\n",
        "def made(number):\n    for x in unsure():\n        if unsure():\n            yield x\n        yield x\ndef call0():\n"
        + "".join(f"    made({i})\n" for i in range(100)),
    ],
    ids=["names", "what a generator yields"],
)
def test_what_is_of_a_function_that_is_over_costs_nobody_anything(text: str) -> None:
    """However many branches are open around it."""

    def nested(depth: int) -> int:
        calls = "".join(f"def call{level}():\n    if unsure():\n        call{level - 1}()\n" for level in range(1, depth + 1))
        return steps(f"{text}{calls}def build():\n    call{depth}()\n", None)

    assert nested(1) > 2 * 100
    assert nested(11) - nested(1) < 10 * 20


@pytest.mark.parametrize("test", ["unsure()", "True", "x"])
def test_a_generator_gives_what_a_list_would(tmp_path: Path, test: str) -> None:
    branch = f"        for x in unsure():\n            if {test}:\n                %s\n            %s\n"
    listed = "        made = []\n" + branch % ("made.append(nn.Linear(2, 2))", "made.append(nn.ReLU())") + "        return made\n"
    yielded = branch % ("yield nn.Linear(2, 2)", "yield nn.ReLU()")
    graphs = []
    for number, body in enumerate((listed, yielded)):
        path = tmp_path / f"net{number}.py"
        net = "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.body = nn.Sequential(*self.make())\n"
        path.write_text(f"{HEAD}{net}    def make(self):\n{body}    def forward(self, x):\n        return self.body(x)\n")
        graphs.append(frontend.show(f"{path}:Net"))
    first, second = ([(p.name, p.shape, str(p.distribution), p.reason) for p in graph.parameters] for graph in graphs)
    assert first == second and first


def explore(heap: Heap, *branches: object) -> None:
    heap.explore(list(branches))  # type: ignore[arg-type]


def test_branches_that_raised_leave_no_garbage() -> None:
    class Thing(list[int]):
        pass

    made: list[weakref.ref[Thing]] = []
    heap = Heap(lambda count: None)

    def fail() -> None:
        thing = Thing()
        made.append(weakref.ref(thing))
        heap.touch(thing)
        raise TargetRaise("ValueError")

    usual = gc.isenabled()
    gc.disable()
    try:
        explore(heap, fail, lambda: None)
        with suppress(TargetRaise):
            explore(heap, fail, fail)
        assert [thing() for thing in made] == [None, None, None]
    finally:
        (gc.enable if usual else gc.disable)()


def test_a_container_is_copied_once_however_often_a_branch_changes_it() -> None:
    copies = 0

    class Counted(list[int]):
        def copy(self) -> list[int]:
            nonlocal copies
            copies += 1
            return list(self)

    heap, numbers = Heap(lambda count: None), Counted([1, 2])

    def grow() -> None:
        for number in range(100):
            heap.touch(numbers)
            numbers.append(number)

    explore(heap, grow, lambda: None)
    assert numbers[:2] == [1, 2] and len(numbers) == 102
    assert copies < 10


def test_what_branches_changed_in_the_middle_is_joined_there() -> None:
    heap, numbers, names = Heap(lambda count: None), [1, 2, 3], {"a": 1, "b": 2, "c": 3}

    def change() -> None:
        heap.touch(numbers)
        heap.touch(names)
        numbers[1], names["b"] = 5, 6
        numbers.append(4)
        names["d"] = 4

    explore(heap, change, lambda: None)

    def held(value: object) -> object:
        return value.values if isinstance(value, OneOf) else value

    assert [held(value) for value in numbers] == [1, [5, 2], 3, [4, ABSENT]]
    assert {key: held(value) for key, value in names.items()} == {"a": 1, "b": [6, 2], "c": 3, "d": [4, ABSENT]}
