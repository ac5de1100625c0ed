# mypy: ignore-errors
# ruff: noqa
"""Partial application, lambdas, closures, decorators, properties, class members."""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
from collections.abc import Callable
from enum import Enum, IntEnum, auto
from functools import cached_property, partial, wraps

import torch
from torch import nn
from torch.nn import init


class Partials(nn.Module):
    def __init__(self, norm_layer=partial(nn.LayerNorm, eps=1e-6), init_fn=None):
        super().__init__()
        self.norm = norm_layer(64)
        layer = functools.partial(nn.Linear, 64, bias=False)
        self.a = layer(64)
        self.b = layer(32, bias=True)
        init_fn = init_fn or partial(init.normal_, std=0.3)
        init_fn(self.a.weight)
        partial(partial(init.uniform_, a=-2.0), b=4.0)(self.b.weight)
        self.apply(partial(self.reset, value=0.5))

    @staticmethod
    def reset(module, value):
        if isinstance(module, nn.LayerNorm):
            nn.init.constant_(module.weight, value)


class Lambdas(nn.Module):
    def __init__(self):
        super().__init__()
        make = lambda i, o=64: nn.Linear(i, o)
        self.a = make(64)
        self.b = make(o=32, i=16)
        start = lambda t: init.normal_(t, mean=1.0, std=0.2)
        start(self.a.weight)
        (lambda *args, **kw: init.constant_(*args, **kw))(self.b.weight, val=3)
        makers = [lambda n=n: nn.Linear(n, n) for n in (2, 3)]
        self.c = nn.ModuleList([m() for m in makers])
        late = [lambda: nn.Linear(n, n) for n in (2, 3)]
        self.d = nn.ModuleList([m() for m in late])


def make_init(std):
    count = 0

    def initialise(module):
        nonlocal count
        if isinstance(module, nn.Linear):
            count += 1
            init.normal_(module.weight, std=std * count)

    return initialise


class Closures(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(64, 64)
        self.b = nn.Linear(64, 64)
        self.apply(make_init(0.25))


def zeroed(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        layer = function(*args, **kwargs)
        init.zeros_(layer.weight)
        return layer

    return wrapper


def scaled(std=1.0):
    def decorate(function: Callable):
        def wrapper(*args, **kwargs):
            layer = function(*args, **kwargs)
            init.normal_(layer.weight, std=std)
            return layer

        return wrapper

    return decorate


@zeroed
def plain(n):
    return nn.Linear(n, n)


@scaled(std=0.4)
@zeroed
def twice(n, m=64):
    return nn.Linear(n, m)


def with_bias(value):
    def decorate(cls):
        original = cls.__init__

        def __init__(self, *args, **kwargs):
            original(self, *args, **kwargs)
            init.constant_(self.fc.bias, value)

        cls.__init__ = __init__
        return cls

    return decorate


@with_bias(7.0)
class DecoratedClass(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)


class Decorators(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = plain(64)
        self.b = twice(64)
        self.c = twice(m=32, n=64)
        self.d = DecoratedClass()
        self.finish()

    @torch.no_grad()
    def finish(self):
        self.a.bias.fill_(2.0)

    @functools.lru_cache(maxsize=None)
    def cached(self):
        return 3


class Properties(nn.Module):
    width = 64
    widths: list[int] = [width, 2 * width]
    _std = 0.1

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(self.width, self.double)
        self.proj = nn.Linear(*self.widths)
        self.std = 0.5
        init.normal_(self.fc.weight, std=self.std)
        self.weight.data.fill_(self.lazy)
        self.made = self.make(3)
        self.other = type(self).make(4)
        self.static = Properties.size(5)
        self.shared = self.make(Properties.counter)

    counter = 9

    @property
    def double(self):
        return self.width * 2

    @property
    def weight(self):
        return self.proj.weight

    @property
    def std(self):
        return self._std * 2

    @std.setter
    def std(self, value):
        self._std = value

    @cached_property
    def lazy(self):
        return float(self.width)

    @classmethod
    def make(cls, n):
        return nn.Linear(n, cls.width)

    @staticmethod
    def size(n):
        return nn.Linear(n, n)


class Kind(Enum):
    NORMAL = "normal"
    ZERO = "zeros"
    OTHER = "other"

    @property
    def short(self):
        return self.value[0]


class Level(IntEnum):
    LOW = 2
    HIGH = 5


class Auto(Enum):
    FIRST = auto()
    SECOND = auto()


class Style(str, Enum):
    PLAIN = "plain"
    FANCY = "fancy"


class Enums(nn.Module):
    def __init__(self, kind=Kind.ZERO, style="fancy"):
        super().__init__()
        self.a = nn.Linear(64, 64)
        if kind is Kind.NORMAL:
            init.normal_(self.a.weight)
        elif kind == Kind.ZERO:
            init.zeros_(self.a.weight)
        else:
            raise ValueError(kind)
        self.b = nn.Linear(Level.HIGH, Level.LOW + 1)
        getattr(init, Kind("zeros").value + "_")(self.b.weight)
        self.c = nn.Linear(len(Kind), 2)
        setattr(self, Kind.NORMAL.short + Kind["ZERO"].name, nn.Linear(2, 2))
        if Style(style) is Style.FANCY and style == Style.FANCY:
            self.fancy = nn.Linear(3, 3)
        self.e = nn.Linear(Auto.SECOND.value, 7)
        for kind in Kind:
            setattr(self, f"each_{kind.name}", nn.Linear(1, 1))
        self.d = {Kind.NORMAL: nn.Linear(5, 5), Kind.ZERO: nn.Linear(6, 6)}[Kind.ZERO]


STD = 0.3


def current_std():
    return STD


def set_std(value):
    global STD
    STD = value


@contextlib.contextmanager
def default_std(value):
    before = STD
    set_std(value)
    try:
        yield value * 2
    finally:
        set_std(before)


class Switch:
    enabled = False

    def __init__(self, value):
        self.value = value

    def __enter__(self):
        self.before, Switch.enabled = Switch.enabled, self.value
        return self

    def __exit__(self, *error):
        Switch.enabled = self.before


class Contexts(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(64, 64)
        with torch.no_grad():
            self.a.weight.normal_(0, current_std())
            self.a.bias.zero_()
        self.b = nn.Linear(64, 64)
        with default_std(0.9) as double:
            init.normal_(self.b.weight, std=current_std())
            init.constant_(self.b.bias, double)
        self.c = nn.Linear(64, 64)
        init.normal_(self.c.weight, std=current_std())
        with Switch(True) as switch, contextlib.suppress(KeyError):
            init.constant_(self.c.bias, 4 if Switch.enabled and switch.value else 5)
        self.d = nn.Linear(4, 6 if Switch.enabled else 5)
        with torch.random.fork_rng(), contextlib.nullcontext():
            init.zeros_(self.d.weight)


class Errors(nn.Module):
    def __init__(self, config=None):
        super().__init__()
        try:
            width = {"a": 1}["b"]
        except KeyError:
            width = 5
        try:
            width = config.width
        except (AttributeError, TypeError) as error:
            width = width + 1 if error is not None else 0
        else:
            width = 1000
        finally:
            self.a = nn.Linear(width, width)
        try:
            self.choose("wrong")
        except ValueError:
            self.b = nn.Linear(7, 7)
        try:
            import a_module_that_does_not_exist as fast
        except ImportError:
            fast = None
        self.c = nn.Linear(8, 8 if fast is None else 9)
        try:
            width = int("x")
        except ValueError:
            width = 3
        self.d = nn.Linear(width, [1, 2, 3][-1])
        with contextlib.suppress(AttributeError):
            self.c.missing.zero_()
        init.zeros_(self.c.weight)

    def choose(self, name):
        if name not in ("a", "b"):
            raise ValueError(f"{name} is wrong")
        return 1


class EarlyReturn(nn.Module):
    def __init__(self, pretrained=False):
        super().__init__()
        self.fc = nn.Linear(64, 64)
        self.norm = nn.LayerNorm(64)
        self.apply(self._init)
        if not pretrained:
            return
        init.ones_(self.fc.weight)

    def _init(self, m):
        if not isinstance(m, nn.Linear):
            return
        if m.bias is None:
            return
        init.zeros_(m.bias)


class Copies(nn.Module):
    def __init__(self, layer=None, n=3):
        super().__init__()
        layer = layer or nn.Linear(64, 64)
        init.normal_(layer.weight, std=0.2)
        self.layers = nn.ModuleList([copy.deepcopy(layer) for _ in range(n)])
        init.zeros_(self.layers[1].weight)
        self.kept = copy.deepcopy(self.layers)
        self.shared = nn.ModuleList([layer] * 2)
        self.weight = nn.Parameter(copy.deepcopy(layer.weight.data))


class FromItself(nn.Module):
    def __init__(self):
        from .functions import rounded

        super().__init__()
        multipliers = torch.ones(3)
        self.fc = nn.Linear(rounded(60, multipliers[0]), rounded(64, multipliers[1], 16))


def rounded(width, multiplier, divisor=8):
    if not multiplier:
        return width
    width *= multiplier
    out = max(divisor, int(width + divisor / 2) // divisor * divisor)
    if out < 0.9 * width:
        out += divisor
    return out


class Narrow(nn.Linear):
    pass


class Own(nn.Module):
    def __init__(self, width, *, device=None):
        super().__init__()
        self.fc = nn.Linear(width, 64)


def created(kind, *args, device="cpu"):
    specification = inspect.getfullargspec(kind.__init__)
    if "device" in specification.args or "device" in specification.kwonlyargs:
        return kind(*args, device=device)
    return nn.Sequential(kind(*args))


class ByArguments(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = created(nn.Linear, 64, 64)
        self.b = created(Own, 64)
        self.c = created(nn.ReLU)
        self.d = nn.Linear(64, 64, "bias" in inspect.getfullargspec(Narrow).args[3:])
