"""The variables of a TensorFlow 1 graph: where they are made, what their scopes say, and the graph they belong to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Optional

from initlint.adapters.declared.functions import GLOROT, parameter
from initlint.adapters.torch import signals, tensors
from initlint.adapters.torch.binding import framework_of
from initlint.adapters.torch.shapes import placeholder
from initlint.graph import Op
from initlint.interpreter.heap import possible
from initlint.interpreter.iteration import elements_of
from initlint.interpreter.values import Builtin, Class, External, Function, Instance, Method, Partial, Tensor, Unknown, is_number

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.findings import Site
    from initlint.interpreter.calls import Call

CALLABLE = (Function, Class, External, Builtin, Method, Partial)


@dataclass(eq=False)
class Store:
    """The graph that code of TensorFlow 1 builds while it runs: its variables are the parameters of ``root``."""

    framework: TorchFramework
    root: Instance
    inputs: list[Op]
    sites: dict[str, Optional[Site]] = field(default_factory=dict)
    """Where each variable was made."""

    def known(self, name: str, site: Site, reuse: bool) -> Optional[Tensor]:
        """The variable that a call means which was made before."""
        return self.root.parameters.get(name) if reuse or self.sites.get(name) == site else None

    def enter(self, name: str, made: Tensor, site: Site) -> None:
        """One more variable; a name that is taken gets a number."""
        count = sum(1 for taken in self.sites if taken == name or taken.startswith(f"{name}_"))
        chosen = f"{name}_{count}" if count else name
        self.sites[chosen] = site
        self.root.parameters[chosen] = made
        self.framework.enter_late_parameter(self.root, chosen, made)

    def source(self, name: str, shape: Optional[tuple[Any, ...]], site: Optional[Site]) -> Tensor:
        """A signal that comes from outside."""
        op = Op(kind="input", name=name, site=site)
        self.inputs.append(op)
        made = signals.signal(op)
        made.shape = shape
        return made


@dataclass(slots=True, eq=False)
class Scope(External):
    """``tf.variable_scope(…)`` and ``slim.arg_scope(…)``: defaults for what is called inside."""

    path: str = ""
    initializer: Any = None
    reuse: bool = False
    arguments: dict[str, dict[str, Any]] = field(default_factory=dict)
    """For a function by name: arguments it takes unless it is given others."""


def scopes(call: Call) -> Iterator[Scope]:
    """The scopes that a call stands in, from the inside out."""
    return (manager for manager in reversed(call.interp.managers) if isinstance(manager, Scope))


def _path(call: Call) -> str:
    return next((scope.path for scope in scopes(call) if scope.path), "")


def variable_scope(call: Call) -> Any:
    """``tf.variable_scope(name, default_name, initializer=…, reuse=…)``."""
    given = call.get(0, "name_or_scope")
    if isinstance(given, Scope):
        path = given.path
    else:
        name = given if isinstance(given, str) else call.get(1, "default_name")
        outer = _path(call)
        path = "/".join(part for part in (outer, name if isinstance(name, str) else "") if part)
    reuse = call.kwargs.get("reuse")
    shared = reuse is True or (isinstance(reuse, External) and reuse.name.endswith("AUTO_REUSE")) or any(scope.reuse for scope in scopes(call))
    return Scope("tensorflow.variable_scope()", path=path, initializer=call.get(2, "initializer"), reuse=shared)


def arg_scope(call: Call) -> Any:
    """``slim.arg_scope([slim.conv2d], weights_initializer=…)``, or the scope that another one handed out."""
    given = call.get(0, "list_ops_or_scope")
    if isinstance(given, Scope):
        return given
    inherited = next((scope.arguments for scope in scopes(call) if scope.arguments), {})
    arguments = {name: dict(values) for name, values in inherited.items()}
    for function in elements_of(call.interp, given) or []:
        if isinstance(function, External):
            arguments.setdefault(function.name, {}).update({k: v for k, v in call.kwargs.items() if k != "list_ops_or_scope"})
    return Scope("tensorflow.arg_scope()", arguments=arguments)


def given_by_scope(call: Call, name: str) -> dict[str, Any]:
    """What the innermost argument scope has for the function ``name``."""
    return next((scope.arguments[name] for scope in scopes(call) if name in scope.arguments), {})


def get_variable(call: Call) -> Any:
    """``tf.get_variable(name, shape, dtype, initializer)``."""
    name = call.get(0, "name")
    chosen = call.get(3, "initializer")
    if chosen is None:
        chosen = next((scope.initializer for scope in scopes(call) if scope.initializer is not None), None)
    path = "/".join(part for part in (_path(call), name if isinstance(name, str) else "variable") if part)
    store = framework_of(call).store
    reuse = any(scope.reuse for scope in scopes(call))
    known = store.known(path, call.site, reuse) if store is not None else None
    return known if known is not None else declare(call, path, call.get(1, "shape"), chosen)


def alike(value: Any) -> Any:
    """One of several arrays, where branches that could not be decided all draw the same."""
    options = possible(value)
    arrays = [option for option in options if isinstance(option, Tensor) and option.op is None]
    same = len(arrays) == len(options) and all(array.storage.distribution == arrays[0].storage.distribution for array in arrays)
    return arrays[0] if arrays and same else value


def declare(call: Call, name: str, shape: Any, chosen: Any) -> Tensor:
    """A variable of ``shape`` drawn by ``chosen``: an initializer, a tensor, or a function that makes one."""
    if isinstance(chosen, Builtin) or (isinstance(chosen, Function) and len(chosen.node.params) == 0):
        chosen = call.interp.call(chosen, [], {}, call.frame, call.node)
    chosen = alike(chosen)
    if isinstance(chosen, Tensor):
        return variable_of(call, name, chosen)
    made = parameter(call, shape, chosen, GLOROT)
    return _entered(call, name, made)


def variable(call: Call) -> Any:
    """``tf.Variable(initial_value, trainable, …, name=…)``."""
    value = alike(call.get(0, "initial_value"))
    if isinstance(value, CALLABLE):
        value = call.interp.call(value, [], {}, call.frame, call.node)
    name = call.kwargs.get("name")
    path = "/".join(part for part in (_path(call), name if isinstance(name, str) else "Variable") if part)
    return variable_of(call, path, value if isinstance(value, Tensor) and value.op is None else tensors.from_data(value))


def variable_of(call: Call, name: str, value: Tensor) -> Tensor:
    """A variable that starts as ``value``."""
    made = Tensor(value.storage, value.shape, parameter=True, data=value.data)
    return _entered(call, name, made)


def _entered(call: Call, name: str, made: Tensor) -> Tensor:
    made.requires_grad = call.kwargs.get("trainable", True) is not False
    store = framework_of(call).store
    if store is not None:
        store.enter(name.replace("/", "."), made, call.site)
    return made


def tensorflow_placeholder(call: Call) -> Any:
    """``tf.placeholder(dtype, shape, name)``."""
    shape = elements_of(call.interp, call.get(1, "shape")) if call.get(1, "shape") is not None else None
    sizes = tuple(v if is_number(v) else placeholder("size") for v in shape) if shape is not None else None
    store = framework_of(call).store
    return store.source("placeholder", sizes, call.site) if store is not None else Unknown("a placeholder")


VARIABLES: dict[str, Callable[[Call], Any]] = {
    "tensorflow.get_variable": get_variable, "tensorflow.Variable": variable, "tensorflow.variable_scope": variable_scope,
    "tensorflow.variable_op_scope": variable_scope, "tensorflow.contrib.layers.arg_scope": arg_scope, "tensorflow.placeholder": tensorflow_placeholder,
    "tensorflow.contrib.layers.variable": get_variable, "tensorflow.contrib.layers.model_variable": get_variable,
}  # fmt: skip
