"""The hooks of the interpreter, answered for PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.adapters.arrays import formulas, plain
from initlint.adapters.arrays import functions as arrays
from initlint.adapters.declared import drawing, functional
from initlint.adapters.declared import functions as of_declared
from initlint.adapters.declared import modules as declared
from initlint.adapters.torch import arithmetic, building, containers, forward, functions, graphs, idle, members, names, registries, signals, tensors, views
from initlint.adapters.torch.attributes import BY_OPERATOR, tensor_attribute
from initlint.adapters.torch.binding import REQUIRED, Sizes, parse
from initlint.adapters.torch.escape import escape
from initlint.adapters.torch.factories import takes_sizes
from initlint.adapters.torch.inits import COPIED, note_copied
from initlint.adapters.torch.matrices import computed
from initlint.adapters.torch.misspelt import note_misspelt
from initlint.adapters.torch.recording import Recorder
from initlint.adapters.torch.witness import Witness, dotted
from initlint.adapters.torch.writes import current, write
from initlint.graph import Layer, ModelGraph, Op, Origin, Parameter, tick
from initlint.interpreter import stdlib
from initlint.interpreter.classes import linearise
from initlint.interpreter.framework import Framework
from initlint.interpreter.nametests import name_tests
from initlint.interpreter.scope import Frame
from initlint.interpreter.values import ABSENT, Builtin, Class, External, Function, Instance, Repeat, Storage, Tensor, Unknown, unknown
from initlint.overlays import libraries
from initlint.overlays.declared.catalogue import INITIALIZERS as DECLARED_INITIALIZERS
from initlint.overlays.declared.names import ROOTS
from initlint.overlays.torch_layers import LAYERS

if TYPE_CHECKING:
    from initlint.adapters.declared.variables import Store
    from initlint.findings import Site
    from initlint.interpreter.calls import Call
    from initlint.interpreter.core import Interpreter

PARAMETER_CLASSES = ("torch.nn.Parameter", "torch.nn.parameter.Parameter")
TENSOR_CLASSES = ("torch.Tensor", "torch.FloatTensor")
PLAIN_NEVER = ("torch.", "numpy.", "keras.", "jax.", "flax.")
"""How names of classes start that no number, string or list is an instance of."""
MAX_ROWS = 256
"""Longer tensors are not iterated row by row."""


def may_switch_off_grad(manager: Any) -> bool:
    """Whether code under a ``with`` statement or decorator may run without gradients."""
    return not isinstance(manager, External) or "grad" in manager.name or "inference" in manager.name


class TorchFramework(Framework):
    """PyTorch as the interpreter sees it. One instance serves one interpreter."""

    takes_sizes = staticmethod(takes_sizes)

    def __init__(self) -> None:
        self.classes: dict[str, Class] = {}
        self.sizes = Sizes()
        self.recorder = Recorder()
        self.failures: list[str] = []
        """Why constructors could not be followed."""
        self.witness = Witness()
        self.routines = idle.Routines()
        self.plain_nets = False
        """Whether plain objects that hold arrays count as models in the file at hand."""
        self.graph_mode = False
        """Whether the file at hand is one of TensorFlow 1; ``store`` is the graph that it is building."""
        self.store: Optional[Store] = None
        self.tracing = False
        """Whether a forward pass runs; outside of one, modules are called for the shapes that come out."""
        self.running: list[int] = []
        """Identities of the modules whose forward pass is running, from the outside in."""
        self.ran: set[int] = set()
        """Identities of those that have run since the trace began."""
        self.layers: dict[int, Layer] = {}
        """Graph layers by the identity of their module."""
        self.called: dict[int, tuple[Any, Instance]] = {}
        """The outermost module by the identity of the graph layer, or of the last operation, that it had while it ran outside of a forward pass."""
        self.applying: Optional[Instance] = None
        """That module, while it runs."""
        self.graph: Optional[ModelGraph] = None
        """The graph whose forward pass is traced: modules that are constructed in it enter there."""
        self.sources: dict[Any, tuple[Any, Storage]] = {}
        """What was drawn from each key or initializer that gives the same numbers again."""
        self.late: list[Instance | Tensor] = []
        """What the forward pass itself made, which may be held by nothing else: an identity must not come again."""
        self.owners: dict[int, Parameter] = {}
        """Graph parameters by the identity of their tensor and of its storage, while a forward pass is traced."""
        self.externals: dict[str, Any] = {}
        """Names of libraries that were looked up."""

    # ---- names ----

    def knows(self, dotted: str) -> bool:
        return dotted.partition(".")[0] in names.DESCRIBED

    def external(self, dotted: str) -> Any:
        return names.external(self, dotted)

    def starred(self, module: str, name: str) -> Any:
        return names.starred(self, module, name)

    def layer_class(self, name: str) -> Class:
        """The class of a table layer, made on first use."""
        if name not in self.classes:
            spec = LAYERS.get(name) or libraries.LAYERS.get(name) or declared.LAYERS.get(name) if name not in ROOTS else None
            cls = Class(name, [self.layer_class(base) for base in spec.bases] if spec is not None else [], {}, spec=spec)
            also = [self.layer_class("keras.layers.Layer")] if name == "keras.Model" else []
            cls.follow([*linearise(cls), *also])
            if name == "flax.linen.Module":  # its subclasses are dataclasses
                cls.fields = []
            self.classes[name] = cls
        return self.classes[name]

    def call_external(self, name: str, call: Call) -> Any:
        handled = functions.call(self, name, call)
        if handled is not ABSENT:
            return handled
        followed = stdlib.follow(name, call)
        if followed is ABSENT and (meant := names.misspelt(name)):
            text = f"`{name}` does not exist: did you mean `{meant}`?"
            self.mistake(call.interp, "unknown-name", call.node, call.frame, text, name=name, meant=meant)
        return followed if followed is not ABSENT else super().call_external(name, call)

    def escape(self, interp: Interpreter, func: Any, values: list[Any], reason: str, frame: Frame, node: p.Node) -> Any:
        if isinstance(func, Tensor) and func.parameter and interp.heap.decided:
            called = dotted(node.func) if isinstance(node, p.Call) else ""
            text = f"`{called or 'a parameter'}` is a tensor and cannot be called: TypeError"
            self.mistake(interp, "called-tensor", node, frame, text, name=called)
        self.witness.escaped(interp, values, frame, node)
        return escape(self, interp, func, values, reason, node, interp.site(node, frame))

    def mistake(self, interp: Interpreter, kind: str, node: p.Node, frame: Frame, text: str, **detail: Any) -> None:
        if not self.tracing:
            self.witness.mistake(interp, kind, interp.site(node, frame), text, **detail)

    def called_alone(self, interp: Interpreter, func: Function, names: dict[str, Any], frame: Frame, node: p.Node) -> Optional[Callable[[], None]]:
        if self.tracing:
            return None
        idle.note_dropped(self, interp, func, names, frame, node)
        return idle.watch(self, interp, func, names, frame, node)

    def filled(self, func: Function, call: Call) -> None:
        if func.name in COPIED:
            note_copied(func, call)

    def names_walked(self, interp: Interpreter, loop: p.For, items: list[Any], frame: Frame) -> None:
        if self.tracing or not self.witness.walks or self.witness.walks[-1].site != interp.site(loop.iter, frame):
            return
        if not all(building.is_known(module) for _, module in building.named_modules(self.witness.walks[-1].root)):
            return
        names = [item[0] for item in items if isinstance(item, tuple) and isinstance(item[0], str)]
        for test in name_tests(loop):
            self.witness.named(interp.site(test.node, frame), test, names)

    # ---- construction ----

    def start_recording(self, seen: Optional[set[Any]]) -> None:
        """Collect every module that is constructed; with ``seen``, give up on constructions that differ only in sizes."""
        self.recorder.start(seen)
        self.failures = []
        self.witness.start()

    def stop_recording(self) -> list[Instance]:
        """The modules constructed since ``start_recording``, in the order in which their construction began."""
        return self.recorder.stop()

    def born(self, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> None:
        instance.time = tick()
        if instance.cls.spec is None and (self.is_module(instance) or (self.plain_nets and plain.forward_method(instance.cls) is not None)):
            self.recorder.born(instance, args, kwargs)

    def births(self) -> list[Instance]:
        return self.recorder.instances

    def drawn(self) -> int:
        return len(self.witness.drawn)

    def mark(self) -> Any:
        return self.witness.mark()

    def account(self, mark: Any, memo: dict[int, Any]) -> Any:
        return self.witness.account(mark, memo)

    def recalled(self, made: list[Instance | Storage], births: list[Instance], account: Any, memo: dict[int, Any]) -> None:
        self.recorder.recalled(made, births, self.witness.retell(account, memo))

    def hidden_state(self) -> Any:
        return (self.sizes.count, len(self.failures), self.witness.noted)

    def may_recall(self) -> bool:
        return not (self.tracing or self.witness.loose) and (self.recorder.seen is None or bool(self.recorder.instances))

    def construct_layer(
        self, interp: Interpreter, instance: Instance, owner: Class, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node
    ) -> None:
        interp.heap.set_item(instance.attrs, registries.READY, True)
        if owner.name in building.CONTAINERS:
            containers.fill(interp, instance, args, kwargs)
        elif owner.name in DECLARED_INITIALIZERS:
            reason = drawing.declare(instance, owner.name, args, kwargs)
            if reason:
                self.failed_construction(interp, instance, reason)
        elif owner.name in functional.ROOTS:
            functional.constructed(self, instance, args, kwargs)
        elif owner.name not in ROOTS:
            building.construct(self, interp, instance, owner, args, kwargs, frame, node)
        if owner.name in declared.SEQUENCES:
            declared.fill(interp, instance)

    def constructed(self, interp: Interpreter, instance: Instance, frame: Frame, node: p.Node) -> None:
        of_declared.constructed(interp, instance, frame, node)
        self.witness.constructed(instance)

    def enter_late(self, instance: Instance) -> Layer:
        """The layer of a module that is constructed while a forward pass is traced."""
        assert self.graph is not None
        return graphs.enter_late(self, self.graph, instance)

    def enter_late_parameter(self, owner: Instance, name: str, tensor: Tensor) -> None:
        """A parameter that a forward pass declares enters the graph that is traced."""
        graphs.enter_late_parameter(self, owner, name, tensor)

    def refresh(self, tensor: Tensor) -> None:
        """A parameter took its sizes after the graph was made: enter them there."""
        graphs.refresh(self, tensor)

    def constructed_blind(self, interp: Interpreter, instance: Instance, owner: Class, args: list[Any], kwargs: dict[str, Any]) -> None:
        interp.heap.set_item(instance.attrs, registries.READY, True)
        members.constructed_blind(self, interp, instance, args, kwargs)

    def failed_construction(self, interp: Interpreter, instance: Instance, reason: str) -> None:
        interp.heap.set_item(instance.attrs, "#failed", reason)
        self.failures.append(reason)

    # ---- classes and modules ----

    def extra_fields(self, cls: Class) -> tuple[str, ...]:
        return ("name",) if cls.derives("flax.linen.Module") else ()

    def is_root(self, cls: Class) -> bool:
        return cls.name in ROOTS

    def is_module(self, instance: Instance) -> bool:
        return not ROOTS.keys().isdisjoint(instance.cls.names) or instance.cls.uncertain

    def is_instance(self, value: Any, cls: Class) -> Optional[bool]:
        return None if isinstance(value, (External, Builtin)) else False

    def is_external_instance(self, value: Any, name: str) -> Optional[bool]:
        if isinstance(value, External):
            return arrays.is_generator(value.name, name)
        if isinstance(value, Tensor):
            if name in PARAMETER_CLASSES:
                return value.parameter
            return True if name in TENSOR_CLASSES else False if name.startswith("torch.") else None
        if value is None or isinstance(value, (int, float, str, bool, list, tuple, dict)):
            return False if name.startswith(PLAIN_NEVER) else None
        return False if name in (*PARAMETER_CLASSES, *TENSOR_CLASSES) and isinstance(value, Instance) and self.is_module(value) else None

    def run_module(self, interp: Interpreter, instance: Instance, call: Call) -> Any:
        return forward.run_module(self, instance, call)

    def call_object(self, interp: Interpreter, instance: Instance, call: Call) -> Any:
        return of_declared.drawn(instance, call) if instance.cls.name in DECLARED_INITIALIZERS else ABSENT

    def module_attribute(self, interp: Interpreter, instance: Instance, name: str, frame: Frame, node: p.Node) -> Any:
        return members.module_attribute(self, interp, instance, name) if self.is_module(instance) else ABSENT

    def missing_attribute(self, interp: Interpreter, instance: Instance, name: str, frame: Frame, node: p.Node) -> None:
        members.missing_attribute(self, interp, instance, name, frame, node)

    def attribute_of_none(self, interp: Interpreter, name: str, frame: Frame, node: p.Node) -> None:
        members.attribute_of_none(self, interp, name, frame, node)

    def class_attribute(self, interp: Interpreter, cls: Class, name: str) -> Any:
        return members.class_attribute(self, cls, name)

    def signature(self, cls: Class) -> list[tuple[str, str, Any]]:
        spec = cls.spec.signature if cls.spec is not None else ""
        return [(name, kind, External("inspect._empty") if default is REQUIRED else default) for name, kind, default in parse(spec)]

    def set_module_attribute(self, interp: Interpreter, instance: Instance, name: str, new: Any, frame: Frame, node: p.Node) -> None:
        if registries.too_early(instance, new):
            text = f"`self.{name}` is assigned before `super().__init__()` has run: AttributeError"
            self.mistake(interp, "before-init", node, frame, text, name=name, class_name=instance.cls.name)
        note_misspelt(self, interp, instance, name, new, frame, node)
        registries.set_module_attribute(self, interp, instance, name, new)

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

    def add(self, interp: Interpreter, left: Any, right: Any) -> Any:
        return containers.joined(interp, left, right) if isinstance(left, Instance) else ABSENT

    # ---- tensors ----

    def binary(self, interp: Interpreter, op: str, left: Any, right: Any, frame: Frame, node: p.Node) -> Any:
        if self.tracing and op == "@":
            left, right = signals.presumed([left, right], self.owners)
        if signals.sources([left, right]):
            return signals.arithmetic(op, left, right, interp.site(node, frame), self.owners)
        for value, other in ((left, right), (right, left)):
            if isinstance(value, Unknown):
                return tensors.new_tensor(other.shape if isinstance(other, Tensor) else None, None, reason=value.reason)
        made = arithmetic.arithmetic(op, left, right)
        return computed(op, left, right, made) if self.tracing else made

    def compare(self, op: str, left: Tensor, right: Any) -> Any:
        mask = formulas.compared(op, left, right)
        return mask if mask is not None else super().compare(op, left, right)

    def inplace(self, interp: Interpreter, op: str, left: Tensor, right: Any, frame: Frame, node: p.Node) -> None:
        made = self.binary(interp, op, left, right, frame, node)
        law = made.storage.distribution if isinstance(made, Tensor) else None
        write(interp, left, BY_OPERATOR.get(op, op), Origin.FILL, law, interp.site(node, frame), reason="changed in place by values that are not known")
        interp.heap.set_field(left, "data", made.data if isinstance(made, Tensor) and left.whole else None)

    def changed_in_place(self, interp: Interpreter, value: Tensor, name: str, site: Site) -> None:
        short = name.rpartition(".")[2]
        if value.requires_grad and short != "data" and not self.tracing and interp.heap.decided and not any(map(may_switch_off_grad, interp.managers)):
            text = f"`{short.replace('__setitem__', '[…] = …')}` writes into a parameter that requires grad outside `torch.no_grad()`: RuntimeError"
            self.witness.mistake(interp, "leaf-in-place", site, text, function=short)

    def tensor_attribute(self, interp: Interpreter, value: Tensor, name: str, frame: Frame, node: p.Node) -> Any:
        return tensor_attribute(self, interp, value, name, frame, node)

    def set_tensor_attribute(self, interp: Interpreter, value: Tensor, name: str, new: Any, frame: Frame, node: p.Node) -> None:
        if name == "data":
            law = current(new) if isinstance(new, Tensor) else None
            reason = new.storage.reason if isinstance(new, Tensor) else unknown(new)
            write(interp, value, "torch.Tensor.data", Origin.COPY, law, interp.site(node, frame), reason=reason or tensors.COMPUTED)
            if isinstance(new, Tensor) and new.shape is not None:
                interp.heap.set_field(value, "shape", new.shape)
        elif name == "requires_grad":
            interp.heap.set_field(value, "requires_grad", new is not False)
        else:
            interp.heap.set_item(value.attrs, name, new)

    def tensor_item(self, interp: Interpreter, value: Tensor, index: Any, frame: Frame, node: p.Node) -> Any:
        if value.op is not None:
            made = signals.signal(Op(kind="view", name="[]", inputs=[value.op], site=interp.site(node, frame)))
            made.shape = views.item(Tensor(Storage(value.shape), value.shape), index).shape if value.shape is not None else None
            return made
        return views.item(value, index)

    def set_tensor_item(self, interp: Interpreter, value: Tensor, index: Any, new: Any, frame: Frame, node: p.Node) -> None:
        if value.op is not None:
            found = signals.sources([new])
            if found:
                value.op = signals.signal(Op(kind="choice", inputs=[value.op, *found])).op
            return
        made = tensors.from_data(new)
        site = interp.site(node, frame)
        if value.parameter:
            self.changed_in_place(interp, value, "torch.Tensor.__setitem__", site)
        write(interp, views.item(value, index), "torch.Tensor.__setitem__", Origin.COPY, made.storage.distribution, site, reason=made.storage.reason)

    def rows(self, value: Tensor) -> Optional[list[Any]]:
        if value.op is not None:
            return [Repeat(signals.signal(Op(kind="view", name="rows", inputs=[value.op])))]
        if isinstance(value.data, list) and value.shape is not None and len(value.shape) == 1:
            return [tensors.from_data(v) for v in value.data]
        if value.shape and isinstance(value.shape[0], int) and value.shape[0] <= MAX_ROWS:
            return [views.item(value, i) for i in range(value.shape[0])]
        return None

    def unpack(self, value: Tensor, count: int) -> Optional[list[Any]]:
        if value.op is not None:
            return [signals.signal(Op(kind="view", name="part", inputs=[value.op])) for _ in range(count)]
        rows = self.rows(value)
        return rows if rows is not None and len(rows) == count else None
