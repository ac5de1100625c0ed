"""The true fans of a weight where the model uses it: its layout, and the groups and strides of its layer."""

from __future__ import annotations

from typing import Optional

from initlint.graph import Layer, Parameter
from initlint.symbolic import Number, Sym
from initlint.theory.fans import FanRole, Fans, product, true_fans

Shape = tuple[Number, ...]


def layer_fans(layer: Layer, parameter: Parameter, *, strided: bool = True) -> Optional[Fans]:
    """Fans of ``parameter`` in ``layer``, None where its shape or its arguments do not tell; ``strided=False`` counts every offset of a kernel."""
    shape = parameter.shape
    if shape is None:
        return None
    try:
        if parameter.role != "weight":
            return _kernel_fans(layer, shape, strided)
        role = role_of(layer)
        if role == "linear":
            return true_fans(role, shape)
        arguments = {name: layer.arguments.get(name, 1) for name in ("groups", "stride")}
        if not all(map(is_size, arguments.values())):
            return None
        if role == "conv" and not strided:
            del arguments["stride"]
        return true_fans(role, shape, **arguments)
    except (TypeError, ValueError, ZeroDivisionError):
        return None


def role_of(layer: Layer) -> FanRole:
    """How the ``weight`` of a torch layer is laid out, by the name of its class."""
    return "linear" if "Linear" in layer.kind else "conv_transpose" if "Transpose" in layer.kind else "conv"


def _kernel_fans(layer: Layer, shape: Shape, strided: bool) -> Optional[Fans]:
    """The same for the layout (*kernel, in, out) that other frameworks than torch have."""
    if "Conv" not in layer.kind:
        return true_fans("matmul", shape) if len(shape) == 2 else None
    if len(shape) < 3 or "Separable" in layer.kind:
        return None
    *field, inputs, outputs = shape
    if "Depthwise" in layer.kind:  # (*kernel, in, multiplier): a filter reads one channel
        return Fans(product(field), product(field) * outputs)
    stride = layer.arguments.get("strides", layer.arguments.get("stride", 1)) if strided else 1
    groups = layer.arguments.get("groups", layer.arguments.get("feature_group_count", 1))
    if not (is_size(stride) and is_size(groups)):
        return None
    if layer.kind.startswith("Conv") and layer.kind.endswith("DTranspose"):  # Keras and Haiku: (*kernel, out, in)
        return true_fans("conv_transpose", (outputs, inputs, *field), stride=stride)
    if "Transpose" in layer.kind:
        return true_fans("conv_transpose", (inputs, outputs, *field), stride=stride)
    return true_fans("conv", (outputs, inputs, *field), groups=groups, stride=stride)


def is_size(value: object) -> bool:
    """Whether ``value`` is a number of things, known or not, or several of them."""
    if isinstance(value, (tuple, list)):
        return all(map(is_size, value))
    return isinstance(value, (int, float, Sym)) and not isinstance(value, bool)
