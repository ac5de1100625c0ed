"""Values handed to code that is not followed: what may have happened to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.adapters.torch import signals
from initlint.adapters.torch.building import named_tensors
from initlint.adapters.torch.registries import READY
from initlint.adapters.torch.writes import write
from initlint.graph import Op, Origin
from initlint.interpreter.values import Builtin, Class, External, Function, Instance, Method, Tensor, Unknown

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.findings import Site
    from initlint.interpreter.core import Interpreter

ARRAYS = ("numpy.", "scipy.", "jax.", "keras.ops.", "keras.random.", "keras.backend.")
ARRAY_WRITERS = ("copyto", "put", "place", "putmask", "shuffle", "fill_diagonal", "set_value", "batch_set_value")
"""What writes into an array that it is given, in libraries where hardly anything does."""
HARMLESS = ("log", "print", "warn", "checkpoint", "register", "deprecat", "assert", "check", "info", "debug", "hook", "summary", "compile", "script")
"""Parts of the names of functions that nobody writes to change a parameter."""
OPTIMIZER = re.compile(
    r"(?:Fused|Decoupled|Dist|CPU|Paged)*(?:\w*Adam\w*|Nadam\w*|\w*SGD\w*|\w*RMS[Pp]rop\w*|Adagrad\w*|Adadelta|AdaBelief\w*|Adafactor\w*|LBFGS|Rprop|Lion\w*|L[Aa][Mm][Bb]|LARS|"
    r"Ranger\w*|NovoGrad|MADGRAD|Muon\w*|Sophia\w*|Lookahead|\w*Optimizer\w*|\w*LR|\w*Scheduler|\w*EMA|\w*Ema(?:V\d)?|ExponentialMovingAverage|AveragedModel)"
)
"""Names of classes that keep parameters, or copies of them, and change none while they are constructed."""
OF_OPTIMIZERS = frozenset({"lr", "learning_rate", "weight_decay"})
"""Keywords by which what nobody knows is told to be one."""
ASKING = ("is_", "has_")
"""How the names of functions begin that answer yes or no: ``is_norm(m)``."""


def escape(framework: TorchFramework, interp: Interpreter, func: Any, values: list[Any], reason: str, node: p.Node, site: Site) -> Any:
    """What was handed over may have been written; a signal comes back as an opaque one."""
    called = _name_of(func)
    found = signals.sources(values)
    if found:
        made = signals.signal(Op(kind="opaque", name=called, inputs=found, site=site))
        for value in values:  # a kernel writes its result into memory that it is handed
            if isinstance(value, Tensor) and value.op is None and value.storage.empty is not None and not value.parameter and not value.buffer:
                value.op = made.op
        return made
    if framework.tracing:
        return Unknown(reason)
    for value in values:
        if isinstance(value, Instance) and framework.is_module(value):  # its base class may have been initialized there
            interp.heap.set_item(value.attrs, READY, True)
    name = called.rpartition(".")[2].lower()
    if _is_optimizer(func, called, node):
        return Unknown(reason)
    if name.startswith(ASKING) or any(word in name for word in HARMLESS) or (called.startswith(ARRAYS) and name not in ARRAY_WRITERS):
        return Unknown(reason)
    for tensor in _reached(values):
        write(interp, tensor, called or "?", Origin.CALL, None, site, reason=f"passed to code that is not followed: {reason}")
    modules = [v for v in values if isinstance(v, Instance) and framework.is_module(v)]
    wraps = ("wrap" in name or "norm" in name) and not isinstance(func, Class)
    return modules[0] if wraps and len(modules) == 1 and len(values) <= 2 else Unknown(reason)


def _is_optimizer(func: Any, called: str, node: p.Node) -> bool:
    """Whether a call constructs an optimizer, a schedule, or an average of the parameters."""
    if isinstance(func, Unknown) and func.reason.startswith("an attribute of torch.optim"):
        return True
    if called.startswith("torch.optim.") or OPTIMIZER.fullmatch(called.rpartition(".")[2]):
        return True
    return not called and isinstance(node, p.Call) and any(arg.keyword in OF_OPTIMIZERS for arg in node.args)


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
            found += [tensor for _, tensor in named_tensors(value)]
        elif isinstance(value, (list, tuple)):
            found += _reached(list(value))
    return found
