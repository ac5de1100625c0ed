"""Deep copies of values, as ``copy.deepcopy`` makes them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from initlint.interpreter.values import Instance, Method, OneOf, Partial, Repeat, Storage, Tensor


def deep_copy(value: Any, memo: dict[int, Any]) -> Any:
    """``value`` with every mutable part copied once."""
    if id(value) in memo:
        return memo[id(value)]
    if isinstance(value, Instance):
        return _instance(value, memo)
    if isinstance(value, Tensor):
        made = replace(value, storage=deep_copy(value.storage, memo), attrs=dict(value.attrs))
        memo[id(value)] = made
        return made
    if isinstance(value, Storage):
        made_storage = replace(value, twin=value.twin or value)
        memo[id(value)] = made_storage
        made_storage.origin = deep_copy(value.origin, memo)
        return made_storage
    if isinstance(value, list):
        made_list: list[Any] = []
        memo[id(value)] = made_list
        made_list.extend(deep_copy(v, memo) for v in value)
        return made_list
    if isinstance(value, tuple):
        return tuple(deep_copy(v, memo) for v in value)
    if isinstance(value, dict):
        made_dict: dict[Any, Any] = {}
        memo[id(value)] = made_dict
        made_dict.update({k: deep_copy(v, memo) for k, v in value.items()})
        return made_dict
    if isinstance(value, OneOf):
        return OneOf([deep_copy(v, memo) for v in value.values])
    if isinstance(value, Repeat):
        return Repeat(deep_copy(value.value, memo))
    if isinstance(value, Method):
        return Method(value.function, deep_copy(value.receiver, memo))
    if isinstance(value, Partial):
        return Partial(value.func, deep_copy(value.args, memo), deep_copy(value.kwargs, memo))
    return value


def shallow_copy(value: Instance) -> Instance:
    """Another object with the same attributes, children and parameters."""
    made = Instance(value.cls, site=value.site, arguments=value.arguments)
    for name in ("parameters", "buffers", "modules", "attrs"):
        getattr(made, name).update(getattr(value, name))
    return made


def _instance(value: Instance, memo: dict[int, Any]) -> Instance:
    made = Instance(value.cls, site=value.site, arguments=value.arguments)
    memo[id(value)] = made
    for name in ("parameters", "buffers", "modules", "attrs"):
        getattr(made, name).update({k: deep_copy(v, memo) for k, v in getattr(value, name).items()})
    return made
