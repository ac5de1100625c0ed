"""What is constructed while one entry point runs."""

from __future__ import annotations

from typing import Any, Optional

from initlint.interpreter.framework import SeenBefore
from initlint.interpreter.values import Builtin, Class, External, Function, Instance, Partial, Storage


class Recorder:
    """Collects modules as their construction begins."""

    def __init__(self) -> None:
        self.instances: list[Instance] = []
        self.seen: Optional[set[Any]] = None
        """Keys of constructions that were analysed, and need not be again if only sizes differ."""

    def start(self, seen: Optional[set[Any]]) -> None:
        self.instances, self.seen = [], seen

    def stop(self) -> list[Instance]:
        self.seen = None
        return self.instances

    def born(self, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> None:
        """Record a module. Raises ``SeenBefore`` where the first one of a recording tells nothing new."""
        if self.seen is not None and not self.instances:
            key = (id(instance.cls), tuple(coarse(a) for a in args), tuple(sorted((k, coarse(v)) for k, v in kwargs.items())))
            if key in self.seen:
                raise SeenBefore
            self.seen.add(key)
        self.instances.append(instance)

    def recalled(self, made: list[Instance | Storage], births: list[Instance], later: int) -> None:
        """Record the modules among what a remembered call ``made`` anew, where everything happens ``later`` than it did then."""
        for one in made:
            if isinstance(one, Storage):
                one.events = tuple([event.later(later) if event.time else event for event in one.events])
            elif one.time:
                one.time += later
        self.instances += births


def coarse(value: Any, depth: int = 0) -> Any:
    """A value without its sizes: what decides the structure of a model."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (list, tuple)):
        return frozenset(coarse(v, depth + 1) for v in value)
    if isinstance(value, Instance) and depth < 3:
        attributes = frozenset((name, coarse(v, depth + 1)) for name, v in value.attrs.items() if not name.startswith("#"))
        return (id(value.cls), attributes)
    if isinstance(value, (Class, Function, Instance)):
        return id(value)
    if isinstance(value, Partial):
        return (coarse(value.func, depth + 1), frozenset((k, coarse(v, depth + 1)) for k, v in value.kwargs.items()))
    return value.name if isinstance(value, (External, Builtin)) else "#"
