"""Models too large to hold: built on ``meta``, where tensors have no memory, and filled one parameter at a time.

While such a model is built, the operators that write to each piece of memory are kept with their arguments. Running them
again on real memory draws one parameter as the model would have, whatever the size of the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from initlint.interpreter.values import Storage

CANNOT_SEE = (
    "built on meta and drawn one parameter at a time: values copied or computed from other tensors are not measured, "
    "and neither copies between layers, nor the seed's reach over the whole model, nor signals are seen"
)


@dataclass(frozen=True, slots=True)
class Step:
    """One operator on a part of the memory, or one that makes it."""

    operator: Any
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    place: tuple[Any, Any, int] | None
    """Sizes, strides and offset of what it overwrites; None for an operator that makes the whole."""

    def run(self, memory: Any) -> None:
        """Do again on ``memory``, which is flat, what was done on meta."""
        if self.place is None:
            memory.copy_(self.operator(*self.arguments, **{**self.keywords, "device": memory.device}).flatten())
        else:
            self.operator(memory.as_strided(*self.place), *self.arguments, **self.keywords)


class Script:
    """The operators that make each piece of memory, by its record; None where they cannot be run alone."""

    def __init__(self) -> None:
        self.steps: dict[int, tuple[Storage, list[Step] | None]] = {}
        """Records are kept beside their steps, so that no other takes their identity."""

    def made(self, record: Storage, operator: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], *, known: bool) -> None:
        """New memory: by a factory that needs no other tensor (``known``), or by anything else."""
        usable = known and _is_plain((*arguments, *keywords.values()))
        self.steps[id(record)] = (record, [Step(operator, arguments, keywords, None)] if usable else None)

    def bare(self, record: Storage) -> None:
        """New memory that nothing fills yet."""
        self.steps[id(record)] = (record, [])

    def copied(self, record: Storage, source: Storage) -> None:
        """New memory with the values of other memory."""
        steps = self.of(source)
        self.steps[id(record)] = (record, None if steps is None else list(steps))

    def written(self, record: Storage, tensor: Any, operator: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        """One more write to memory that is known."""
        steps = self.of(record)
        if steps is None or not _is_plain((*arguments, *keywords.values())):
            self.steps[id(record)] = (record, None)
        else:
            steps.append(Step(operator, arguments, keywords, (tuple(tensor.shape), tensor.stride(), tensor.storage_offset())))

    def of(self, record: Storage) -> list[Step] | None:
        """The steps that make the memory of ``record``."""
        return self.steps.get(id(record), (record, None))[1]

    def draw(self, tensor: Any, record: Storage, device: Any) -> Any:
        """A real tensor like ``tensor``, drawn as the model would have drawn it; None where that takes more than it alone."""
        steps = self.of(record)
        if steps is None:
            return None
        memory = torch.full((tensor.numel(),), float("nan"), dtype=tensor.dtype, device=device)
        with torch.no_grad():
            for step in steps:
                step.run(memory)
        return memory.view(tensor.shape)


def _is_plain(values: tuple[Any, ...]) -> bool:
    """Whether no tensor without memory is among ``values``."""
    return not any(isinstance(value, torch.Tensor) and value.device.type == "meta" for value in values)
