# mypy: ignore-errors
# ruff: noqa
"""Configurations: dictionaries, dataclasses, named tuples, plain classes, namespaces."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections import OrderedDict, namedtuple
from dataclasses import asdict, dataclass, field, replace
from types import SimpleNamespace
from typing import NamedTuple, Optional

from torch import nn

EXPRESSIONS = (
    "FromDataclass(Config(hidden=80, layers=[32, 48]))",
    "FromDataclass(Config(80, initializer_range=0.3))",
    "FromDict({'hidden': 72, 'std': 0.4})",
    "FromDict(dict(hidden=72))",
    "FromFrozen(hidden=56)",
    "FromTuple(Shape(80, std=0.01))",
    "FromPlain(Plain(hidden=96))",
    "FromNamespace(SimpleNamespace(hidden=64, init=SimpleNamespace(std=0.11)))",
)


@dataclass
class Config:
    hidden: int = 64
    initializer_range: float = 0.02
    layers: list = field(default_factory=lambda: [64, 64])
    inner: Optional[int] = None
    tie: bool = field(default=False, repr=False)

    def __post_init__(self):
        if self.inner is None:
            self.inner = 2 * self.hidden

    @property
    def double(self):
        return self.hidden * 2

    @classmethod
    def small(cls, **changes):
        return cls(hidden=48, **changes)


@dataclass
class Larger(Config):
    extra: int = 72
    hidden: int = 128


class FromDataclass(nn.Module):
    def __init__(self, config: Config = Config()):
        super().__init__()
        self.config = config
        self.fc = nn.Linear(config.hidden, config.inner)
        self.layers = nn.ModuleList(nn.Linear(n, config.double) for n in config.layers)
        nn.init.normal_(self.fc.weight, std=self.config.initializer_range)


class Derived(nn.Module):
    def __init__(self):
        super().__init__()
        larger = dataclasses.replace(Config(inner=5), hidden=100, inner=None)
        self.a = nn.Linear(larger.hidden, larger.inner)
        small = Config.small(initializer_range=0.5)
        self.b = FromDataclass(small)
        self.c = FromDataclass(replace(small, layers=[]))
        options = asdict(Config(hidden=10))
        self.d = nn.Linear(options["hidden"], options["inner"])
        names = [f.name for f in dataclasses.fields(Config)]
        self.e = nn.Linear(len(names), 3)


class FrozenBase(nn.Module):
    def __init__(self):
        super().__init__()
        self.d = nn.Linear(5, 6)


DEFAULTS = {"hidden": 64, "std": 0.02, "bias": False}


class FromDict(nn.Module):
    def __init__(self, config=None):
        super().__init__()
        config = {**DEFAULTS, **(config or {})}
        self.fc = nn.Linear(config["hidden"], config["hidden"], bias=config.get("bias", True))
        nn.init.normal_(self.fc.weight, std=config["std"])
        for key, value in config.items():
            if key.startswith("h"):
                setattr(self, f"layer_{key}", nn.Linear(value, value))
        merged = DEFAULTS | {"hidden": 20}
        merged.update(std=3, **{"more": 4})
        merged.setdefault("more", 100)
        self.merged = nn.Linear(merged["hidden"], merged.pop("more"))
        self.count = nn.Linear(len(merged), len(DEFAULTS))


class Shape(NamedTuple):
    hidden: int = 64
    depth: int = 2
    std: float = 0.2

    @property
    def total(self):
        return self.hidden * self.depth


class FromTuple(nn.Module):
    def __init__(self, shape=Shape(depth=1)):
        super().__init__()
        hidden, depth, std = shape
        self.a = nn.Linear(hidden, shape[0] * shape.depth)
        self.b = nn.Linear(shape.total, shape._replace(hidden=33).hidden)
        nn.init.normal_(self.b.weight, std=std)


Point = namedtuple("Point", ["x", "y"], defaults=[33])
Stage = namedtuple("Stage", "width blocks stride")
STAGES = [Stage(64, 2, 1), Stage(width=96, blocks=1, stride=2)]


class FromTable(nn.Module):
    def __init__(self):
        super().__init__()
        width = 32
        stages = []
        for number, stage in enumerate(STAGES, start=1):
            for _ in range(stage.blocks):
                stages.append(nn.Conv2d(width, stage.width, 3, stage.stride))
                width = stage.width
            setattr(self, f"stage{number}", nn.Sequential(*stages))
            stages = []
        point = Point(10)
        self.point = nn.Linear(point.x, point.y)


class Plain:
    def __init__(self, hidden=64, **kwargs):
        self.hidden = hidden
        self.std = kwargs.pop("std", 0.3)
        for key, value in kwargs.items():
            setattr(self, key, value)

    def to_dict(self):
        return dict(hidden=self.hidden, std=self.std)


class FromPlain(nn.Module):
    def __init__(self, config=None):
        super().__init__()
        config = config if config is not None else Plain(std=0.9, extra=40)
        self.fc = nn.Linear(config.hidden, config.hidden)
        nn.init.normal_(self.fc.weight, 0, config.std)
        self.extra = nn.Linear(8, getattr(config, "extra", 24))
        self.other = nn.Linear(**{"in_features": config.to_dict()["hidden"], "out_features": 8})


class FromNamespace(nn.Module):
    def __init__(self, args=None):
        super().__init__()
        args = args or SimpleNamespace(hidden=70, init=SimpleNamespace(std=0.6))
        self.fc = nn.Linear(args.hidden, args.hidden)
        nn.init.normal_(self.fc.weight, std=args.init.std)


class Frozen(OrderedDict):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for key, value in self.items():
            setattr(self, key, value)


def registering(init):
    @functools.wraps(init)
    def wrapped(self, **kwargs):
        parameters = inspect.signature(init).parameters
        self.config = Frozen({name: kwargs.get(name, parameter.default) for name, parameter in parameters.items() if name != "self"})
        init(self, **kwargs)

    return wrapped


class FromFrozen(nn.Module):
    @registering
    def __init__(self, hidden=48, std=0.3):
        super().__init__()
        self.fc = nn.Linear(self.config.hidden, 2 * self.config.hidden)
        nn.init.normal_(self.fc.weight, std=self.config.std)
