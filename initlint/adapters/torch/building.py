"""Construction of table layers: parameters, buffers and children as ``torch.nn`` would register them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.adapters.declared import drawing, sources
from initlint.adapters.torch.binding import REQUIRED, DoesNotFit, bind, parse
from initlint.adapters.torch.tensors import new_tensor
from initlint.adapters.torch.writes import write
from initlint.graph import InitEvent, Origin, tick
from initlint.interpreter.classes import find_member
from initlint.interpreter.clone import deep_copy
from initlint.interpreter.scope import Frame
from initlint.interpreter.trees import walk
from initlint.interpreter.values import ABSENT, Class, Function, Instance, OneOf, Storage, Tensor, Unknown
from initlint.overlays.spec import LayerSpec, Shape
from initlint.symbolic import symbol
from initlint.theory.laws import Distribution, custom

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.findings import Site
    from initlint.interpreter.core import Interpreter

MODULE = "torch.nn.Module"
CONTAINERS = {
    "torch.nn.Sequential": "sequence", "torch.nn.ModuleList": "sequence", "torch.nn.ModuleDict": "mapping",
    "torch.nn.ParameterList": "parameters", "torch.nn.ParameterDict": "parameter mapping",
}  # fmt: skip
"""Classes of modules that hold others, with what kind of container each is."""
GENERAL = ("flax.nnx.LinearGeneral",)
"""Layers with several sizes where others have one."""
ARGUMENT = "the argument "
"""How the reason begins why an argument is not known."""
DATA = frozenset({"int", "float", "bool", "str", "List", "Tuple", "Sequence", "Iterable", "Dict", "Optional", "Union", "list", "tuple", "dict"})
"""Names in annotations of what is no module and holds none."""
WRONG_ARGUMENTS = (TypeError, ValueError, ArithmeticError, AttributeError, KeyError, IndexError)
"""What a table entry raises when it is given values that no caller would pass."""


class ModuleBuilder:
    """Implements ``overlays.spec.Builder`` on an instance under construction."""

    def __init__(
        self, framework: TorchFramework, interp: Interpreter, instance: Instance, name: str, frame: Frame, node: p.Node, within: Optional[str] = None
    ) -> None:
        self.framework = framework
        self.interp = interp
        self.instance = instance
        self.name = name
        self.frame = frame
        self.node = node
        self.within = name.rpartition(".")[2] if within is None else within
        """What the module is called in the table layer that it is a part of; empty where nothing is to be told of it."""
        self.site: Site = interp.site(node, frame)
        self.placed: dict[str, Optional[Site]] = {}
        """Where the parameters of a layer that is built anew were drawn before."""

    def param(self, name: str, shape: Optional[Shape], distribution: Optional[Distribution]) -> None:
        tensor = new_tensor(shape, distribution, reason="" if distribution else "its default is not known")
        tensor.parameter = True
        if distribution is not None:
            tensor.storage.events = (InitEvent(initializer=self.name, origin=Origin.DEFAULT, distribution=distribution, site=self.site, time=tick()),)
        self.interp.heap.set_item(self.instance.parameters, name, tensor)

    def draw(self, name: str, shape: Optional[Shape], chosen: Any, default: tuple[str, Mapping[str, Any]], axes: drawing.Axes = None) -> None:
        made = drawing.draw(chosen, default, shape, axes)
        tensor = new_tensor(shape, made.law, reason=made.reason)
        tensor.parameter = True
        origin = Origin.DEFAULT if chosen is None else Origin.CALL
        law = made.law or custom(made.reason)
        handed = self.placed.get(name) or drawing.handed_at(name, chosen, self.site, self.node, self.frame.receiver)
        site = handed or made.site or self.site
        event = InitEvent(
            initializer=made.initializer, origin=origin, distribution=law, site=site, arguments=made.arguments, as_default=made.as_default,
            made=made.site is not None and site == made.site, elsewhere=self.site if site != self.site else None,
        )  # fmt: skip
        tensor.storage.events = (event,)
        if sources.repeats(chosen):
            sources.repeated(self.framework, chosen, tensor, made.site)
        if chosen is not None and self.within:
            self.framework.witness.declared(self.interp, site, made.initializer, made.arguments, tensor, f"{self.within}.{name}", made.problem)
        self.interp.heap.set_item(self.instance.parameters, name, tensor)

    def absent(self, name: str) -> None:
        self.interp.heap.set_item(self.instance.parameters, name, None)

    def buffer(self, name: str, shape: Optional[Shape], distribution: Optional[Distribution]) -> None:
        tensor = new_tensor(shape, distribution)
        tensor.buffer = True
        self.interp.heap.set_item(self.instance.buffers, name, tensor)

    def child(self, name: str, layer: str, **arguments: Any) -> None:
        self._register(name, self._make(layer, arguments, f"{self.within}.{name}" if self.within else ""))

    def make(self, layer: str, **arguments: Any) -> Instance:
        return self._make(layer, arguments, None)

    def _make(self, layer: str, arguments: dict[str, Any], within: Optional[str]) -> Instance:
        cls = self.framework.layer_class(layer)
        made = Instance(cls, site=self.site)
        self.interp.heap.note_birth(made)
        construct(self.framework, self.interp, made, cls, [], arguments, self.frame, self.node, within)
        return made

    def clone(self, name: str, module: Any) -> None:
        parts: dict[int, Any] = {}
        self._register(name, deep_copy(module, parts))
        for part in parts.values():
            if isinstance(part, Storage):
                part.copied = self.site

    def again(self, name: str, module: Any) -> None:
        if isinstance(module, Instance) and module.cls.spec is not None:
            self._register(name, self._make(module.cls.name, {key: _anew(value) for key, value in _passed(module).items()}, ""))
        else:
            self._register(name, deep_copy(module, {}))

    def adopt(self, name: str, module: Any) -> None:
        self._register(name, module)

    def parameters(self) -> Iterable[tuple[str, Optional[Shape]]]:
        for name, tensor in named_tensors(self.instance):
            yield name, tensor.shape

    def set(self, path: str, distribution: Distribution) -> None:
        tensor = next((t for name, t in named_tensors(self.instance) if name == path), None)
        if tensor is not None:
            write(self.interp, tensor, self.name, Origin.DEFAULT, distribution, self.site)

    def attr(self, name: str, value: Any) -> None:
        self.interp.heap.set_item(self.instance.attrs, name, value)

    def _register(self, path: str, module: Any) -> None:
        *parents, name = path.split(".")
        target = self.instance
        for parent in parents:
            target = target.modules[parent]
        registry = target.modules if isinstance(module, Instance) else target.attrs
        self.interp.heap.set_item(registry, name, module)


def _passed(module: Instance) -> dict[str, Any]:
    """What a table layer was constructed with, by name."""
    options = module.arguments.get("options")
    return {**{name: value for name, value in module.arguments.items() if name != "options"}, **(options if isinstance(options, dict) else {})}


def _anew(value: Any) -> Any:
    """An object without a seed of its own is made again from its arguments, so that it draws other values."""
    made = isinstance(value, Instance) and not value.modules and value.arguments.get("seed") is None
    return replace(value) if made else value


def construct(
    framework: TorchFramework,
    interp: Interpreter,
    instance: Instance,
    cls: Class,
    args: list[Any],
    kwargs: dict[str, Any],
    frame: Frame,
    node: p.Node,
    within: Optional[str] = None,
) -> None:
    """Run the constructor of the table class ``cls`` on ``instance``, which is the part ``within`` of another table layer."""
    spec = cls.spec
    if spec is None:
        return
    try:
        bound = settle(framework, spec, args, kwargs)
    except DoesNotFit as error:
        framework.failed_construction(interp, instance, f"{spec.name.rpartition('.')[2]}() {error}")
        return
    for name, value in vars(bound).items():
        if name not in ("device", "dtype") and not isinstance(value, Instance):
            interp.heap.set_item(instance.attrs, name, value)
    instance.arguments = vars(bound)
    if spec.build is not None:
        builder = ModuleBuilder(framework, interp, instance, spec.name, frame, node, within)
        try:
            spec.build(builder, bound)
        except WRONG_ARGUMENTS as error:
            framework.failed_construction(interp, instance, f"{spec.name}: {type(error).__name__}")
    for name in (*instance.parameters, *instance.modules, *instance.buffers):
        interp.heap.delete_item(instance.attrs, name)
    reset = next((c for c in instance.cls.mro[: instance.cls.mro.index(cls)] if _overrides_reset(c)), None)
    if reset is not None and spec.reset:
        method = interp.find_method(instance, "reset_parameters")
        if method is not None:
            interp.call(method, [], {}, frame, node)


def _overrides_reset(cls: Class) -> bool:
    value = cls.members("reset_parameters") if cls.members else cls.namespace.get("reset_parameters", ABSENT)
    return value is not ABSENT


def settle(framework: TorchFramework, spec: LayerSpec, args: list[Any], kwargs: dict[str, Any]) -> SimpleNamespace:
    """Bound arguments with a name for every size that is not known."""
    bound, _ = bind(spec.signature, args, kwargs)
    values = vars(bound)
    for name, _, default in parse(spec.signature):
        value = values[name]
        if name == "padding_idx" and isinstance(value, Unknown):
            values[name] = symbol(name)  # some row, though the default is none
        elif isinstance(value, (tuple, list)):
            values[name] = framework.sizes.settle("sizes" if spec.name in GENERAL else name, value, default)
        elif isinstance(value, (Unknown, OneOf)) and not (default is None and "init" in name):  # an initializer nobody knows is not the default
            values[name] = framework.sizes.settle(name, value, default)
        elif value is None and default is REQUIRED and name.endswith(("_features", "_channels")):  # the author's own default, which callers replace
            values[name] = framework.sizes.settle(name, Unknown("None where a size belongs"), default)
    return bound


def reset(framework: TorchFramework, interp: Interpreter, instance: Instance, cls: Class, frame: Frame, node: p.Node) -> None:
    """``reset_parameters()`` of a table layer: every parameter gets its default again."""
    spec = cls.spec
    if spec is None or spec.build is None or not instance.arguments:
        return
    fresh = Instance(cls)
    builder = ModuleBuilder(framework, interp, fresh, spec.name, frame, node)
    try:
        spec.build(builder, SimpleNamespace(**instance.arguments))
    except WRONG_ARGUMENTS:
        return
    usual = next((tensor for tensor in fresh.parameters.values() if isinstance(tensor, Tensor)), None)
    more = [name for name in instance.parameters if name not in fresh.parameters] if spec.role == "rnn" else []  # it walks over all of `parameters()`
    for name, tensor in (*fresh.parameters.items(), *((name, usual) for name in more)):
        target = instance.parameters.get(name)
        if isinstance(tensor, Tensor) and isinstance(target, Tensor):
            write(interp, target, f"{spec.name}.reset_parameters", Origin.DEFAULT, tensor.storage.distribution, builder.site)


def run_method(framework: TorchFramework, interp: Interpreter, instance: Instance, cls: Class, name: str, frame: Frame, node: p.Node) -> None:
    """Another method of a table layer that draws (``_reset_parameters``)."""
    if cls.spec is not None and name in cls.spec.methods and instance.arguments:
        builder = ModuleBuilder(framework, interp, instance, f"{cls.spec.name}.{name}", frame, node)
        cls.spec.methods[name](builder, SimpleNamespace(**instance.arguments))


def named_modules(instance: Instance, prefix: str = "") -> Iterable[tuple[str, Instance]]:
    """As ``named_modules()``: each module once, under its first name."""
    seen: set[int] = set()
    waiting = [(prefix, instance)]
    while waiting:
        path, module = waiting.pop()
        if id(module) in seen:
            continue
        seen.add(id(module))
        yield path, module
        if module.modules:
            inner = [(f"{path}.{name}" if path else name, child) for name, child in module.modules.items() if isinstance(child, Instance)]
            waiting += reversed(inner)


def named_tensors(instance: Instance, registry: str = "parameters") -> Iterable[tuple[str, Tensor]]:
    """As ``named_parameters()``: each parameter once, under its first name."""
    seen: set[int] = set()
    for path, module in named_modules(instance):
        for name, tensor in getattr(module, registry).items():
            if isinstance(tensor, Tensor) and id(tensor) not in seen:
                seen.add(id(tensor))
                yield f"{path}.{name}" if path else name, tensor


def is_known(module: Instance) -> bool:
    """Whether a module can hold no submodule or parameter that was not seen."""
    if any(child is not None and not isinstance(child, Instance) for child in module.modules.values()):
        return False
    if module.cls.spec is not None:
        return True
    return not (module.cls.uncertain or "#failed" in module.attrs or any(_may_hide(module.cls, value) for value in module.attrs.values()))


def _may_hide(cls: Class, value: Any) -> bool:
    """Whether an attribute may be a module that is not seen: an argument that its annotation calls plain data is none."""
    if not isinstance(value, Unknown):
        return isinstance(value, OneOf)
    init, _ = find_member(cls, "__init__")
    params = init.node.params if isinstance(init, Function) and value.reason.startswith(ARGUMENT) else ()
    param = next((param for param in params if value.reason == f"{ARGUMENT}{param.name}"), None)
    named = [node.id for node in walk(param.annotation) if isinstance(node, p.Name)] if param is not None else []
    return not named or not DATA.issuperset(named)
