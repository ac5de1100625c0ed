"""The hooks of the interpreter, answered for PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.adapters.torch import building, containers, functions, methods, signals, tensors, wrappers
from initlint.adapters.torch.attributes import tensor_attribute
from initlint.adapters.torch.binding import REQUIRED, Sizes, parse
from initlint.adapters.torch.writes import current, write
from initlint.findings import Site
from initlint.graph import Layer, Op, Origin
from initlint.interpreter import stdlib
from initlint.interpreter.classes import find_member, linearise
from initlint.interpreter.framework import Framework, SeenBefore
from initlint.interpreter.scope import Frame
from initlint.interpreter.values import (
    ABSENT,
    Builtin,
    Class,
    External,
    Function,
    Instance,
    Method,
    OneOf,
    Partial,
    Repeat,
    Tensor,
    Unknown,
    unknown,
)
from initlint.overlays.torch_functions import SIGNAL_FUNCTIONS
from initlint.overlays.torch_init import FACTORIES, INITIALIZERS
from initlint.overlays import libraries
from initlint.overlays.torch_layers import LAYERS, canonical

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call
    from initlint.interpreter.core import Interpreter

MODULE = "torch.nn.Module"
STAR_MODULES = {"torch.nn.init", "torch.nn.functional", "torch.nn.utils", "torch.nn.modules", "torch.nn.parameter"}
KNOWN = ("torch", "numpy", "einops", "math", "typing", "torchvision.ops.misc.FrozenBatchNorm2d")
HARMLESS = ("log", "print", "warn", "checkpoint", "register", "deprecat", "assert", "check", "info", "debug", "hook", "summary", "compile", "script")


class TorchFramework(Framework):
    """PyTorch as the interpreter sees it."""

    def __init__(self) -> None:
        self.classes: dict[str, Class] = {}
        self.sizes = Sizes()
        self.tracing = False
        self.owners: dict[int, Any] = {}
        """Graph parameters by the identity of their tensor and of its storage, while a forward pass is traced."""
        self.layers: dict[int, Any] = {}
        self.misuses: list[tuple[str, str, Site]] = []
        self.failures: list[str] = []
        self.running: list[int] = []
        self.recorded: list[Instance] = []
        self.seen: Optional[set[Any]] = None

    # ---- names ----

    def knows(self, dotted: str) -> bool:
        return dotted.partition(".")[0] in KNOWN

    def external(self, dotted: str) -> Any:
        if dotted in stdlib.CONSTANTS:
            return stdlib.CONSTANTS[dotted]
        if dotted.startswith("torch."):
            name = canonical(dotted)
            if name in LAYERS or name == MODULE:
                return self.layer_class(name)
            if name.rpartition(".")[0] in LAYERS:
                found = self.class_attribute(None, self.layer_class(name.rpartition(".")[0]), name.rpartition(".")[2])
                return found if found is not ABSENT else External(name)
            return External(name)
        return self.layer_class(dotted) if dotted in libraries.LAYERS else External(dotted)

    def starred(self, module: str, name: str) -> Any:
        dotted = canonical(f"{module}.{name}")
        known = dotted in LAYERS or dotted in INITIALIZERS or dotted in FACTORIES or dotted == MODULE or dotted in functions.HANDLERS or dotted in SIGNAL_FUNCTIONS
        return self.external(dotted) if known or dotted in STAR_MODULES else ABSENT

    def layer_class(self, name: str) -> Class:
        """The class of a table layer, made on first use."""
        if name not in self.classes:
            spec = LAYERS.get(name) or libraries.LAYERS.get(name)
            bases = [self.layer_class(base) for base in spec.bases] if spec is not None and name != MODULE else []
            cls = Class(name, bases, {}, spec=spec if spec is not None and name != MODULE else None)
            cls.mro = linearise(cls)
            self.classes[name] = cls
        return self.classes[name]

    def call_external(self, name: str, call: Call) -> Any:
        handled = functions.call(self, name, call)
        if handled is not ABSENT:
            return handled
        followed = stdlib.follow(name, call)
        if followed is not ABSENT:
            return followed
        return super().call_external(name, call)

    def escape(self, interp: Interpreter, func: Any, values: list[Any], reason: str, frame: Frame, node: p.Node) -> Any:
        """What was handed over may have been written; a signal comes back as an opaque one."""
        found = signals.sources(values)
        if found:
            return signals.signal(Op(kind="opaque", name=_name_of(func), inputs=found, site=interp.site(node, frame)))
        if self.tracing:
            return Unknown(reason)
        name = _name_of(func).rpartition(".")[2].lower()
        if not any(word in name for word in HARMLESS):
            site = interp.site(node, frame)
            for tensor in _reached(values):
                write(interp, tensor, _name_of(func) or "?", Origin.CALL, None, site, reason=f"passed to code that is not followed: {reason}")
            wrapped = [v for v in values if isinstance(v, Instance) and self.is_module(v)]
            if len(wrapped) == 1 and len(values) <= 2 and not isinstance(func, Class) and ("wrap" in name or "norm" in name):
                return wrapped[0]
        return Unknown(reason)

    @contextmanager
    def suspended(self) -> Iterator[None]:
        yield

    # ---- classes and objects ----

    def is_root(self, cls: Class) -> bool:
        return cls.name == MODULE

    def is_module(self, instance: Instance) -> bool:
        return any(c.name == MODULE or c.opaque for c in instance.cls.mro)

    def is_instance(self, value: Any, cls: Class) -> Optional[bool]:
        return None if isinstance(value, (External, Builtin)) else False

    def is_external_instance(self, value: Any, name: str) -> Optional[bool]:
        if isinstance(value, Tensor):
            if name in ("torch.nn.Parameter", "torch.nn.parameter.Parameter"):
                return value.parameter
            return True if name in ("torch.Tensor", "torch.FloatTensor") else False if name.startswith("torch.") else None
        if value is None or isinstance(value, (int, float, str, bool, list, tuple, dict)):
            return False if name.startswith(("torch.", "numpy.")) else None
        return None

    def special_instance(self, interp: Interpreter, cls: Class, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node) -> Any:
        return None

    def start_recording(self, seen: Optional[set[Any]]) -> None:
        """Collect every module that is constructed; with ``seen``, give up on constructions that differ only in sizes."""
        self.recorded, self.seen = [], seen
        self.failures, self.misuses = [], []

    def stop_recording(self) -> list[Instance]:
        self.seen = None
        return self.recorded

    def born(self, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> None:
        if instance.cls.spec is not None or not self.is_module(instance):
            return
        if self.seen is not None and not self.recorded:
            key = (id(instance.cls), tuple(coarse(a) for a in args), tuple(sorted((k, coarse(v)) for k, v in kwargs.items())))
            if key in self.seen:
                raise SeenBefore
            self.seen.add(key)
        self.recorded.append(instance)

    def construct_layer(
        self, interp: Interpreter, instance: Instance, owner: Class, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node
    ) -> None:
        if owner.name == MODULE:
            return
        if owner.name in building.CONTAINERS:
            containers.fill(interp, instance, args, kwargs)
            return
        building.construct(self, interp, instance, owner, args, kwargs, frame, node)

    def constructed_blind(self, interp: Interpreter, instance: Instance, owner: Class, args: list[Any], kwargs: dict[str, Any]) -> None:
        for index, value in enumerate(args):
            if index == 0 and "config" not in instance.attrs and not isinstance(value, (Tensor, Instance)) or isinstance(value, Instance) and not self.is_module(value):
                interp.heap.set_item(instance.attrs, "config", value)
        if "config" in kwargs:
            interp.heap.set_item(instance.attrs, "config", kwargs["config"])

    def failed_construction(self, interp: Interpreter, instance: Instance, reason: str) -> None:
        interp.heap.set_item(instance.attrs, "#failed", reason)
        self.failures.append(reason)

    def run_module(self, interp: Interpreter, instance: Instance, call: Call) -> Any:
        values = [*call.args, *call.kwargs.values()]
        if not self.tracing:
            return self.rehearse(interp, instance, call)
        if id(instance) in self.running and len(self.running) > 40:
            return self.opaque(values, call)
        forward, owner = find_member(instance.cls, "forward")
        self.running.append(id(instance))
        try:
            if isinstance(forward, Function):
                return interp.call(Method(forward, instance), call.args, call.kwargs, call.frame, call.node)
            return self.run_table_layer(interp, instance, call)
        finally:
            self.running.pop()

    def rehearse(self, interp: Interpreter, instance: Instance, call: Call) -> Any:
        """A forward pass in the middle of construction, run for the shapes that come out."""
        source = Op(kind="input")
        args = [replace(a, op=source) if isinstance(a, Tensor) else a for a in call.args]
        outer, self.layers = self.layers, {}
        self.tracing = True
        try:
            result = interp.call(instance, args, call.kwargs, call.frame, call.node)
        finally:
            self.tracing, self.layers = False, outer
        return settled(result)

    def layer_of(self, instance: Instance) -> Layer:
        """The graph layer of a module; while shapes are rehearsed, a stand-in."""
        layer = self.layers.get(id(instance))
        if layer is None:
            layer = self.layers[id(instance)] = Layer(path="", kind="", class_name=instance.cls.name, arguments=instance.arguments)
        return layer

    def run_table_layer(self, interp: Interpreter, instance: Instance, call: Call) -> Any:
        """A layer whose forward pass the tables describe."""
        values = [*call.args, *call.kwargs.values()]
        kind = containers.kind_of(instance)
        if kind == "sequence" and instance.cls.derives("torch.nn.Sequential"):
            value: Any = call.args[0] if call.args else Unknown("no input")
            for module in instance.modules.values():
                value = interp.call(module, [value], {}, call.frame, call.node)
            return value
        spec = next((c.spec for c in instance.cls.mro if c.spec is not None), None)
        if spec is None or kind is not None:
            return self.opaque(values, call)
        return signals.run_layer(self.layer_of(instance), instance, spec.role, spec.name, call)

    def opaque(self, values: list[Any], call: Call) -> Any:
        return signals.signal(Op(kind="opaque", inputs=signals.sources(values), site=call.site))

    def module_attribute(self, interp: Interpreter, instance: Instance, name: str, frame: Frame, node: p.Node) -> Any:
        if not self.is_module(instance):
            return ABSENT
        kind = containers.kind_of(instance)
        if kind is not None and name in containers.METHODS[kind]:
            return Method(Builtin(name, containers.METHODS[kind][name]), instance)
        if name in methods.METHODS:
            return Method(Builtin(name, methods.METHODS[name]), instance)
        if name == "training":
            return True
        if name == "all_weights" and isinstance(instance.attrs.get("_all_weights"), list):
            return [[instance.parameters.get(key) for key in keys] for keys in instance.attrs["_all_weights"]]
        if name in ("_modules", "_parameters", "_buffers"):
            return getattr(instance, name[1:])
        if name == "forward":
            return Builtin("forward", lambda call: self.run_table_layer(interp, instance, call))
        return self._drawing_method(interp, instance, name)

    def _drawing_method(self, interp: Interpreter, instance: Instance, name: str) -> Any:
        spec_class = next((c for c in instance.cls.mro if c.spec is not None), None)
        if spec_class is not None and spec_class.spec is not None:
            if name == "reset_parameters" and spec_class.spec.reset:
                return Builtin(name, lambda call: building.reset(self, interp, instance, spec_class, call.frame, call.node))
            if name in spec_class.spec.methods:
                return Builtin(name, lambda call: building.run_method(self, interp, instance, spec_class, name, call.frame, call.node))
        if instance.cls.uncertain and name in ("post_init", "init_weights"):
            routine, _ = find_member(instance.cls, "_init_weights")
            if isinstance(routine, Function):
                bound = Method(routine, instance)
                return Builtin(name, lambda call: interp.call(Method(Builtin("apply", methods.METHODS["apply"]), instance), [bound], {}, call.frame, call.node))
        return ABSENT

    def signature(self, cls: Class) -> list[tuple[str, str, Any]]:
        spec = cls.spec.signature if cls.spec is not None else ""
        return [(name, kind, External("inspect._empty") if default is REQUIRED else default) for name, kind, default in parse(spec)]

    def class_attribute(self, interp: Any, cls: Class, name: str) -> Any:
        """An unbound method of a framework class: ``nn.Module.__init__``, ``nn.Linear.reset_parameters``."""
        if name == "__init__" and any(c.name == MODULE or c.spec for c in cls.mro):

            def initialise(call: Call) -> None:
                from initlint.interpreter.calls import initialise

                if call.args and isinstance(call.args[0], Instance):
                    initialise(call.interp, call.args[0], cls, call.args[1:], call.kwargs, call.frame, call.node)

            return Builtin(f"{cls.name}.__init__", initialise)
        if cls.name == "torch.nn.Embedding" and name == "from_pretrained":
            return Builtin(name, lambda call: functions.pretrained_embedding(self, call))
        if any(c.name == MODULE for c in cls.mro):
            return Builtin(name, lambda call: self._unbound(call, name))
        return ABSENT

    def _unbound(self, call: Call, name: str) -> Any:
        if not call.args or not isinstance(call.args[0], Instance):
            return Unknown(f"{name} of a class")
        found = self.module_attribute(call.interp, call.args[0], name, call.frame, call.node)
        return call.interp.call(found, call.args[1:], call.kwargs, call.frame, call.node) if found is not ABSENT else Unknown(f"{name} is not followed")

    def register(self, interp: Interpreter, instance: Instance, registry: str, name: str, value: Any) -> None:
        """Put a value into one registry and out of the others."""
        if isinstance(value, (OneOf, Unknown)):
            registry = "attrs"
        for other in ("attrs", "parameters", "modules", "buffers"):
            if other != registry:
                interp.heap.delete_item(getattr(instance, other), name)
        interp.heap.set_item(getattr(instance, registry), name, value)

    def set_module_attribute(self, interp: Interpreter, instance: Instance, name: str, new: Any, frame: Frame, node: p.Node) -> None:
        if isinstance(new, Tensor) and new.parameter:
            registry = "parameters"
        elif isinstance(new, Instance) and self.is_module(new):
            registry = "modules"
        elif new is None and name in instance.parameters:
            registry = "parameters"
        elif new is None and name in instance.modules:
            registry = "modules"
        elif name in instance.buffers and (new is None or isinstance(new, Tensor)):
            registry = "buffers"
        else:
            registry = "attrs"
        if registry == "attrs" and not instance.parameters and not instance.modules and not instance.buffers:
            interp.heap.set_item(instance.attrs, name, new)
            return
        if getattr(instance, registry).get(name, ABSENT) is not ABSENT:
            interp.heap.set_item(getattr(instance, registry), name, new)
            return
        self.register(interp, instance, registry, name, new)

    def instance_truth(self, instance: Instance) -> Optional[bool]:
        if containers.kind_of(instance) is None:
            return True
        elements = containers.registry(instance)
        return None if elements and all(name.startswith("*") for name in elements) else bool(elements)

    def iterate(self, instance: Instance) -> Optional[list[Any]]:
        return containers.items_of(instance)

    def container_keys(self, instance: Instance) -> Optional[list[str]]:
        return list(containers.registry(instance)) if containers.kind_of(instance) else None

    def container_item(self, interp: Interpreter, instance: Instance, index: Any) -> Any:
        if containers.kind_of(instance) is None:
            return super().container_item(interp, instance, index)
        return containers.get(interp, instance, index)

    def set_container_item(self, interp: Interpreter, instance: Instance, index: Any, new: Any, frame: Frame, node: p.Node) -> None:
        if containers.kind_of(instance) is not None:
            containers.set_element(interp, instance, index, new)

    def delete_container_item(self, interp: Interpreter, instance: Instance, index: Any) -> None:
        if containers.kind_of(instance) is not None:
            containers.delete_element(interp, instance, index)

    def misuse(self, call: Call, name: str, what: str) -> None:
        """An initializer call that would fail."""
        self.misuses.append((name, what, call.site))

    # ---- tensors ----

    def binary(self, interp: Interpreter, op: str, left: Any, right: Any, frame: Frame, node: p.Node) -> Any:
        if signals.sources([left, right]):
            return signals.arithmetic(op, left, right, interp.site(node, frame), self.owners)
        for value in (left, right):
            if isinstance(value, Unknown):
                other = right if value is left else left
                return tensors.new_tensor(other.shape if isinstance(other, Tensor) else None, None, reason=value.reason)
        return tensors.arithmetic(op, left, right)

    def add(self, interp: Interpreter, left: Any, right: Any) -> Any:
        return containers.joined(interp, left, right) if isinstance(left, Instance) else ABSENT

    def inplace(self, interp: Interpreter, op: str, left: Tensor, right: Any, frame: Frame, node: p.Node) -> None:
        made = self.binary(interp, op, left, right, frame, node)
        law = made.storage.distribution if isinstance(made, Tensor) else None
        write(interp, left, f"torch.Tensor.__i{op}__", Origin.FILL, law, interp.site(node, frame), reason="changed in place by values that are not known")
        left.data = made.data if isinstance(made, Tensor) and left.whole else None

    def tensor_attribute(self, interp: Interpreter, value: Tensor, name: str, frame: Frame, node: p.Node) -> Any:
        return tensor_attribute(self, interp, value, name, frame, node)

    def set_tensor_attribute(self, interp: Interpreter, value: Tensor, name: str, new: Any, frame: Frame, node: p.Node) -> None:
        if name == "data":
            law = current(new) if isinstance(new, Tensor) else None
            reason = new.storage.reason if isinstance(new, Tensor) else unknown(new) or "values computed by code"
            write(interp, value, "torch.Tensor.data", Origin.COPY, law, interp.site(node, frame), reason=reason or "values computed by code")
            if isinstance(new, Tensor) and new.shape is not None:
                value.shape = new.shape
        elif name == "requires_grad":
            value.requires_grad = new is not False
        else:
            interp.heap.set_item(value.attrs, name, new)

    def tensor_item(self, interp: Interpreter, value: Tensor, index: Any, frame: Frame, node: p.Node) -> Any:
        if value.op is not None:
            return signals.signal(Op(kind="view", name="[]", inputs=[value.op], site=interp.site(node, frame)))
        return tensors.item(value, index)

    def set_tensor_item(self, interp: Interpreter, value: Tensor, index: Any, new: Any, frame: Frame, node: p.Node) -> None:
        if value.op is not None:
            found = signals.sources([new])
            if found:
                value.op = signals.signal(Op(kind="choice", inputs=[value.op, *found])).op
            return
        part = tensors.item(value, index)
        made = tensors.from_data(new)
        write(interp, part, "torch.Tensor.__setitem__", Origin.COPY, made.storage.distribution, interp.site(node, frame), reason=made.storage.reason)

    def rows(self, value: Tensor) -> Optional[list[Any]]:
        if value.op is not None:
            return [Repeat(signals.signal(Op(kind="view", name="rows", inputs=[value.op])))]
        if isinstance(value.data, list) and value.shape is not None and len(value.shape) == 1:
            return [tensors.from_data(v) for v in value.data]
        if value.shape and isinstance(value.shape[0], int) and value.shape[0] <= 256:
            return [tensors.item(value, i) for i in range(value.shape[0])]
        return None

    def unpack(self, value: Tensor, count: int) -> Optional[list[Any]]:
        if value.op is not None:
            return [signals.signal(Op(kind="view", name="part", inputs=[value.op])) for _ in range(count)]
        rows = self.rows(value)
        return rows if rows is not None and len(rows) == count else None


def settled(value: Any) -> Any:
    """What a rehearsal returned, as tensors of which only the shape is known."""
    if isinstance(value, Tensor):
        return tensors.new_tensor(value.shape, None, reason="the output of a module")
    if isinstance(value, (list, tuple)):
        return type(value)(settled(v) for v in value)
    if isinstance(value, dict):
        return {k: settled(v) for k, v in value.items()}
    return value


def coarse(value: Any, depth: int = 0) -> Any:
    """A value without its sizes: what decides the structure of a model."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (list, tuple)):
        return frozenset(coarse(v, depth + 1) for v in value)
    if isinstance(value, Instance) and depth < 3:
        attributes = frozenset((name, coarse(v, depth + 1)) for name, v in value.attrs.items() if not name.startswith("#"))
        return (id(value.cls), attributes)
    if isinstance(value, (Class, Function, Instance)):
        return id(value)
    if isinstance(value, Partial):
        return (coarse(value.func, depth + 1), frozenset((k, coarse(v, depth + 1)) for k, v in value.kwargs.items()))
    return value.name if isinstance(value, (External, Builtin)) else "#"


def _name_of(func: Any) -> str:
    if isinstance(func, (External, Class, Builtin)):
        return func.name
    if isinstance(func, Function):
        return func.qualname or func.name
    return _name_of(func.function) if isinstance(func, Method) else ""


def _reached(values: list[Any]) -> list[Tensor]:
    """Every parameter that can be reached from ``values``."""
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, Instance):
            found += [tensor for _, tensor in building.named_tensors(value)]
        elif isinstance(value, (list, tuple)):
            found += _reached(list(value))
    return found
