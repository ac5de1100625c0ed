"""A builder for model graphs by hand: ``Net()`` keeps one signal at a time and writes down what a front-end would."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from initlint.findings import Finding, Site
from initlint.graph import InitEvent, Layer, ModelGraph, Op, Origin, Parameter
from initlint.rules import find
from initlint.symbolic import Number
from initlint.theory.laws import Distribution, constant, uniform

INIT = "torch.nn.init."


def site(line: int, end: int = 40) -> Site:
    return Site("net.py", line, 9, line, end)


def xavier(fan_in: Number, fan_out: Number, gain: float = 1.0) -> Distribution:
    total: Any = fan_in + fan_out
    return Distribution(kind="uniform", mean=0.0, std=gain * (2 / total) ** 0.5, law="Var = 2 / (fan_in + fan_out)", fan="fan_avg", gain=gain)


def kaiming(fan_in: Number, gain: float = math.sqrt(2)) -> Distribution:
    size: Any = fan_in
    return Distribution(kind="normal", mean=0.0, std=gain / size**0.5, law=f"Var = {gain**2:g} / fan_in", fan="fan_in", gain=gain)


def orthogonal(rows: int, columns: int, gain: float = 1.0) -> Distribution:
    return Distribution(kind="orthogonal", mean=0.0, std=gain / math.sqrt(max(rows, columns)), gain=gain)


class Net:
    """A model under construction. Methods take and return operations."""

    def __init__(self, name: str = "Net") -> None:
        self.graph = ModelGraph(name=name, path="net.py", lineage=(f"net.{name}", "torch.nn.Module"))
        self.input = self.op("input")

    def op(self, kind: str, *inputs: Op, name: str = "", **fields: Any) -> Op:
        op = Op(kind=kind, name=name, inputs=list(inputs), **fields)
        for source in inputs:
            source.outputs.append(op)
        self.graph.ops.append(op)
        return op

    def layer(self, path: str, kind: str, shapes: dict[str, tuple[Number, ...]], defaults: dict[str, Distribution], **arguments: Any) -> Layer:
        layer = Layer(path=path, kind=kind, class_name=arguments.pop("class_name", kind), arguments=arguments)
        for role, shape in shapes.items():
            parameter = Parameter(name=f"{path}.{role}", shape=shape, role=role, layer=layer, distribution=defaults[role])
            parameter.events.append(InitEvent(initializer=f"torch.nn.{kind}", origin=Origin.DEFAULT, distribution=defaults[role], site=None))
            layer.parameters[role] = parameter
            self.graph.parameters.append(parameter)
        self.graph.layers.append(layer)
        return layer

    def linear(self, path: str, inputs: Number = 256, outputs: Number = 256, *, bias: Distribution | None = None, **arguments: Any) -> Layer:
        bound: Any = inputs
        law = uniform(-(bound**-0.5), bound**-0.5)
        return self.layer(path, "Linear", {"weight": (outputs, inputs), "bias": (outputs,)}, {"weight": law, "bias": bias or law}, **arguments)

    def conv(self, path: str, inputs: int = 64, outputs: int = 64, *, groups: int = 1, **arguments: Any) -> Layer:
        law = uniform(-0.05, 0.05)
        return self.layer(path, "Conv2d", {"weight": (outputs, inputs // groups, 3, 3)}, {"weight": law}, groups=groups, stride=1, **arguments)

    def norm(self, path: str, kind: str = "BatchNorm2d", size: int = 64, **arguments: Any) -> Layer:
        return self.layer(path, kind, {"weight": (size,), "bias": (size,)}, {"weight": constant(1), "bias": constant(0)}, **arguments)

    def call(self, layer: Layer, *inputs: Op) -> Op:
        kind = "norm" if "Norm" in layer.kind else "layer"
        op = self.op(kind, *inputs, name=layer.kind, layer=layer)
        layer.calls.append(op)
        return op

    def act(self, name: str, source: Op, parameter: float | None = None) -> Op:
        return self.op("activation", source, name=name, detail={} if parameter is None else {"parameter": parameter})

    def output(self, *sources: Op) -> ModelGraph:
        self.op("output", *sources)
        return self.graph

    def stack(self, depth: int, activation: str, parameter: float | None = None) -> tuple[list[Layer], Op]:
        """``depth`` hidden layers, each followed by ``activation``, and the last signal."""
        layers, x = [], self.input
        for index in range(depth):
            layers.append(self.linear(f"hidden.{index}"))
            x = self.act(activation, self.call(layers[-1], x), parameter)
        return layers, x


def write(parameter: Parameter, function: str, law: Distribution, line: int, **fields: Any) -> None:
    """An explicit initializer call on ``parameter``."""
    name = function if "." in function else INIT + function
    event = InitEvent(initializer=name, origin=Origin.CALL, distribution=law, site=site(line), **fields)
    parameter.events.append(event)
    parameter.distribution = law


def found(code: str, graph: ModelGraph) -> list[Finding]:
    return list(find(code).run(graph))


def only(findings: list[Finding]) -> Finding:
    assert len(findings) == 1, [finding.message for finding in findings]
    return findings[0]


def each(layers: list[Layer]) -> Iterator[Parameter]:
    for layer in layers:
        yield layer.parameters["weight"]
