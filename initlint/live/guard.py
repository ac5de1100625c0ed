"""Leave no trace: what a pass through a model changes is as it was afterwards."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode


@contextmanager
def untouched(model: Any) -> Iterator[None]:
    """Restore modes, buffers, gradients and parameters of ``model``, and every random state, when the block ends.

    Buffers are small and copied beforehand. Parameters are copied only if an operator is about to change one.
    """
    training = {module: module.training for module in model.modules()}
    buffers = [(buffer, buffer.detach().clone()) for buffer in model.buffers() if _has_memory(buffer)]
    gradients = [(parameter, parameter.grad) for parameter in model.parameters()]
    keeper = _Keeper(model)
    with random_states_kept():
        try:
            with keeper:
                yield
        finally:
            with torch.no_grad():
                for target, values in [*buffers, *keeper.saved.values()]:
                    target.copy_(values)
            for parameter, gradient in gradients:
                parameter.grad = gradient
            for module, flag in training.items():
                module.training = flag


@contextmanager
def random_states_kept() -> Iterator[None]:
    """Put back the states of torch's, Python's and NumPy's generators when the block ends."""
    numpy: Any = sys.modules.get("numpy")
    python, torch_cpu = random.getstate(), torch.get_rng_state()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() and torch.cuda.is_initialized() else None
    array = numpy.random.get_state() if numpy is not None else None
    try:
        yield
    finally:
        random.setstate(python)
        torch.set_rng_state(torch_cpu)
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)
        if array is not None:
            numpy.random.set_state(array)


class _Keeper(TorchDispatchMode):
    """Copies a parameter just before an operator writes to it."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.memory = {p.untyped_storage()._cdata: p.detach() for p in model.parameters() if _has_memory(p)}
        self.saved: dict[int, tuple[Any, Any]] = {}

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here: without this, torch loads its compiler for the first operator, which takes seconds."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func._schema.is_mutable:
            for argument, value in zip(func._schema.arguments, args, strict=False):
                if argument.alias_info is not None and argument.alias_info.is_write:
                    for tensor in value if isinstance(value, (list, tuple)) else (value,):
                        self._keep(tensor)
        return func(*args, **kwargs)

    def _keep(self, tensor: Any) -> None:
        if isinstance(tensor, torch.Tensor):
            key = tensor.untyped_storage()._cdata
            if key in self.memory and key not in self.saved:
                self.saved[key] = (self.memory[key], self.memory[key].clone())


def _has_memory(tensor: Any) -> bool:
    return tensor.device.type != "meta" and not isinstance(tensor, (torch.nn.parameter.UninitializedParameter, torch.nn.parameter.UninitializedBuffer))
