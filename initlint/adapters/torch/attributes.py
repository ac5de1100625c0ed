"""Attributes and methods of tensors."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.adapters.torch import arithmetic, factories, inits, signals, statistics, tensors, views
from initlint.adapters.torch.writes import current, write
from initlint.graph import Op, Origin
from initlint.interpreter.scope import Frame
from initlint.interpreter.values import ABSENT, Builtin, External, Method, Tensor, Unknown, is_number
from initlint.overlays.torch_functions import SIGNAL_METHODS
from initlint.overlays.torch_init import FACTORIES, FILLS
from initlint.symbolic import Number
from initlint.theory.fans import product

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.interpreter.calls import Call
    from initlint.interpreter.core import Interpreter

FACTS = (
    "shape",
    "get_shape",
    "size",
    "dim",
    "ndim",
    "numel",
    "nelement",
    "ndimension",
    "device",
    "dtype",
    "is_cuda",
    "is_meta",
    "requires_grad",
    "grad",
    "is_leaf",
)
"""What a tensor says about itself, a signal too."""
NUMBERS = ("item", "tolist", "stride", "element_size", "storage_offset", "data_ptr", "get_device", "is_complex", "is_floating_point", "is_contiguous")
"""Methods of a signal that give numbers, of which nothing is known."""
PRIVATE = {
    "_addmm_activation", "_autocast_to_full_precision", "_autocast_to_reduced_precision", "_backward_hooks", "_base", "_cdata",
    "_clear_non_serializable_cached_data", "_coalesced_", "_conj", "_conj_physical", "_dimI", "_dimV", "_fix_weakref", "_grad", "_grad_fn",
    "_has_symbolic_sizes_strides", "_indices", "_is_all_true", "_is_any_true", "_is_view", "_is_zerotensor", "_lazy_clone", "_make_subclass",
    "_make_wrapper_subclass", "_neg_view", "_nested_tensor_size", "_nested_tensor_storage_offsets", "_nested_tensor_strides", "_nnz",
    "_post_accumulate_grad_hooks", "_python_dispatch", "_reduce_ex_internal", "_sparse_mask_projection", "_to_dense", "_to_sparse", "_to_sparse_bsc",
    "_to_sparse_bsr", "_to_sparse_csc", "_to_sparse_csr", "_typed_storage", "_use_count", "_values", "_version", "_view_func",
}  # fmt: skip
"""Names with an underscore that every tensor has; any other is a mark that somebody's code sets (``_is_hf_initialized``)."""
UNKNOWN_SHAPE = "the shape of a signal"
IN_PLACE = {"mul_": "*", "add_": "+", "sub_": "-", "div_": "/", "pow_": "**"}
BY_OPERATOR = {operator: f"torch.Tensor.{name}" for name, operator in IN_PLACE.items()}
"""What ``weight *= 2`` is called: the method that does the same."""
OPERATORS = {"matmul": "@", "mm": "@", "mul": "*", "add": "+", "sub": "-", "div": "/", "multiply": "*", "true_divide": "/"}


def tensor_attribute(framework: TorchFramework, interp: Interpreter, value: Tensor, name: str, frame: Frame, node: p.Node) -> Any:
    """``tensor.name``."""
    stored = value.attrs.get(name, ABSENT)
    if stored is not ABSENT:
        return stored
    if name in FACTS:
        return _fact(value, name)
    if name.startswith("_") and not name.startswith("__") and name not in PRIVATE:
        return interp.fail("AttributeError", f"a tensor has no {name}")
    if value.op is not None:
        if name in ("T", "mT", "H", "data", "real"):
            return signals.signal(Op(kind="view", name=name, inputs=[value.op]))
        if name in NUMBERS:
            return Method(Builtin(name, lambda call: Unknown("a number that a signal gives")), value)
        return Method(Builtin(name, lambda call: signals.method(name, call, framework.owners)), value)
    if name in ("data", "T", "mT"):
        return views.view(value, name)
    if name in ("real", "imag"):
        return views.half(value, name)
    return Method(Builtin(name, _method(framework, name)), value)


def _fact(value: Tensor, name: str) -> Any:
    shape = value.shape
    if name == "requires_grad":
        return value.requires_grad
    if name in ("is_cuda", "is_meta"):
        return False
    if name in ("device", "dtype"):
        return External(f"torch.Tensor.{name}")
    if name == "grad":
        return None
    if name == "is_leaf":
        return True
    if name == "shape":
        return shape if shape is not None else Unknown(UNKNOWN_SHAPE)
    if name == "get_shape":
        return Builtin("get_shape", lambda call: shape if shape is not None else Unknown(UNKNOWN_SHAPE))
    if name == "ndim":
        return len(shape) if shape is not None else Unknown(UNKNOWN_SHAPE)
    if name == "size":
        return Builtin("size", lambda call: _size(shape, call))
    if name in ("dim", "ndimension"):
        return Builtin("dim", lambda call: len(shape) if shape is not None else Unknown(UNKNOWN_SHAPE))
    return Builtin("numel", lambda call: product(shape) if shape is not None and all(map(is_number, shape)) else Unknown(UNKNOWN_SHAPE))


def _size(shape: Optional[tuple[Number, ...]], call: Call) -> Any:
    index = call.get(0, "dim")
    if shape is None:
        return Unknown(UNKNOWN_SHAPE)
    if index is None:
        return shape
    return shape[index] if isinstance(index, int) and -len(shape) <= index < len(shape) else Unknown(UNKNOWN_SHAPE)


def _method(framework: TorchFramework, name: str) -> Callable[[Call], Any]:
    """What runs ``tensor.name(…)`` before the forward pass; the tensor is the first argument."""
    if f"torch.Tensor.{name}" in FILLS:
        return lambda call: inits.fill(call, name)
    if name in METHODS:
        return METHODS[name]
    if name in views.SAME_LAW:
        return lambda call: views.view(call.args[0], name, call)
    if f"torch.Tensor.{name}" in FACTORIES:
        return lambda call: factories.make(call, f"torch.Tensor.{name}")
    if name.rstrip("_") in arithmetic.SCALAR_FUNCTIONS or name.rstrip("_") in arithmetic.LAW_FUNCTIONS:
        return lambda call: _elementwise(call, name)
    if name in statistics.NAMES and not framework.tracing:
        return lambda call: statistics.statistic(call, name)
    if name in IN_PLACE:
        return lambda call: _in_place(call, name)
    return lambda call: _other(framework, call, name)


def _elementwise(call: Call, name: str) -> Any:
    made = arithmetic.elementwise(call, name)
    if not name.endswith("_"):
        return made
    write(call.interp, call.args[0], f"torch.Tensor.{name}", Origin.FILL, made.storage.distribution, call.site, reason=made.storage.reason)
    return call.args[0]


def _in_place(call: Call, name: str) -> Any:
    tensor, other = call.args[0], call.get(1, "other")
    if signals.sources([other]):
        return tensor
    law = None
    if is_number(other) or isinstance(other, Tensor):
        whole = tensors.new_tensor(tensor.shape, current(tensor))
        law = arithmetic.arithmetic(IN_PLACE[name], whole, other).storage.distribution
    write(call.interp, tensor, f"torch.Tensor.{name}", Origin.FILL, law, call.site, reason="changed in place by values that are not known")
    return tensor


def _other(framework: TorchFramework, call: Call, name: str) -> Any:
    """A method no table describes: in-place ones leave unknown values, the rest return some."""
    tensor = call.args[0]
    if name == "index_select" and (maps := views.chosen(call)) is not None:
        return maps
    if signals.sources([*call.args, *call.kwargs.values()]):
        return signals.method(name, call, framework.owners)
    if name in OPERATORS:
        return framework.binary(call.interp, OPERATORS[name], tensor, call.get(1, "other"), call.frame, call.node)
    if name.endswith("_") and not name.startswith("_"):
        write(call.interp, tensor, f"torch.Tensor.{name}", Origin.FILL, None, call.site, reason=f"changed by {name}()")
        return tensor
    if name in SIGNAL_METHODS:
        return tensors.new_tensor(None, None, reason=f"computed by {name}()")
    return Unknown(f"Tensor.{name}() is not followed")


def _item(call: Call) -> Any:
    tensor = call.args[0]
    law = current(tensor)
    if isinstance(tensor.data, (int, float)):
        return tensor.data
    if isinstance(tensor.data, list) and len(tensor.data) == 1:
        return tensor.data[0]
    return law.mean if law is not None and law.kind == "constant" and law.mean is not None else Unknown("the value of a tensor")


def _tolist(call: Call) -> Any:
    tensor = call.args[0]
    if isinstance(tensor.data, list) and tensor.shape is not None and len(tensor.shape) == 1:
        return list(tensor.data)
    return Unknown("the values of a tensor")


def _of_values(name: str, function: Callable[[list[Any]], Any]) -> Callable[[Call], Any]:
    """A method without arguments of which ``function`` is what it comes to for values that are known."""

    def handler(call: Call) -> Any:
        data = call.args[0].data
        if isinstance(data, list) and len(call.args) == 1 and not call.kwargs:
            return tensors.from_data(function(data))
        return tensors.new_tensor(None, None, reason=f"computed by {name}()")

    return handler


def _unique(call: Call) -> Any:
    """The values of a tensor in order, each once, and how often each was there where that is asked for."""
    data, counted = call.args[0].data, call.kwargs == {"return_counts": True}
    if not isinstance(data, list) or len(call.args) > 1 or (call.kwargs and not counted):
        return Unknown("the values of a tensor")
    counts = Counter(data)
    values = tensors.from_data(sorted(counts))
    return (values, tensors.from_data([counts[value] for value in sorted(counts)])) if counted else values


def _parts(divide: Callable[[Call], Optional[tuple[Tensor, ...]]]) -> Callable[[Call], Any]:
    def handler(call: Call) -> Any:
        found = divide(call)
        return found if found is not None else Unknown("parts of a tensor")

    return handler


def _requires_grad(call: Call) -> Any:
    """``tensor.requires_grad_(flag)`` hands back the tensor itself."""
    call.interp.heap.set_field(call.args[0], "requires_grad", call.get(1, "requires_grad", True) is not False)
    return call.args[0]


METHODS: dict[str, Callable[[Call], Any]] = {
    "requires_grad_": _requires_grad, "copy_": inits.copy, "set_": inits.copy, "item": _item, "tolist": _tolist, "numpy": _tolist,
    "sum": _of_values("sum", math.fsum), "max": _of_values("max", max), "min": _of_values("min", min),
    "unique": _unique,
    "split": _parts(views.split), "chunk": _parts(views.chunk), "unbind": _parts(views.unbind),
}  # fmt: skip
