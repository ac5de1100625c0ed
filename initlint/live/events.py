"""From the stack at the moment of a write to the event that the graph keeps: what wrote, on which line, under which law."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import torch

from initlint.findings import Site
from initlint.graph import InitEvent, Origin, tick
from initlint.live import arithmetic, frames, layers, sources
from initlint.live.ledger import Ledger, is_whole
from initlint.overlays.torch_init import INITIALIZERS
from initlint.theory.laws import Distribution, custom

CONSTRUCTORS = ("__init__",)
RESETS = ("reset_parameters", "_reset_parameters")
LOADERS = ("_load_from_state_dict", "load_state_dict")


@dataclass(frozen=True, slots=True)
class _Writer:
    """What wrote, before it is known whether a helper of the user's stands in between."""

    initializer: str
    origin: Origin
    law: Distribution | None
    reason: str
    passed: dict[str, Any] = field(default_factory=dict)
    call: int = 0
    """Identity of the running call, so that all its writes are one event; 0 for a single operator."""


def record_write(ledger: Ledger, tensor: Any, name: str, given: dict[str, Any], known: arithmetic.Law) -> None:
    """Add the event of one in-place operator to the memory it changed."""
    stack = frames.stack()
    if layers.is_upkeep(stack.inner):
        return
    source = given.get("src")
    if isinstance(source, torch.Tensor) and any(frame.f_code.co_name == "__deepcopy__" for frame in stack.inner):
        original = ledger.record(source)
        made = ledger.start(tensor, *known, original.events)
        made.twin, made.copied = original.twin or original, line()
        return
    writer = _writer(stack, name.rstrip("_"), ledger.assigning, known)
    event = event_of(stack, tensor, writer.initializer, writer.origin, writer.law, writer.reason, writer.passed)
    call = writer.call
    if event.initializer != writer.initializer and stack.users:
        call = call or _helper_call(stack, tensor)
    ledger.write(tensor, event, writer.law, writer.reason, call)


def _writer(stack: frames.Stack, name: str, assigning: bool, known: arithmetic.Law) -> _Writer:
    """Who runs the in-place operator ``name``: a checkpoint, a layer's default, an initializer, or the user directly."""
    law, reason = known
    if frames.method(stack.inner, *LOADERS) is not None:
        return _Writer("torch.nn.Module.load_state_dict", Origin.LOAD, None, "loaded from a checkpoint")
    frame = frames.initializer(stack.inner)
    passed = frames.arguments(frame) if frame is not None else {}
    call = id(frame) if frame is not None else 0
    if frame is not None:
        law, reason = _law_of_initializer(frame, passed, law, reason)
    layer = frames.method(stack.inner, *CONSTRUCTORS) or frames.method(stack.inner, *RESETS)
    if layer is not None:
        owner = layers.public_name(type(layer[0]))
        return _Writer(owner if layer[1] in CONSTRUCTORS else f"{owner}.{layer[1]}", Origin.DEFAULT, law, reason, call=call)
    if frame is not None:
        return _Writer(f"torch.nn.init.{frame.f_code.co_name}", Origin.CALL, law, reason, passed, call)
    if assigning:
        return _Writer("torch.Tensor.__setitem__", Origin.COPY, law, reason)
    return _Writer(f"torch.Tensor.{name}_", Origin.COPY if name == "copy" else Origin.FILL, law, reason)


def event_of(
    stack: frames.Stack, tensor: Any, initializer: str, origin: Origin, law: Distribution | None, reason: str, passed: dict[str, Any] | None = None
) -> InitEvent:
    """The event of a write, told from the user's point of view: a helper that was handed the tensor counts as the initializer."""
    users = stack.users
    if origin is not Origin.DEFAULT:
        users, helper = _through_helpers(users, tensor)
        initializer = helper or initializer
    site = frames.site(users[0]) if users else None
    guard, variable, routine = _guard(users)
    if guard is not None and origin is Origin.CALL:
        origin = Origin.LOOP
    arguments = {name: value for name, value in (passed or {}).items() if not isinstance(value, torch.Tensor) and not _is_default(initializer, name, value)}
    return InitEvent(
        initializer=initializer, origin=origin, distribution=law or custom(reason), site=site, arguments=arguments,
        partial=not is_whole(tensor), guard=guard, variable=variable, routine=routine, time=tick(),
    )  # fmt: skip


def _through_helpers(users: list[FrameType], tensor: Any) -> tuple[list[FrameType], str]:
    """The user's frames from the call of an imported helper outwards, and that helper's name."""
    for number, (frame, outer) in enumerate(frames.caller(users)):
        first = frames.first_argument(frame)
        if not isinstance(first, torch.Tensor) or first.untyped_storage()._cdata != tensor.untyped_storage()._cdata:
            break
        if outer.f_code.co_filename != frame.f_code.co_filename:
            return users[number + 1 :], f"{frame.f_globals.get('__name__', '')}.{frame.f_code.co_name}"
    return users, ""


def _helper_call(stack: frames.Stack, tensor: Any) -> int:
    """The identity of the running call of the helper that ``_through_helpers`` names."""
    rest, _ = _through_helpers(stack.users, tensor)
    return id(stack.users[len(stack.users) - len(rest) - 1])


def _guard(users: list[FrameType]) -> tuple[Any, str, str]:
    """The ``isinstance`` test that selected what is written, its variable, and the function it stands in."""
    routine = ""
    for frame in users:
        path = frame.f_code.co_filename
        if path.startswith("<"):
            continue
        around = sources.context(path, frame.f_lineno, frames.shown(path))
        routine = routine or around.routine
        if around.guard is not None:
            return around.guard, around.variable, around.routine
    return None, "", routine


def law_of_write(ledger: Ledger, name: str, given: dict[str, Any]) -> arithmetic.Law:
    """The law an in-place operator leaves, asked before it runs."""
    target = next(iter(given.values()), None)
    shape = tuple(target.shape) if isinstance(target, torch.Tensor) else ()
    return arithmetic.written(name.removesuffix("_"), given, shape, ledger.law)


def _law_of_initializer(frame: FrameType, passed: dict[str, Any], law: Distribution | None, reason: str) -> arithmetic.Law:
    """The law by the table of initializers, from the arguments the running one was called with."""
    entry = INITIALIZERS.get(f"torch.nn.init.{frame.f_code.co_name}")
    tensor = passed.get("tensor")
    if entry is None or not isinstance(tensor, torch.Tensor):
        return law, reason
    return arithmetic.drawn(entry, tuple(tensor.shape), passed)


def _is_default(initializer: str, name: str, value: Any) -> bool:
    entry = INITIALIZERS.get(initializer)
    return entry is not None and layers.default_of(entry.signature, name) == value


def line() -> Site | None:
    """The user's line at this moment."""
    users = frames.stack().users
    return frames.site(users[0]) if users else None
