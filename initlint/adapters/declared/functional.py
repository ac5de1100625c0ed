"""Models of Keras that are given as inputs and outputs: the layers on the way are their modules, the operations their forward pass."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from initlint.adapters.declared.modules import root_of
from initlint.adapters.torch import signals
from initlint.graph import Op
from initlint.interpreter.values import Instance, Tensor

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.interpreter.calls import Call

FIRST_HUMP, SECOND_HUMP = re.compile(r"(.)([A-Z][a-z]+)"), re.compile(r"([a-z])([A-Z])")
"""Where Keras puts underscores into the name of a class."""
FORWARD = "#forward"
"""What runs the forward pass of a model that is given as inputs and outputs."""
ROOTS = ("keras.layers.Layer", "keras.Model")
ENDS = "#ends"
"""What such a model was given as inputs and as outputs."""


def constructed(framework: TorchFramework, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> None:
    """The constructor of ``keras.layers.Layer``, which takes a name, or of ``keras.Model``, which takes inputs and outputs too."""
    if isinstance(kwargs.get("name"), str):
        instance.attrs["name"] = kwargs["name"]
    given = kwargs.get("inputs", args[0] if args else None)
    results = kwargs.get("outputs", args[1] if len(args) > 1 else None)
    ends = signals.sources([results])
    if not ends:
        return
    seen: dict[int, Op] = {}
    queue = list(ends)
    for op in queue:
        if id(op) not in seen:
            seen[id(op)] = op
            queue += op.inputs
    attributes = dict(instance.modules)
    entered: list[Instance] = []
    instance.modules.clear()
    for op in sorted(seen.values(), key=lambda one: one.time):
        for key in (op, op.layer):
            _, module = framework.called.get(id(key), (None, None))
            if module is not None and not any(module is known for known in entered):
                instance.modules[_layer_name(instance, module)] = module
                entered.append(module)
    for name, module in attributes.items():  # a layer on the way goes by its own name, also where an attribute holds it
        (instance.attrs if any(module is known for known in entered) else instance.modules)[name] = module

    def forward(inputs: list[Op]) -> Any:
        inputs += signals.sources([given])
        return results

    instance.attrs[FORWARD] = forward
    instance.attrs[ENDS] = (given, results)


def snake(name: str) -> str:
    """``multi_head_attention`` of ``MultiHeadAttention``, as Keras names layers by their class."""
    return SECOND_HUMP.sub(r"\1_\2", FIRST_HUMP.sub(r"\1_\2", name)).lower()


def _layer_name(owner: Instance, module: Instance) -> str:
    """``dense``, ``dense_1`` …, or the name the layer was given."""
    chosen = module.arguments.get("name", module.arguments.get("options", {}).get("name", module.attrs.get("name")))
    if isinstance(chosen, str):
        return chosen
    base = snake(module.cls.name.rpartition(".")[2])
    count = sum(1 for name in owner.modules if name == base or name.removeprefix(f"{base}_").isdigit())
    return f"{base}_{count}" if count else base


def applied(instance: Instance, call: Call) -> Any:
    """Such a model as a layer of another one: what it is given goes where its inputs were."""
    given, results = instance.attrs[ENDS]
    for source, value in zip(signals.sources([given]), signals.sources([*call.args, *call.kwargs.values()])):
        if value is not source and value not in source.inputs:
            source.kind = "view"
            source.inputs.append(value)
            value.outputs.append(source)
    return results


def note(framework: TorchFramework, instance: Instance, made: Any) -> None:
    """A module was applied to signals outside of any forward pass: what comes out tells a functional model that it is one of its layers."""
    if root_of(instance.cls):
        for value in made if isinstance(made, (tuple, list)) else [made]:
            if isinstance(value, Tensor) and value.op is not None:
                framework.called.setdefault(id(value.op), (value.op, instance))
