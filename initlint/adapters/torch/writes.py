"""Writes to tensors: every one becomes an init event on the storage it reaches."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Optional

from initlint.findings import Site
from initlint.graph import InitEvent, Origin, tick
from initlint.interpreter.narrow import tested_variable
from initlint.interpreter.scope import called_from
from initlint.interpreter.values import Storage, Tensor
from initlint.symbolic import Number, Sym, sqrt
from initlint.theory.laws import Distribution, constant, custom

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter

Part = tuple[Any, Optional[Number], Optional[Distribution]]
"""A slice of a storage: its key, the share of entries it covers, and what it holds."""
Box = tuple[tuple[int, int], ...]
MOST_PARTS = 64
"""Slices of one tensor whose laws are told apart."""
MOST_ALIKE = 1024
"""The same where all hold one law, but do not lie side by side."""
INDEX = re.compile(r"(None|-?\d+):(None|-?\d+):None|(-?\d+)")
MANY: tuple[Part, ...] = (("many", None, None),)
"""The regions of a storage of which no more is known, until all of it is written."""


def write(
    interp: Interpreter,
    tensor: Tensor,
    initializer: str,
    origin: Origin,
    distribution: Optional[Distribution],
    site: Optional[Site],
    *,
    arguments: Optional[dict[str, Any]] = None,
    reason: str = "",
    elsewhere: Optional[Site] = None,
) -> None:
    """Record that ``tensor`` now holds ``distribution`` (None: not known, for ``reason``)."""
    storage = tensor.storage
    if tensor.parameter and site is not None and initializer.startswith("torch.Tensor."):
        interp.framework.changed_in_place(interp, tensor, initializer, site)
    if tensor.data is not None:
        interp.heap.set_field(tensor, "data", None)
    initializer, site = _helper(interp, tensor, initializer, site)
    guard, variable, routine = innermost_guard(interp)
    if guard is not None and origin is Origin.CALL:
        origin = Origin.LOOP
    event = InitEvent(
        initializer=initializer, origin=origin, distribution=distribution or custom(reason), site=site, arguments=arguments or {},
        partial=not tensor.whole, region=tensor.region if isinstance(tensor.region, str) else "", guard=guard, variable=variable,
        routine=routine, effective=not storage.recomputed, called=called_from(interp) if storage.recomputed else None, elsewhere=elsewhere, time=tick(),
    )  # fmt: skip
    if storage.recomputed and storage.origin is not None:
        storage = storage.origin
    interp.heap.touch_storage(storage)
    storage.twin = None
    storage.events = (*storage.events, event)
    if not event.effective:
        return
    if tensor.whole:
        storage.base = storage.distribution = distribution
        storage.regions = ()
        storage.reason = "" if distribution is not None else reason
    else:
        write_region(storage, tensor, distribution, reason)


def _helper(interp: Interpreter, tensor: Tensor, initializer: str, site: Optional[Site]) -> tuple[str, Optional[Site]]:
    """A write inside an imported function that was handed the tensor counts as a call of that function."""
    for frame in reversed(interp.routines):
        first = next(iter(frame.names.values()), None)
        if frame.owner is not None or not isinstance(first, Tensor) or first.storage is not tensor.storage or frame.caller is None:
            break
        outer, node = frame.caller
        if outer.module is not frame.module:
            return f"{frame.module.name}.{frame.qualname}", interp.site(node, outer)
    return initializer, site


def write_region(storage: Storage, tensor: Tensor, distribution: Optional[Distribution], reason: str) -> None:
    """Record that the part of ``storage`` that ``tensor`` views now holds ``distribution``."""
    if storage.regions == MANY:
        return
    if storage.regions and storage.regions[-1][2] == distribution:
        distribution = storage.regions[-1][2]  # equal laws of many parts are compared faster where they are one
    sizes = _sizes(storage.shape)
    box = _box(tensor.region, sizes)
    kept: list[Part] = []
    alike = True
    for part in storage.regions:
        other = _box(part[0], sizes)
        same = part[2] is distribution or part[2] == distribution
        if part[0] == tensor.region:
            continue
        if box is None or other is None or not _overlap(box, other):  # as nearly all, where there are many
            kept.append(part)
        elif _covers(box, other):
            continue
        elif same and _covers(other, box):
            return
        else:
            kept += _without(part, other, box)
        alike = alike and same
    if len(kept) >= (MOST_ALIKE if alike else MOST_PARTS):
        storage.regions = MANY
        storage.distribution, storage.reason = None, "too many slices are written, each with a law of its own"
        return
    storage.regions = (*_joined(kept, (tensor.region, tensor.share, distribution), sizes),)
    if storage.base is not None and storage.base == distribution and alike:
        storage.distribution = storage.base
        return
    storage.distribution = mixture(storage)
    storage.reason = "" if storage.distribution else reason or "only a part of it is written, which part is not known"


def law_of_part(storage: Storage, region: Any) -> Optional[Distribution]:
    """What a part of ``storage`` holds that was written as such, or as part of a larger one."""
    sizes = _sizes(storage.shape)
    box = _box(region, sizes)
    return next((law for key, _, law in storage.regions if key == region or _covers(_box(key, sizes), box)), None)


def _without(part: Part, box: Box, hole: Box) -> list[Part]:
    """What is left of a part under a hole: a slab on either side along every axis."""
    slabs = []
    inside = list(box)
    for axis, ((start, stop), (low, high)) in enumerate(zip(box, hole)):
        slabs += [(*inside[:axis], ends, *inside[axis + 1 :]) for ends in ((start, low), (high, stop)) if ends[0] < ends[1]]
        inside[axis] = (max(start, low), min(stop, high))
    return [(_key(slab), part[1] * _size(slab) / _size(box) if part[1] is not None else None, part[2]) for slab in slabs]


def _size(box: Box) -> int:
    return math.prod(last - first for first, last in box)


def _joined(parts: list[Part], new: Part, sizes: Optional[tuple[int, ...]]) -> list[Part]:
    """``parts`` with one more, as one with the last where that lies beside it and holds the same, as rows do that are filled in order."""
    last, box = parts[-1] if parts else MANY[0], _box(new[0], sizes)
    other = _box(last[0], sizes)
    if box is None or other is None or last[2] != new[2] or last[1] is None or new[1] is None:
        return [*parts, new]
    apart = [axis for axis, (left, right) in enumerate(zip(box, other)) if left != right]
    if len(apart) != 1:
        return [*parts, new]
    (start, stop), (first, end) = box[apart[0]], other[apart[0]]
    if start != end and stop != first:
        return [*parts, new]
    both = (*box[: apart[0]], (min(start, first), max(stop, end)), *box[apart[0] + 1 :])
    return _joined(parts[:-1], (_key(both), last[1] + new[1], new[2]), sizes)


def _key(box: Box) -> str:
    return ", ".join(f"{first}:{last}:None" for first, last in box)


def _sizes(shape: Optional[tuple[Number, ...]]) -> Optional[tuple[int, ...]]:
    """A shape that is known; nothing is told apart in others."""
    sizes = tuple(size for size in shape or () if isinstance(size, int) and size >= 0)
    return sizes if shape is not None and len(sizes) == len(shape) else None


def _box(region: Any, sizes: Optional[tuple[int, ...]]) -> Optional[Box]:
    """Per axis the entries a plain slice covers, from first to behind the last; None where that is not known."""
    return _covered(region, sizes) if isinstance(region, str) and sizes is not None else None


@lru_cache(maxsize=1 << 14)
def _covered(region: str, sizes: tuple[int, ...]) -> Optional[Box]:
    parts = [INDEX.fullmatch(part) for part in region.split(", ")]
    if len(parts) > len(sizes) or None in parts:
        return None
    axes = [slice(*(None if v == "None" else int(v) for v in m.group(1, 2))) if m[1] else slice(int(m[3]), int(m[3]) + 1 or None) for m in parts if m]
    ends = [one.indices(size)[:2] for one, size in zip([*axes, *[slice(None)] * (len(sizes) - len(axes))], sizes)]
    return tuple(ends)


def _covers(outer: Optional[Box], inner: Optional[Box]) -> bool:
    return outer is not None and inner is not None and all(a <= c and d <= b for (a, b), (c, d) in zip(outer, inner))


def _overlap(left: Box, right: Box) -> bool:
    for (a, b), (c, d) in zip(left, right):  # noqa: SIM110 - a generator takes twice as long, and thousands of slices are compared with one another
        if a >= d or c >= b or a >= b or c >= d:
            return False
    return True


def mixture(storage: Storage) -> Optional[Distribution]:
    """The law of an entry picked at random from a storage whose slices hold different laws."""
    shares: dict[int, Number] = {}
    laws: dict[int, Optional[Distribution]] = {}
    for _, share, distribution in storage.regions:
        if share is None or isinstance(share, Sym):
            return None
        shares[id(distribution)] = shares.get(id(distribution), 0) + share
        laws[id(distribution)] = distribution
    rest = 1 - sum(shares.values())
    if isinstance(rest, Sym) or rest < -1e-9:
        return None
    parts = [(share, laws[law]) for law, share in shares.items()]
    if rest > 1e-9:
        parts.append((rest, storage.base))
    return parts[0][1] if all(law == parts[0][1] for _, law in parts) else mix(parts)


def mix(parts: list[tuple[Number, Optional[Distribution]]]) -> Optional[Distribution]:
    """Mean, std and bounds of a mixture with the given shares."""
    mean: Number = 0
    second: Number = 0
    lows, highs = [], []
    for share, law in parts:
        if law is None or law.mean is None or law.std is None:
            return None
        mean = mean + share * law.mean
        second = second + share * (law.mean * law.mean + law.std * law.std)
        lows.append(law.low)
        highs.append(law.high)
    variance = second - mean * mean
    std = sqrt(variance if isinstance(variance, Sym) else max(variance, 0.0))
    low = min((v for v in lows if isinstance(v, (int, float))), default=None) if all(isinstance(v, (int, float)) for v in lows) else None
    high = max((v for v in highs if isinstance(v, (int, float))), default=None) if all(isinstance(v, (int, float)) for v in highs) else None
    return Distribution(kind="custom", mean=mean, std=std, low=low, high=high, law="parts with laws of their own")


def innermost_guard(interp: Interpreter) -> tuple[Optional[Site], str, str]:
    """The ``isinstance`` test that selected what is being written, the name it tests, and the function it stands in."""
    if interp.guards:
        test, frame = interp.guards[-1]
        return interp.site(test, frame), tested_variable(test), frame.qualname
    return None, "", interp.routines[-1].qualname if interp.routines else ""


def of_data(values: list[float]) -> Distribution:
    """The law of an entry picked at random from known numbers."""
    mean = math.fsum(values) / len(values)
    std = math.dist(values, [mean] * len(values)) / math.sqrt(len(values))
    if std == 0:
        return constant(mean)
    return Distribution(kind="custom", mean=mean, std=std, low=min(values), high=max(values), law="fixed numbers")


def current(tensor: Tensor) -> Optional[Distribution]:
    """What a view holds: the law of the whole storage where every entry shares it."""
    if tensor.whole:
        return tensor.storage.distribution
    return law_of_part(tensor.storage, tensor.region) if tensor.storage.regions else tensor.storage.base
