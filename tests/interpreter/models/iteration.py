# mypy: ignore-errors
# ruff: noqa
"""Comprehensions, itertools, generators, loops."""

from __future__ import annotations

import itertools
import math
from functools import reduce
from itertools import chain, product
from operator import mul

import torch
from torch import nn


class Comprehensions(nn.Module):
    def __init__(self, widths=(32, 48, 64)):
        super().__init__()
        self.a = nn.ModuleList([nn.Linear(i, o) for i, o in zip(widths, widths[1:])])
        self.b = nn.ModuleDict({f"k{i}": nn.Linear(w, w) for i, w in enumerate(widths) if w != 48})
        self.c = nn.Sequential(*(nn.Linear(w, v) for w in widths for v in (2, 3) if w > 32))
        self.d = nn.Linear(sum(w for w in widths), max([w // 2 for w in widths]))
        self.e = nn.ModuleList([nn.ModuleList([nn.Linear(r + 1, c + 1) for c in range(2)]) for r in range(2)])
        self.f = nn.Linear(len({w % 32 for w in widths}), min(widths))
        pairs = list(zip(*[(1, 2), (3, 4)]))
        self.g = nn.Linear(*pairs[1])
        n = 100
        _ = [n for n in range(3)]
        self.h = nn.Linear(n, 1)


class Itertools(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.ModuleList([nn.Linear(i, o) for i, o in product((2, 3), (4, 5))])
        self.b = nn.ModuleList([nn.Linear(w, w) for w in chain([1, 2], (3,))])
        self.c = nn.ModuleList([nn.Linear(w, w) for w in itertools.chain.from_iterable([[1], [2, 3]])])
        self.d = nn.ModuleList([nn.Linear(a, b) for a, b in itertools.pairwise([2, 3, 4])])
        self.e = nn.ModuleList([nn.Linear(a, b) for a, b in itertools.combinations([2, 3, 4], 2)])
        self.f = nn.ModuleList([nn.Linear(a, b) for a, b in zip(itertools.repeat(7), range(1, 3))])
        self.g = nn.ModuleList([nn.Linear(a, b) for a, b in itertools.zip_longest([1, 2], [3], fillvalue=9)])
        self.h = nn.ModuleList([nn.Linear(a, a) for a in itertools.accumulate([1, 2, 3])])
        self.i = nn.ModuleList([nn.Linear(a, a) for a in itertools.islice(range(1, 100), 2, 5)])
        self.j = nn.Linear(reduce(mul, [2, 3, 4], 1), reduce(lambda a, b: a + b, [1, 2]))
        self.k = nn.ModuleList([nn.Linear(a, b) for a, b in zip(itertools.count(3), [1, 1])])
        self.l = nn.ModuleList([nn.Linear(a, b) for a, b in zip(itertools.cycle([1, 2]), [5, 6, 7])])
        self.m = nn.ModuleList([nn.Linear(a, b) for a, b in itertools.permutations([2, 3])])
        self.n = nn.ModuleList([nn.Linear(a, 1) for a in itertools.takewhile(lambda v: v < 4, [2, 3, 4, 5])])
        self.o = nn.ModuleList(itertools.starmap(nn.Linear, [(2, 3), (4, 5)]))
        self.p = nn.ModuleList([nn.Linear(a, 1) for a in itertools.compress([2, 3, 4], [1, 0, 1])])


class Sorting(nn.Module):
    def __init__(self):
        super().__init__()
        table = {"b": 3, "a": 5, "c": 1}
        self.a = nn.ModuleList([nn.Linear(table[k], 2) for k in sorted(table)])
        self.b = nn.ModuleList([nn.Linear(v, 2) for k, v in sorted(table.items(), key=lambda kv: kv[1])])
        self.c = nn.ModuleList([nn.Linear(v, 2) for v in sorted(table.values(), reverse=True)])
        self.d = nn.Linear(max(table, key=table.get) == "a" and 7, min(table.items(), key=lambda kv: kv[1])[1])
        order = [3, 1, 2]
        order.sort(reverse=True)
        order.insert(0, 9)
        order.remove(1)
        self.e = nn.ModuleList([nn.Linear(v, v) for v in order])
        order.reverse()
        self.f = nn.ModuleList([nn.Linear(v, v) for v in order[::-1][1:]])
        self.g = nn.Linear(order.index(9) + 1, order.count(3) + 1)
        first, *middle, last = [2, 3, 4, 5]
        self.h = nn.ModuleList([nn.Linear(first, last), nn.Linear(*middle)])
        (a, b), [c, d] = (1, 2), (3, 4)
        self.i = nn.Linear(a + b, c * d)
        self.j = nn.Linear(*map(int, "3 4".split()))
        self.k = nn.ModuleList(filter(None, [nn.Linear(1, 1), None, nn.Linear(2, 2)]))
        self.l = nn.ModuleList(map(lambda n: nn.Linear(n, n), reversed([1, 2, 3])))
        self.m = nn.Linear(any(v > 4 for v in order) + 1, all(v > 4 for v in order) + 3)
        self.n = nn.Linear(*divmod(17, 5))


class Iterators(nn.Module):
    def __init__(self):
        super().__init__()
        it = iter([3, 4, 5])
        self.a = nn.Linear(next(it), next(it))
        self.b = nn.Linear(next(it), next(it, 8))
        widths = self.widths(4)
        self.c = nn.Linear(next(widths), next(widths))
        self.d = nn.ModuleList([nn.Linear(w, 1) for w in widths])
        self.e = nn.ModuleList(self.blocks())
        stack = [1, 2, 3]
        self.f = nn.Linear(stack.pop(), stack.pop(0))
        self.g = nn.Linear(len(stack), 5)

    @staticmethod
    def widths(n):
        for i in range(n):
            if i == 1:
                continue
            yield 2**i + 1
        yield 50

    def blocks(self):
        yield nn.Linear(2, 2)
        yield from (nn.Linear(w, w) for w in (3, 4))
        for w in self.widths(2):
            yield nn.Linear(w, 1)


class Loops(nn.Module):
    def __init__(self, size=64, start=8):
        super().__init__()
        layers = []
        width = start
        while size > 4:
            layers.append(nn.Conv2d(width, width * 2, 4, 2, 1))
            size //= 2
            width *= 2
        else:
            layers.append(nn.Conv2d(width, 3, 1))
        self.body = nn.Sequential(*layers)
        total = 0
        for i in range(10):
            if i == 2:
                continue
            if i == 5:
                break
            total += i
        else:
            total = 1000
        self.total = nn.Linear(total, 2)
        for n in range(7, 1, -2):
            setattr(self, f"down{n}", nn.Linear(n, n))
        while True:
            total -= 1
            if total < 5:
                break
        self.rest = nn.Linear(total, int(math.log2(width)))
        if (n := len(layers)) > 3:
            self.walrus = nn.Linear(n, n)
        self.deep = self.nest(3, 16)

    def nest(self, depth, width):
        if depth == 0:
            return nn.Linear(width, width)
        return nn.Sequential(nn.Linear(width, width // 2), self.nest(depth - 1, width // 2))


class WidthsOfStages(nn.Module):
    """Widths computed as tensors, rounded, and counted by stage."""

    def __init__(self, first=24, slope=24.5, depth=9):
        super().__init__()
        widths = torch.round((torch.arange(depth, dtype=torch.float32) * slope + first) / 32) * 32
        wide, often = torch.unique(widths.int(), return_counts=True)
        wide, often, most = wide.tolist(), often.tolist(), int(widths.max().item())
        self.stages = nn.ModuleList([nn.Linear(width, 8 * times) for width, times in zip(wide, often)])
        self.out = nn.Linear(most, len(torch.unique(widths)))
        self.least = nn.Linear(int(widths.min()), 4)
