"""Attributes and methods of tensors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.adapters.torch import signals, tensors
from initlint.adapters.torch.writes import current, write
from initlint.graph import Op, Origin
from initlint.interpreter.scope import Frame
from initlint.interpreter.values import ABSENT, Builtin, External, Method, Tensor, Unknown, is_number
from initlint.overlays.torch_functions import SIGNAL_METHODS
from initlint.overlays.torch_init import FACTORIES, FILLS

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.interpreter.calls import Call
    from initlint.interpreter.core import Interpreter

UNKNOWN_SHAPE = "the shape of a signal"


def tensor_attribute(framework: TorchFramework, interp: Interpreter, value: Tensor, name: str, frame: Frame, node: p.Node) -> Any:
    """``tensor.name``."""
    stored = value.attrs.get(name, ABSENT)
    if stored is not ABSENT:
        return stored
    if name in ("shape", "size", "dim", "ndim", "numel", "nelement", "ndimension", "device", "dtype", "is_cuda", "is_meta", "requires_grad", "grad", "is_leaf"):
        return _fact(value, name)
    if value.op is not None:
        if name in ("T", "mT", "H", "data", "real"):
            return signals.signal(Op(kind="view", name=name, inputs=[value.op]))
        return Method(Builtin(name, lambda call: signals.method(name, call, framework.owners)), value)
    if name in ("data", "T", "mT"):
        return tensors.view(value, name)
    return _method(framework, value, name)


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
    if name == "shape":
        return shape if shape is not None else Unknown(UNKNOWN_SHAPE)
    if name == "ndim":
        return len(shape) if shape is not None else Unknown(UNKNOWN_SHAPE)
    if name == "is_leaf":
        return True
    if name == "size":
        return Builtin("size", lambda call: _size(shape, call))
    if name in ("dim", "ndimension"):
        return Builtin("dim", lambda call: len(shape) if shape is not None else Unknown(UNKNOWN_SHAPE))
    return Builtin("numel", lambda call: _count(shape))


def _size(shape: Any, call: Call) -> Any:
    index = call.get(0, "dim")
    if shape is None:
        return Unknown(UNKNOWN_SHAPE)
    if index is None:
        return shape
    return shape[index] if isinstance(index, int) and -len(shape) <= index < len(shape) else Unknown(UNKNOWN_SHAPE)


def _count(shape: Any) -> Any:
    if shape is None:
        return Unknown(UNKNOWN_SHAPE)
    total: Any = 1
    for size in shape:
        total = total * size
    return total


def _method(framework: TorchFramework, value: Tensor, name: str) -> Any:
    if f"torch.Tensor.{name}" in FILLS:
        return Method(Builtin(name, lambda call: tensors.fill(call, name)), value)
    if name in METHODS:
        return Method(Builtin(name, METHODS[name]), value)
    if name in tensors.SAME_LAW:
        return Method(Builtin(name, lambda call: tensors.view(call.args[0], name, call)), value)
    if f"torch.Tensor.{name}" in FACTORIES:
        return Method(Builtin(name, lambda call: tensors.make(call, f"torch.Tensor.{name}")), value)
    if name.rstrip("_") in tensors.SCALAR_FUNCTIONS or name.rstrip("_") in ("pow", "erfinv", "clamp", "clip"):
        return Method(Builtin(name, lambda call: _elementwise(call, name)), value)
    if name in IN_PLACE:
        return Method(Builtin(name, lambda call: _in_place(call, name)), value)
    return Method(Builtin(name, lambda call: _other(framework, call, name)), value)


def _elementwise(call: Call, name: str) -> Any:
    made = tensors.elementwise(call, name)
    if not name.endswith("_"):
        return made
    write(call.interp, call.args[0], f"torch.Tensor.{name}", Origin.FILL, made.storage.distribution, call.site, reason=made.storage.reason)
    return call.args[0]


IN_PLACE = {"mul_": "*", "add_": "+", "sub_": "-", "div_": "/", "pow_": "**"}
OPERATORS = {"mul": "*", "add": "+", "sub": "-", "div": "/", "multiply": "*", "true_divide": "/"}


def _in_place(call: Call, name: str) -> Any:
    tensor, other = call.args[0], call.get(1, "other")
    if signals.sources([other]):
        return tensor
    law = None
    if is_number(other) or isinstance(other, Tensor):
        whole = tensors.new_tensor(tensor.shape, current(tensor))
        law = tensors.arithmetic(IN_PLACE[name], whole, other).storage.distribution
    write(call.interp, tensor, f"torch.Tensor.{name}", Origin.FILL, law, call.site, reason="changed in place by values that are not known")
    return tensor


def _other(framework: TorchFramework, call: Call, name: str) -> Any:
    """A method no table describes: in-place ones leave unknown values, the rest return some."""
    tensor = call.args[0]
    if signals.sources([*call.args, *call.kwargs.values()]):
        return signals.method(name, call, framework.owners)
    if name in OPERATORS:
        return framework.binary(call.interp, OPERATORS[name], tensor, call.get(1, "other"), call.frame, call.node)
    if name.endswith("_") and not name.startswith("_"):
        write(call.interp, tensor, f"torch.Tensor.{name}", Origin.FILL, None, call.site, reason=f"changed by {name}()")
        return tensor
    if name in SIGNAL_METHODS or name in ("item", "tolist", "numpy"):
        return tensors.new_tensor(None, None, reason=f"computed by {name}()") if name in SIGNAL_METHODS else Unknown(f"computed by {name}()")
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
    data = tensor.data
    if isinstance(data, list) and tensor.shape is not None and len(tensor.shape) == 1:
        return list(data)
    return Unknown("the values of a tensor")


def _sum(call: Call) -> Any:
    data = call.args[0].data
    return tensors.from_data(math.fsum(data)) if isinstance(data, list) and len(call.args) == 1 else tensors.new_tensor(None, None, reason="a sum")


def _split(call: Call) -> Any:
    tensor, size, dim = call.args[0], call.get(1, "split_size"), call.get(2, "dim", 0)
    if tensor.shape is None or not isinstance(dim, int) or not -len(tensor.shape) <= dim < len(tensor.shape):
        return Unknown("parts of a tensor")
    total = tensor.shape[dim]
    if isinstance(size, (list, tuple)):
        return tuple(tensors.parts(tensor, list(size), dim))
    if isinstance(size, int) and isinstance(total, int) and size > 0:
        sizes: list[Any] = [size] * (total // size) + ([total % size] if total % size else [])
        return tuple(tensors.parts(tensor, sizes, dim))
    if is_number(size) and is_number(total):
        count = total / size
        if isinstance(count, int) and 0 < count <= 64:
            return tuple(tensors.parts(tensor, [size] * count, dim))
    return Unknown("parts of a tensor")


def _chunk(call: Call) -> Any:
    tensor, count, dim = call.args[0], call.get(1, "chunks"), call.get(2, "dim", 0)
    if tensor.shape is None or not isinstance(count, int) or not isinstance(dim, int) or not -len(tensor.shape) <= dim < len(tensor.shape):
        return Unknown("parts of a tensor")
    total = tensor.shape[dim]
    if isinstance(total, int):
        size = -(-total // count) or 1
        return tuple(tensors.parts(tensor, [min(size, total - at) for at in range(0, total, size)], dim))
    return tuple(tensors.parts(tensor, [total / count] * count, dim))


METHODS = {
    "copy_": tensors.copy, "item": _item, "tolist": _tolist, "numpy": _tolist, "sum": _sum, "split": _split, "chunk": _chunk,
    "unbind": lambda call: _chunk_rows(call), "set_": tensors.copy,
}  # fmt: skip


def _chunk_rows(call: Call) -> Any:
    tensor = call.args[0]
    if tensor.shape and isinstance(tensor.shape[0], int) and tensor.shape[0] <= 64:
        return tuple(tensors.item(tensor, i) for i in range(tensor.shape[0]))
    return Unknown("rows of a tensor")
