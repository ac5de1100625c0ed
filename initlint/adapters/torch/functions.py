"""Functions under ``torch``, ``torch.nn.init``, ``torch.nn.functional`` and ``torch.nn.utils``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional

from initlint.adapters.arrays import functions as array_functions
from initlint.adapters.declared import functions as declared
from initlint.adapters.declared import operations
from initlint.adapters.torch import factories, helpers, inits, matrices, signals, tensors, wrappers
from initlint.adapters.torch.attributes import tensor_attribute
from initlint.adapters.torch.building import named_tensors
from initlint.adapters.torch.writes import current, write
from initlint.graph import Op, Origin
from initlint.interpreter.iteration import elements_of
from initlint.interpreter.operators import binary
from initlint.interpreter.values import ABSENT, External, Instance, Repeat, Tensor, Unknown
from initlint.overlays.torch_helpers import COPIES, HELPERS
from initlint.overlays.torch_init import FACTORIES, INITIALIZERS
from initlint.theory.fans import torch_fans

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.interpreter.calls import Call

Handler = Callable[["TorchFramework", "Call"], Any]

FALSE = {
    "torch.jit.is_scripting", "torch.jit.is_tracing", "torch.onnx.is_in_onnx_export", "torch.compiler.is_compiling", "torch.compiler.is_exporting",
    "torch.cuda.is_available", "torch.distributed.is_initialized", "torch.distributed.is_available", "torch._dynamo.is_compiling",
    "torch.backends.mps.is_available", "torch.is_autocast_enabled", "torch.fx._symbolic_trace.is_fx_tracing", "torch.overrides.has_torch_function",
    "torch.npu.is_available", "torch.xpu.is_available",
}  # fmt: skip
"""Questions about the run, answered for a plain one on a CPU."""
IDENTITY = {
    "torch.compile", "torch.jit.script", "torch.jit.ignore", "torch.jit.unused", "torch.jit.export", "torch.fx.wrap", "torch.jit.interface",
    "torch.jit.script_method", "torch.jit.script_if_tracing", "torch.nn.SyncBatchNorm.convert_sync_batchnorm", "torch.jit._overload_method", "torch.no_grad",
    "torch.inference_mode", "torch.enable_grad", "torch.cuda.amp.autocast", "torch._dynamo.disable", "torch.amp.custom_fwd", "torch.compiler.disable",
}  # fmt: skip
"""Functions that return what they are given, and decorators; without an argument they make one."""
NO_TENSOR = {
    "torch.load", "torch.device", "torch.Generator", "torch.finfo", "torch.iinfo", "torch.get_default_dtype", "torch.get_default_device", "torch.Stream",
}  # fmt: skip
"""Functions of the top level whose result is something else than one tensor."""
PRODUCTS = {"torch.matmul", "torch.mm", "torch.bmm", "torch.einsum", "torch.tensordot", "torch.nn.functional.linear"}
"""Functions that multiply their arguments."""
SILENT = (
    "torch.manual_seed", "torch.cuda.manual_seed", "torch._assert", "torch.set_", "torch._C._log_api_usage", "torch.cuda.empty_cache", "torch.random.",
    "torch.backends.", "torch.utils.data", "torch.distributed.barrier", "torch.nn.utils.clip_grad", "torch._check",
)  # fmt: skip
"""How names start of functions that are called for what they do to the process."""
FORKED = "torch.random.fork_rng()"


def call(framework: TorchFramework, name: str, call: Call) -> Any:
    """The value of a call of ``name``, or ABSENT where nothing is known about it."""
    handler = HANDLERS.get(name)
    if handler is not None:
        return handler(framework, call)
    if framework.tracing and name in PRODUCTS:
        call.args = signals.presumed(call.args, framework.owners)
    found = signals.sources([*call.args, *call.kwargs.values()])
    if not name.startswith("torch."):  # libraries beside torch that touch signals, such as einops
        if name in HELPERS:
            return helpers.fill(name, call)
        if name in COPIES:
            return inits.initialise(call, COPIES[name])
        if name in declared.FUNCTIONS:
            return declared.FUNCTIONS[name](call)
        if name.startswith("tensorflow.") and (made := operations.call(name, call)) is not ABSENT:
            return made
        of_arrays = array_functions.call(framework, name, call)
        if of_arrays is not ABSENT:
            return of_arrays
        made = signals.function(name, call, framework.owners) if found else None
        return made if made is not None else ABSENT
    if name in INITIALIZERS:
        return inits.initialise(call, name)
    if name in FACTORIES and not (name.endswith("_like") and found):
        return factories.make(call, name)
    if name in FALSE:
        return False
    if name in IDENTITY:
        return call.args[0] if call.args and not isinstance(call.args[0], bool) else External(f"{name}()")
    if name in wrappers.HOOKS or name in wrappers.PARAMETRIZATIONS:
        return wrappers.wrap(call, name)
    if found:
        made = signals.function(name, call, framework.owners)
        return made if made is not None else signals.signal(Op(kind="opaque", name=name, inputs=found, site=call.site))
    if name.startswith(SILENT):
        return None
    return _on_tensors(framework, name, call)


def _on_tensors(framework: TorchFramework, name: str, call: Call) -> Any:
    """``torch.f(tensor)`` before the forward pass: as the method where there is one."""
    if name.startswith("torch.nn.init.") or name in NO_TENSOR:
        return ABSENT
    if framework.tracing and name == "torch.complex" and len(call.args) == 2 and isinstance(call.args[0], Tensor):
        return call.args[0]  # a weight held in two parts is multiplied by as its real part is
    if call.args and isinstance(call.args[0], Tensor):
        method = tensor_attribute(framework, call.interp, call.args[0], name.rpartition(".")[2], call.frame, call.node)
        return call.interp.call(method, call.args[1:], call.kwargs, call.frame, call.node)
    if framework.tracing and name == "torch.einsum" and (mixed := _mixed(call)) is not None:
        return mixed
    if any(isinstance(a, Tensor) for a in call.args):
        return tensors.new_tensor(None, None, reason=f"computed by {name}()")
    if framework.tracing:
        return Unknown(f"{name}() is not followed")
    return tensors.new_tensor(None, None, reason=f"computed by {name}()") if name.count(".") == 1 else ABSENT


def _mixed(call: Call) -> Optional[Tensor]:
    """What an einsum of parameters alone makes of a stack of matrices."""
    equation, operands = call.args[0] if call.args else None, call.args[1:]
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = list(operands[0])
    if not isinstance(equation, str) or not all(isinstance(one, Tensor) and one.op is None for one in operands):
        return None
    return matrices.mixed_by(equation, operands)


def parameter(framework: TorchFramework, call: Call) -> Any:
    """``nn.Parameter(data, requires_grad=True)``: the same memory, registered on assignment."""
    data = call.get(0, "data")
    wanted = call.get(1, "requires_grad", True) is not False
    if isinstance(data, Repeat):
        data = data.value
    if isinstance(data, Tensor) and data.op is None:
        if data.whole:
            return Tensor(data.storage, data.shape, parameter=True, requires_grad=wanted, data=data.data, transposed=data.transposed)
        own = tensors.new_tensor(data.shape, data.storage.base, reason=data.storage.reason or "a part of another tensor")
        return Tensor(own.storage, data.shape, parameter=True, requires_grad=wanted, data=data.data, transposed=data.transposed)
    shape = (0,) if data is None else None
    reason = data.reason if isinstance(data, Unknown) else tensors.COMPUTED if data is not None else ""
    return Tensor(tensors.new_tensor(shape, None, reason=reason).storage, shape, parameter=True, requires_grad=wanted)


def variable(framework: TorchFramework, call: Call) -> Any:
    """``torch.autograd.Variable(data)``: since tensors record gradients themselves, the tensor that it is given."""
    return call.get(0, "data")


def lazy_parameter(framework: TorchFramework, call: Call) -> Any:
    """``nn.UninitializedParameter()``."""
    return Tensor(tensors.new_tensor(None, None, reason="lazy").storage, None, parameter=True)


def buffer(framework: TorchFramework, call: Call) -> Any:
    """``nn.Buffer(data)``."""
    return call.get(0, "data")


def skip_init(framework: TorchFramework, call: Call) -> Any:
    """``torch.nn.utils.skip_init``: the layer without its initialization."""
    cls = call.get(0, "module_cls")
    made = call.interp.call(cls, call.args[1:], {k: v for k, v in call.kwargs.items() if k != "device"}, call.frame, call.node)
    if isinstance(made, Instance):
        for _, tensor in named_tensors(made):
            write(call.interp, tensor, "torch.nn.utils.skip_init", Origin.FILL, None, call.site, reason=factories.NO_VALUES)
    return made


def checkpoint(framework: TorchFramework, call: Call) -> Any:
    """``torch.utils.checkpoint.checkpoint(function, *args)``."""
    if not call.args:
        return Unknown("checkpoint()")
    kwargs = {k: v for k, v in call.kwargs.items() if k not in ("use_reentrant", "preserve_rng_state", "context_fn", "determinism_check", "debug")}
    return call.interp.call(call.args[0], call.args[1:], kwargs, call.frame, call.node)


def checkpoint_sequential(framework: TorchFramework, call: Call) -> Any:
    """``torch.utils.checkpoint.checkpoint_sequential(functions, segments, input)``."""
    value = call.get(2, "input")
    for module in elements_of(call.interp, call.get(0, "functions")) or []:
        value = call.interp.call(module.value if isinstance(module, Repeat) else module, [value], {}, call.frame, call.node)
    return value


def pretrained_embedding(framework: TorchFramework, call: Call) -> Any:
    """``nn.Embedding.from_pretrained(table)``."""
    source = call.get(0, "embeddings")
    shape = source.shape if isinstance(source, Tensor) else None
    sizes = shape if shape is not None and len(shape) == 2 else (Unknown("rows"), Unknown("columns"))
    made = call.interp.call(framework.layer_class("torch.nn.Embedding"), list(sizes), {}, call.frame, call.node)
    weight = made.parameters.get("weight") if isinstance(made, Instance) else None
    if isinstance(weight, Tensor):
        write(call.interp, weight, "torch.nn.Embedding.from_pretrained", Origin.LOAD, None, call.site, reason="loaded from a table")
        weight.requires_grad = call.get(1, "freeze", True) is False
    return made


def stack(framework: TorchFramework, call: Call) -> Any:
    """``torch.stack``, of signals too."""
    if signals.sources([*call.args, *call.kwargs.values()]):
        return signals.function("torch.stack", call, framework.owners)
    return _presumed(framework, factories.stack(call))


def concatenate(framework: TorchFramework, call: Call) -> Any:
    """``torch.cat``, of signals too."""
    if signals.sources([*call.args, *call.kwargs.values()]):
        return signals.function("torch.cat", call, framework.owners)
    return _presumed(framework, factories.concatenate(call))


def _rearranged(name: str) -> Handler:
    """``einops.rearrange`` and ``einops.repeat``: the entries of a tensor in another shape, each as often as any other."""

    def handler(framework: TorchFramework, call: Call) -> Any:
        tensor = call.get(0, "tensor")
        if signals.sources([tensor]):
            return signals.function(name, call, framework.owners)
        if framework.tracing or not isinstance(tensor, Tensor):
            return Unknown(f"{name} is not followed")
        return tensors.new_tensor(None, current(tensor), reason=tensor.storage.reason)

    return handler


def _presumed(framework: TorchFramework, made: Tensor) -> Tensor:
    """What the forward pass joins of values that nobody knows is a signal."""
    lost = framework.tracing and made.storage.reason == factories.LOST
    return signals.signal(Op(kind="opaque", name="torch.cat")) if lost else made


def _fans(call: Call) -> Any:
    """``_calculate_fan_in_and_fan_out(tensor)``."""
    tensor = call.get(0, "tensor")
    shape = tensor.shape if isinstance(tensor, Tensor) else None
    if shape is None:
        return Unknown("the fans of a tensor whose shape is not known")
    if len(shape) < 2:
        return call.interp.fail("ValueError", "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    fans = torch_fans(shape)
    return (fans.fan_in, fans.fan_out)


def _correct_fan(call: Call) -> Any:
    """``_calculate_correct_fan(tensor, mode)``."""
    fans, mode = _fans(call), call.get(1, "mode")
    if not isinstance(fans, tuple) or not isinstance(mode, str):
        return fans if isinstance(fans, Unknown) else Unknown("a fan that is not known")
    return fans[0] if mode.lower() == "fan_in" else fans[1]


def _as_tensor(call: Call) -> Any:
    """``torch.as_tensor`` hands a tensor back as it is."""
    value = call.get(0, "data")
    return value if isinstance(value, Tensor) else tensors.literal(call)


def _at_least_one(call: Call) -> Any:
    """``numpy.atleast_1d``: a number becomes a row of one."""
    value = call.get(0, "arys")
    return tensors.from_data(list(value) if isinstance(value, (list, tuple)) else [value])


def _is_tensor(call: Call) -> Any:
    value = call.get(0, "obj")
    return Unknown("is_tensor()") if isinstance(value, Unknown) else isinstance(value, Tensor)


def _size(call: Call) -> Any:
    value = call.get(0, "iterable", ())
    return tuple(value) if isinstance(value, (list, tuple)) else value


def _plain(handler: Callable[[Call], Any]) -> Handler:
    return lambda framework, call: handler(call)


def _operator(op: str) -> Handler:
    """``torch.mul(a, b)`` as ``a * b``."""

    def handler(framework: TorchFramework, call: Call) -> Any:
        if len(call.args) == 2 and not call.kwargs:
            return binary(call.interp, op, call.args[0], call.args[1], call.frame, call.node)
        found = signals.sources(call.args)
        return signals.signal(Op(kind="elementwise", inputs=found)) if found else Unknown("arithmetic on tensors")

    return handler


def _seed(framework: TorchFramework, call: Call) -> Any:
    """``torch.manual_seed``: in a constructor or what it calls, everything that is drawn next is drawn again next time.

    Under ``torch.random.fork_rng`` the generator comes back to where it was.
    """
    forked = any(isinstance(manager, External) and manager.name == FORKED for manager in call.interp.managers)
    if not (framework.tracing or forked) and any(frame.owner is not None and frame.code.name == "__init__" for frame in call.interp.routines):
        framework.witness.seeded(call, call.get(0, "seed"))
    return None


def _float_functional(framework: TorchFramework, call: Call) -> Any:
    """``FloatFunctional()``: arithmetic as a module, so that quantization can watch it."""
    return External(f"{FLOAT_FUNCTIONAL[0]}()")


def _add_relu(framework: TorchFramework, call: Call) -> Any:
    total = _operator("+")(framework, call)
    return call.interp.call(External("torch.relu"), [total], {}, call.frame, call.node)


FLOAT_FUNCTIONAL = ("torch.ao.nn.quantized.FloatFunctional", "torch.nn.quantized.FloatFunctional")
OPERATORS = {
    "mul": "*", "multiply": "*", "add": "+", "sub": "-", "subtract": "-", "div": "/", "divide": "/", "true_divide": "/", "pow": "**", "floor_divide": "//",
}  # fmt: skip

HANDLERS: dict[str, Handler] = {
    "torch.nn.Parameter": parameter, "torch.nn.UninitializedParameter": lazy_parameter, "torch.nn.Buffer": buffer,
    **dict.fromkeys(("torch.autograd.Variable", "torch.autograd.variable.Variable"), variable),
    "torch.nn.utils.skip_init": skip_init,
    "torch.utils.checkpoint.checkpoint": checkpoint, "torch.utils.checkpoint.checkpoint_sequential": checkpoint_sequential,
    "torch.nn.init.calculate_gain": _plain(inits.gain),
    "torch.nn.init._calculate_fan_in_and_fan_out": _plain(_fans), "torch.nn.init._calculate_correct_fan": _plain(_correct_fan),
    **dict.fromkeys(("torch.tensor", "torch.from_numpy"), _plain(tensors.literal)), "torch.as_tensor": _plain(_as_tensor),
    "numpy.atleast_1d": _plain(_at_least_one),
    **dict.fromkeys(("torch.arange", "torch.range", "numpy.arange"), _plain(factories.arange)),
    **dict.fromkeys(("torch.linspace", "numpy.linspace"), _plain(factories.linspace)),
    **dict.fromkeys(("torch.cumsum", "numpy.cumsum"), _plain(factories.cumulate)), "torch.diff": _plain(factories.differences),
    **{f"torch.{name}": _operator(op) for name, op in OPERATORS.items()},
    **dict.fromkeys(FLOAT_FUNCTIONAL, _float_functional),
    **{f"{FLOAT_FUNCTIONAL[0]}().{name}": _operator(op) for name, op in {"add": "+", "add_scalar": "+", "mul": "*", "mul_scalar": "*", "matmul": "@"}.items()},
    f"{FLOAT_FUNCTIONAL[0]}().add_relu": _add_relu, f"{FLOAT_FUNCTIONAL[0]}().cat": concatenate,
    **{f"einops.{name}": _rearranged(f"einops.{name}") for name in ("rearrange", "repeat")},
    "torch.cat": concatenate, "torch.concat": concatenate, "torch.stack": stack,
    "torch.random.fork_rng": lambda framework, call: External(FORKED),
    **dict.fromkeys(("torch.manual_seed", "torch.random.manual_seed"), _seed),
    "torch.is_tensor": _plain(_is_tensor), "torch.Size": _plain(_size),
    **dict.fromkeys(("torch.nn.utils.remove_weight_norm", "torch.nn.utils.remove_spectral_norm"), _plain(wrappers.unwrap)),
}  # fmt: skip
