"""What the interpreter asks of a framework. The base class is the answer of plain Python: nothing is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.interpreter.scope import Frame
from initlint.interpreter.values import ABSENT, Class, External, Function, Instance, Storage, Tensor, Unknown

if TYPE_CHECKING:
    from initlint.findings import Site
    from initlint.interpreter.calls import Call
    from initlint.interpreter.core import Interpreter


class SeenBefore(Exception):
    """A construction that differs from an earlier one only in sizes."""


class Framework:
    """Hooks for libraries whose source is not read. An adapter overrides what it knows."""

    max_depth = 60

    def takes_sizes(self, func: Any) -> bool:
        """Whether a function is given sizes alone, so that it can be called though nobody knows how many there are."""
        return False

    # ---- names ----

    def knows(self, dotted: str) -> bool:
        """Whether a dotted name belongs to a library this adapter describes."""
        return False

    def starred(self, module: str, name: str) -> Any:
        """A name that ``from module import *`` of a described library binds, or ABSENT."""
        return ABSENT

    def external(self, dotted: str) -> Any:
        """The value of a library's name: a class from a table, a constant, or the name itself."""
        return External(dotted)

    def call_external(self, name: str, call: Call) -> Any:
        """A call of a library function."""
        return call.interp.call_blind(External(name), call.node, call.frame, f"{name} is not followed", call.args, call.kwargs)

    def escape(self, interp: Interpreter, func: Any, values: list[Any], reason: str, frame: Frame, node: p.Node) -> Any:
        """Values were handed to code that cannot be followed."""
        return Unknown(reason)

    def mistake(self, interp: Interpreter, kind: str, node: p.Node, frame: Frame, text: str, **detail: Any) -> None:
        """The analysed code does something else here than it says."""

    def called_alone(self, interp: Interpreter, func: Function, names: dict[str, Any], frame: Frame, node: p.Node) -> Optional[Callable[[], None]]:
        """A function is called in a statement that drops its result; ``names`` are its arguments. What comes back is called when it is done."""
        return None

    def filled(self, func: Function, call: Call) -> None:
        """A function of the analysed code was handed a tensor."""

    def names_walked(self, interp: Interpreter, loop: p.For, items: list[Any], frame: Frame) -> None:
        """A loop is about to run over pairs of names and what they name."""

    # ---- classes and objects ----

    def extra_fields(self, cls: Class) -> tuple[str, ...]:
        """Fields that a class of fields takes from its framework, by keyword only."""
        return ()

    def is_root(self, cls: Class) -> bool:
        """Whether ``cls`` is a base class of the framework that owns no table entry."""
        return False

    def is_module(self, instance: Instance) -> bool:
        return False

    def is_instance(self, value: Any, cls: Class) -> Optional[bool]:
        """``isinstance`` of a value that is no object of the analysed code."""
        return False

    def is_external_instance(self, value: Any, name: str) -> Optional[bool]:
        return None

    def born(self, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> None:
        """An object of an analysed class is about to be constructed."""

    def births(self) -> list[Instance]:
        """The objects of analysed classes whose construction began, as far as anybody keeps count."""
        return []

    def drawn(self) -> int:
        """How many initializers have run."""
        return 0

    def mark(self) -> Any:
        """The moment at which a call begins that may be remembered."""

    def account(self, mark: Any, memo: dict[int, Any]) -> Any:
        """What happened since ``mark``, told of the copies in ``memo``."""

    def recalled(self, made: list[Instance | Storage], births: list[Instance], account: Any, memo: dict[int, Any]) -> None:
        """A remembered call ``made`` things anew, of which ``births`` count as births; its ``account`` is to be told of the copies in ``memo``."""

    def hidden_state(self) -> Any:
        """What construction changes besides the objects themselves: a call that leaves it alone may be remembered."""
        return None

    def may_recall(self) -> bool:
        """Whether a call may be answered from memory here."""
        return True

    def construct_layer(
        self, interp: Interpreter, instance: Instance, owner: Class, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node
    ) -> None:
        """Run the constructor of a framework class on ``instance``."""

    def constructed(self, interp: Interpreter, instance: Instance, frame: Frame, node: p.Node) -> None:
        """The constructor of an object has run."""

    def constructed_blind(self, interp: Interpreter, instance: Instance, owner: Class, args: list[Any], kwargs: dict[str, Any]) -> None:
        """A constructor that was not read ran on ``instance``."""

    def failed_construction(self, interp: Interpreter, instance: Instance, reason: str) -> None:
        """The constructor could not be called as written."""

    def run_module(self, interp: Interpreter, instance: Instance, call: Call) -> Any:
        """``module(x)``."""
        return Unknown("calls a module")

    def call_object(self, interp: Interpreter, instance: Instance, call: Call) -> Any:
        """``object(…)`` of an object of a library that is no module, or ABSENT."""
        return ABSENT

    def module_attribute(self, interp: Interpreter, instance: Instance, name: str, frame: Frame, node: p.Node) -> Any:
        """An attribute every module has, or ABSENT."""
        return ABSENT

    def signature(self, cls: Class) -> list[tuple[str, str, Any]]:
        """Name, kind and default of what a class from a table is constructed with."""
        return []

    def missing_attribute(self, interp: Interpreter, instance: Instance, name: str, frame: Frame, node: p.Node) -> None:
        """An object whose classes were all read has no such attribute."""

    def attribute_of_none(self, interp: Interpreter, name: str, frame: Frame, node: p.Node) -> None:
        """``None`` is asked for an attribute."""

    def class_attribute(self, interp: Interpreter, cls: Class, name: str) -> Any:
        return ABSENT

    def set_module_attribute(self, interp: Interpreter, instance: Instance, name: str, new: Any, frame: Frame, node: p.Node) -> None:
        interp.heap.set_item(instance.attrs, name, new)

    def instance_truth(self, instance: Instance) -> Optional[bool]:
        return True

    def iterate(self, instance: Instance) -> Optional[list[Any]]:
        return None

    def container_keys(self, instance: Instance) -> Optional[list[str]]:
        return None

    def container_item(self, interp: Interpreter, instance: Instance, index: Any) -> Any:
        return Unknown(f"an item of a {instance.cls.name}")

    def set_container_item(self, interp: Interpreter, instance: Instance, index: Any, new: Any, frame: Frame, node: p.Node) -> None:
        """``module[index] = new``."""

    def delete_container_item(self, interp: Interpreter, instance: Instance, index: Any) -> None:
        """``del module[index]``."""

    # ---- tensors ----

    def binary(self, interp: Interpreter, op: str, left: Any, right: Any, frame: Frame, node: p.Node) -> Any:
        return Unknown("arithmetic on tensors")

    def compare(self, op: str, left: Tensor, right: Any) -> Any:
        """``tensor < value``."""
        return Unknown("compares tensors")

    def add(self, interp: Interpreter, left: Any, right: Any) -> Any:
        """``module + module``, or ABSENT."""
        return ABSENT

    def inplace(self, interp: Interpreter, op: str, left: Tensor, right: Any, frame: Frame, node: p.Node) -> None:
        """``tensor op= value``."""

    def changed_in_place(self, interp: Interpreter, value: Tensor, name: str, site: Site) -> None:
        """A method or operator ``name`` wrote into a parameter."""

    def tensor_attribute(self, interp: Interpreter, value: Tensor, name: str, frame: Frame, node: p.Node) -> Any:
        return Unknown("an attribute of a tensor")

    def set_tensor_attribute(self, interp: Interpreter, value: Tensor, name: str, new: Any, frame: Frame, node: p.Node) -> None:
        """``tensor.name = new``."""

    def tensor_item(self, interp: Interpreter, value: Tensor, index: Any, frame: Frame, node: p.Node) -> Any:
        return Unknown("an item of a tensor")

    def set_tensor_item(self, interp: Interpreter, value: Tensor, index: Any, new: Any, frame: Frame, node: p.Node) -> None:
        """``tensor[index] = new``."""

    def rows(self, value: Tensor) -> Optional[list[Any]]:
        """What iterating a tensor yields."""
        return None

    def unpack(self, value: Tensor, count: int) -> Optional[list[Any]]:
        """``a, b = tensor``."""
        return None
