"""Initializers that libraries around torch wrap: mmengine and mmcv, fvcore and detectron2, timm, torch_geometric, mup.

Their source is read where it is installed; where it is not, this table knows what they draw. Each row maps the bound arguments to
an initializer of ``torch.nn.init`` and what that is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

Drawn = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Helper:
    """A function that fills the weight and bias of a module, or one tensor."""

    signature: str
    """The module or tensor comes first."""
    weight: Callable[[SimpleNamespace], Drawn]
    bias: str = ""
    """The argument that holds the number for the bias; empty where the helper fills a tensor, ``0`` for zero."""

    @property
    def skips_tensors(self) -> bool:
        """Whether it asks for a ``weight`` and a ``bias`` by ``hasattr``, and leaves alone what has neither."""
        return self.bias == "bias"


def _plain(name: str, *arguments: str) -> Callable[[SimpleNamespace], Drawn]:
    return lambda a: (name, {argument: getattr(a, argument) for argument in arguments})


def _by_distribution(stem: str, *arguments: str) -> Callable[[SimpleNamespace], Drawn]:
    return lambda a: (f"{stem}_{'uniform' if a.distribution == 'uniform' else 'normal'}_", {argument: getattr(a, argument) for argument in arguments})


def _fixed(name: str, **arguments: Any) -> Callable[[SimpleNamespace], Drawn]:
    return lambda a: (name, arguments)


_MMENGINE = {
    "constant_init": Helper("module, val, bias=0", _plain("constant_", "val"), "bias"),
    "xavier_init": Helper("module, gain=1, bias=0, distribution='normal'", _by_distribution("xavier", "gain"), "bias"),
    "normal_init": Helper("module, mean=0, std=1, bias=0", _plain("normal_", "mean", "std"), "bias"),
    "trunc_normal_init": Helper("module, mean=0, std=1, a=-2, b=2, bias=0", _plain("trunc_normal_", "mean", "std", "a", "b"), "bias"),
    "uniform_init": Helper("module, a=0, b=1, bias=0", _plain("uniform_", "a", "b"), "bias"),
    "kaiming_init": Helper(
        "module, a=0, mode='fan_out', nonlinearity='relu', bias=0, distribution='normal'", _by_distribution("kaiming", "a", "mode", "nonlinearity"), "bias"
    ),
    "caffe2_xavier_init": Helper("module, bias=0", _fixed("kaiming_uniform_", a=1, mode="fan_in", nonlinearity="leaky_relu"), "bias"),
}
_FVCORE = {
    "c2_xavier_fill": Helper("module", _fixed("kaiming_uniform_", a=1), "0"),
    "c2_msra_fill": Helper("module", _fixed("kaiming_normal_", mode="fan_out", nonlinearity="relu"), "0"),
}
_TIMM = {"trunc_normal_tf_": Helper("tensor, mean=0.0, std=1.0, a=-2.0, b=2.0", _plain("trunc_normal_", "mean", "std", "a", "b"))}


def _glorot(a: SimpleNamespace) -> Drawn:
    """U(±√(6 / (rows + columns))) over the last two sizes."""
    shape = getattr(a.value, "shape", None)
    total = shape[-2] + shape[-1] if shape is not None and len(shape) > 1 else None
    if not isinstance(total, (int, float)):
        return "xavier_uniform_", {}
    bound = math.sqrt(6 / total)
    return "uniform_", {"a": -bound, "b": bound}


_GEOMETRIC = {
    "glorot": Helper("value", _glorot),
    "zeros": Helper("value", _fixed("zeros_")),
    "ones": Helper("value", _fixed("ones_")),
    "constant": Helper("value, fill_value", lambda a: ("constant_", {"val": a.fill_value})),
    "normal": Helper("value, mean, std", _plain("normal_", "mean", "std")),
}
_MUP = ("uniform_", "normal_", "trunc_normal_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_")
"""At the widths of the base model these draw what those of torch draw; at others both sides of a comparison scale alike."""
_OWNERS = {
    "mmengine.model": _MMENGINE, "mmengine.model.weight_init": _MMENGINE, "mmcv.cnn": _MMENGINE, "mmcv.cnn.utils": _MMENGINE,
    "mmcv.cnn.utils.weight_init": _MMENGINE, "fvcore.nn.weight_init": _FVCORE, "detectron2.layers.weight_init": _FVCORE,
    **dict.fromkeys(
        ("timm.layers", "timm.models.layers", "timm.layers.weight_init", "timm.models.layers.weight_init", "timm.models.vision_transformer"), _TIMM
    ),
    "torch_geometric.nn.inits": _GEOMETRIC,
}  # fmt: skip
HELPERS: dict[str, Helper] = {f"{owner}.{name}": helper for owner, helpers in _OWNERS.items() for name, helper in helpers.items()}
"""By canonical dotted name."""
COPIES = {
    **{f"{owner}.trunc_normal_": "torch.nn.init.trunc_normal_" for owner, helpers in _OWNERS.items() if helpers is _TIMM},
    **{f"{owner}.trunc_normal_": "torch.nn.init.trunc_normal_" for owner in _OWNERS if owner.endswith("weight_init") and owner.startswith("mm")},
    **{f"mup.init.{name}": f"torch.nn.init.{name}" for name in _MUP},
}
"""What these libraries copied from ``torch.nn.init``."""
