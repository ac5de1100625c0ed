"""Triton kernels: all moments of many tensors in two launches, each value read from memory once.

Tensors enter as a table of addresses, so a model of a thousand parameters takes no more launches than one of ten. ``spans`` cuts them
into spans of equal size, one program each: powers are summed in float32, a few dozen in each lane, and the lanes in float64. A span
for which that is not good enough (a value is not finite, a power overflows or vanishes, the mean hides the spread) is read again with all
sums in float64. ``finish`` adds the spans of each tensor and takes its digest. Nothing is atomic: the same values give the same numbers.

A row is eight float64: the sums of four powers, how many values are not zero, minimum, maximum, and how many are not finite; the others
leave those out. Written in Triton's language, a part of Python's; only ``fused`` imports it, where Triton is installed.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def spans(
    table,
    owners,
    partials,
    VALUE: tl.constexpr,
    SINGLE: tl.constexpr,
    ALIGNED: tl.constexpr,
    SPAN: tl.constexpr,
    BLOCK: tl.constexpr,
    UNROLLED: tl.constexpr,
    WIDE_BLOCK: tl.constexpr,
):
    """Write the row of one span of one tensor to ``partials``.

    ``table`` has three int64 for each tensor (address, number of values, first span), ``owners`` the number of the tensor of each span.
    ``SINGLE`` is whether float32 holds all values exactly.
    """
    span = tl.program_id(0)
    tensor = table + 3 * tl.load(owners + span)
    start = (span - tl.load(tensor + 2)) * SPAN
    length = tl.minimum(tl.load(tensor + 1) - start, SPAN).to(tl.int32)
    base = tl.load(tensor).to(tl.pointer_type(VALUE)) + start
    if ALIGNED:
        base = tl.multiple_of(base, 16)  # so that a thread loads 16 bytes at once
    row = partials + 8 * span
    if SINGLE:
        _quickly(base, length, row, BLOCK, UNROLLED, WIDE_BLOCK)
    else:
        _exactly(base, length, row, WIDE_BLOCK)


@triton.jit
def _quickly(base, length, row, BLOCK: tl.constexpr, UNROLLED: tl.constexpr, WIDE_BLOCK: tl.constexpr):
    """The row of a span with lanes summed in float32, where that is as good as any."""
    lanes = tl.arange(0, BLOCK)
    first = tl.zeros([BLOCK], tl.float32)
    second, third, fourth = first, first, first
    nonzero = tl.zeros([BLOCK], tl.int32)
    low = tl.full([BLOCK], float("inf"), tl.float32)
    high = -low
    whole = length // (UNROLLED * BLOCK) * (UNROLLED * BLOCK)
    for start in range(0, whole, UNROLLED * BLOCK):  # without a mask, which would break up wide loads
        a = tl.zeros([BLOCK], tl.float32)
        b, c, d = a, a, a
        for step in tl.static_range(UNROLLED):
            x = tl.load(base + start + step * BLOCK + lanes).to(tl.float32)
            a, b, c, d, nonzero = _added(x, a, b, c, d, nonzero)
            low = tl.minimum(low, x)
            high = tl.maximum(high, x)
        first += a
        second += b
        third += c
        fourth += d
    for start in range(whole, length, BLOCK):
        there = start + lanes < length
        x = tl.load(base + start + lanes, mask=there, other=0.0).to(tl.float32)
        first, second, third, fourth, nonzero = _added(x, first, second, third, fourth, nonzero)
        low = tl.minimum(low, tl.where(there, x, float("inf")))
        high = tl.maximum(high, tl.where(there, x, float("-inf")))
    total = tl.sum(first.to(tl.float64), 0)
    squares = tl.sum(second.to(tl.float64), 0)
    cubes = tl.sum(third.to(tl.float64), 0)
    fourths = tl.sum(fourth.to(tl.float64), 0)
    if (fourths < float("inf")) & (fourths > 1e-30) & (2 * total * total < squares * length):
        _store(row, total, squares, cubes, fourths, tl.sum(nonzero, 0), tl.min(low, 0), tl.max(high, 0), 0)
    else:
        _exactly(base, length, row, WIDE_BLOCK)


@triton.jit
def _exactly(base, length, row, WIDE_BLOCK: tl.constexpr):
    """The row of a span with all sums in float64, over the values that are finite."""
    lanes = tl.arange(0, WIDE_BLOCK)
    first = tl.zeros([WIDE_BLOCK], tl.float64)
    second, third, fourth = first, first, first
    nonzero = tl.zeros([WIDE_BLOCK], tl.int32)
    low = tl.full([WIDE_BLOCK], float("inf"), tl.float64)
    high = -low
    lost = nonzero
    for start in range(0, length, WIDE_BLOCK):
        there = start + lanes < length
        x = tl.load(base + start + lanes, mask=there, other=0.0).to(tl.float64)
        finite = tl.abs(x) < float("inf")
        low = tl.minimum(low, tl.where(there & finite, x, float("inf")))
        high = tl.maximum(high, tl.where(there & finite, x, float("-inf")))
        lost += tl.where(finite, 0, 1)
        first, second, third, fourth, nonzero = _added(tl.where(finite, x, 0.0), first, second, third, fourth, nonzero)
    _store(row, tl.sum(first, 0), tl.sum(second, 0), tl.sum(third, 0), tl.sum(fourth, 0), tl.sum(nonzero, 0), tl.min(low, 0), tl.max(high, 0), tl.sum(lost, 0))


@triton.jit
def _added(x, first, second, third, fourth, nonzero):
    """Each sum with one more value in every lane."""
    squared = x * x
    return first + x, second + squared, third + squared * x, fourth + squared * squared, nonzero + (x != 0.0).to(tl.int32)


@triton.jit
def _store(row, total, squares, cubes, fourths, nonzero, low, high, lost):
    """Write a row."""
    tl.store(row, total)
    tl.store(row + 1, squares)
    tl.store(row + 2, cubes)
    tl.store(row + 3, fourths)
    tl.store(row + 4, nonzero)
    tl.store(row + 5, low)
    tl.store(row + 6, high)
    tl.store(row + 7, lost)


@triton.jit
def finish(
    table,
    partials,
    rows,
    BITS: tl.constexpr,
    SPAN: tl.constexpr,
    MERGED: tl.constexpr,
    SAMPLED: tl.constexpr,
    MIX: tl.constexpr,
):
    """Write the row of one tensor to ``rows``, and behind it the digest, an int64."""
    owner = tl.program_id(0)
    address, count, begin = tl.load(table + 3 * owner), tl.load(table + 3 * owner + 1), tl.load(table + 3 * owner + 2)
    lanes = tl.arange(0, MERGED)
    number = ((count + SPAN - 1) // SPAN).to(tl.int32)
    first = tl.zeros([MERGED], tl.float64)
    second, third, fourth, nonzero, lost = first, first, first, first, first
    low = tl.full([MERGED], float("inf"), tl.float64)
    high = -low
    for start in range(0, number, MERGED):
        there = start + lanes < number
        part = partials + 8 * (begin + start + lanes)
        first += tl.load(part, mask=there, other=0.0)
        second += tl.load(part + 1, mask=there, other=0.0)
        third += tl.load(part + 2, mask=there, other=0.0)
        fourth += tl.load(part + 3, mask=there, other=0.0)
        nonzero += tl.load(part + 4, mask=there, other=0.0)
        low = tl.minimum(low, tl.load(part + 5, mask=there, other=float("inf")))
        high = tl.maximum(high, tl.load(part + 6, mask=there, other=float("-inf")))
        lost += tl.load(part + 7, mask=there, other=0.0)
    row = rows + 9 * owner
    _store(row, tl.sum(first, 0), tl.sum(second, 0), tl.sum(third, 0), tl.sum(fourth, 0), tl.sum(nonzero, 0), tl.min(low, 0), tl.max(high, 0), tl.sum(lost, 0))
    samples = tl.arange(0, SAMPLED).to(tl.int64)
    places = samples * ((count + SAMPLED - 1) // SAMPLED)
    bits = tl.load(address.to(tl.pointer_type(BITS)) + places, mask=places < count, other=0).to(tl.int64)
    mixed = (bits ^ (bits >> 7)) * ((samples + 1) * MIX)
    tl.store((row + 8).to(tl.pointer_type(tl.int64)), tl.sum(mixed, 0))
