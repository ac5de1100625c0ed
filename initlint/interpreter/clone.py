"""Deep copies of values, as ``copy.deepcopy`` makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional

from initlint.interpreter.values import Instance, Method, OneOf, Partial, Repeat, Storage, Tensor

ATOMS = frozenset({type(None), bool, int, float, str})


def deep_copy(value: Any, memo: dict[int, Any], fresh: Optional[Callable[[Instance | Storage], None]] = None) -> Any:
    """``value`` with every mutable part copied once.

    With ``fresh`` the result is no copy to the analysed code but a thing made anew; ``fresh`` hears of every object and storage in it.
    """
    if type(value) in ATOMS:
        return value
    known = memo.get(id(value))
    if known is not None:
        return known
    if isinstance(value, Instance):
        return value if value.cls.derives("enum.Enum") else _instance(value, memo, fresh)
    if isinstance(value, Tensor):
        made = Tensor(
            deep_copy(value.storage, memo, fresh), value.shape, value.whole, value.parameter, value.buffer, value.requires_grad, value.op, value.region,
            value.share, value.data, value.transposed, dict(value.attrs),
        )  # fmt: skip
        memo[id(value)] = made
        return made
    if isinstance(value, Storage):
        made_storage = Storage(
            value.shape, value.events, value.distribution, value.reason, value.base, value.regions, value.recomputed, value.origin, value.empty,
            value.twin or value, value.copied, value.copies if value.twin is not None else (), value.sources,
        )  # fmt: skip
        memo[id(value)] = made_storage
        if fresh is not None:
            made_storage.twin = deep_copy(value.twin, memo, fresh)
            fresh(made_storage)
        made_storage.origin = deep_copy(value.origin, memo, fresh)
        return made_storage
    if isinstance(value, list):
        made_list: list[Any] = []
        memo[id(value)] = made_list
        made_list.extend(deep_copy(v, memo, fresh) for v in value)
        return made_list
    if isinstance(value, tuple):
        return tuple(deep_copy(v, memo, fresh) for v in value)
    if isinstance(value, dict):
        made_dict: dict[Any, Any] = {}
        memo[id(value)] = made_dict
        made_dict.update({k: deep_copy(v, memo, fresh) for k, v in value.items()})
        return made_dict
    if isinstance(value, set):
        return set(value)
    if isinstance(value, OneOf):
        return OneOf([deep_copy(v, memo, fresh) for v in value.values])
    if isinstance(value, Repeat):
        return Repeat(deep_copy(value.value, memo, fresh))
    if isinstance(value, Method):
        return Method(value.function, deep_copy(value.receiver, memo, fresh))
    if isinstance(value, Partial):
        return Partial(value.func, deep_copy(value.args, memo, fresh), deep_copy(value.kwargs, memo, fresh))
    return value


def shallow_copy(value: Instance) -> Instance:
    """Another object with the same attributes, children and parameters."""
    made = Instance(value.cls, site=value.site, arguments=value.arguments)
    for name in ("parameters", "buffers", "modules", "attrs"):
        getattr(made, name).update(getattr(value, name))
    return made


def _instance(value: Instance, memo: dict[int, Any], fresh: Optional[Callable[[Instance | Storage], None]]) -> Instance:
    made = Instance(value.cls, site=value.site, arguments=value.arguments)
    memo[id(value)] = made
    if fresh is not None:
        made.time = value.time
        fresh(made)
    for copy, registry in ((made.parameters, value.parameters), (made.buffers, value.buffers), (made.modules, value.modules), (made.attrs, value.attrs)):
        if registry:
            copy.update({k: v if type(v) in ATOMS else deep_copy(v, memo, fresh) for k, v in registry.items()})
    return made
