"""Normalisation: scale one, shift zero, running statistics as buffers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from initlint.overlays.spec import Builder, LayerSpec, Shape
from initlint.overlays.torch_layers.defaults import ONES, ZEROS
from initlint.overlays.torch_layers.table import layer, on, repeated, table

NORM_BASE = "torch.nn.modules.batchnorm._NormBase"
BATCH_BASE = "torch.nn.modules.batchnorm._BatchNorm"
LAZY_BASE = "torch.nn.modules.batchnorm._LazyNormBase"
INSTANCE_BASE = "torch.nn.modules.instancenorm._InstanceNorm"

_LAZY = "eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None, *, bias=True"
_BATCH = f"num_features, {_LAZY}"
_INSTANCE = "num_features, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False, device=None, dtype=None, *, bias=True"
_SYNC = "num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, process_group=None, device=None, dtype=None, *, bias=True"


def _channels(b: Builder, a: SimpleNamespace) -> None:
    _scale_and_shift(b, (a.num_features,), affine=on(a.affine), bias=on(a.bias))
    _statistics(b, a, (a.num_features,))


def _lazy_channels(b: Builder, a: SimpleNamespace) -> None:
    b.attr("num_features", 0)
    _scale_and_shift(b, None, affine=on(a.affine), bias=on(a.bias))
    _statistics(b, a, None)


def _layer_norm(b: Builder, a: SimpleNamespace) -> None:
    _scale_and_shift(b, _normalized(b, a), affine=on(a.elementwise_affine), bias=on(a.bias))


def _rms_norm(b: Builder, a: SimpleNamespace) -> None:
    shape = _normalized(b, a)
    if on(a.elementwise_affine):
        b.param("weight", shape, ONES)
    else:
        b.absent("weight")


def _group_norm(b: Builder, a: SimpleNamespace) -> None:
    _scale_and_shift(b, (a.num_channels,), affine=on(a.affine), bias=on(a.bias))


def _normalized(b: Builder, a: SimpleNamespace) -> Shape:
    shape = repeated(a.normalized_shape, 1)
    b.attr("normalized_shape", shape)
    return shape


def _scale_and_shift(b: Builder, shape: Shape | None, *, affine: bool, bias: bool) -> None:
    if affine:
        b.param("weight", shape, ONES)
    else:
        b.absent("weight")
    if affine and bias:
        b.param("bias", shape, ZEROS)
    else:
        b.absent("bias")


def _statistics(b: Builder, a: SimpleNamespace, shape: Shape | None) -> None:
    rows: tuple[tuple[str, Shape | None, Any], ...] = (("running_mean", shape, ZEROS), ("running_var", shape, ONES), ("num_batches_tracked", (), ZEROS))
    for name, size, law in rows:
        if on(a.track_running_stats):
            b.buffer(name, size, law)
        else:
            b.absent(name)


def _norm(name: str, signature: str, *bases: str, build: Any = _channels) -> LayerSpec:
    return layer(name, signature, *bases, role="norm", build=build, reset=True)


def _rank(rank: int) -> tuple[LayerSpec, ...]:
    return (
        _norm(f"torch.nn.BatchNorm{rank}d", _BATCH, BATCH_BASE),
        _norm(f"torch.nn.LazyBatchNorm{rank}d", _LAZY, LAZY_BASE, BATCH_BASE, build=_lazy_channels),
        _norm(f"torch.nn.InstanceNorm{rank}d", _INSTANCE, INSTANCE_BASE),
        _norm(f"torch.nn.LazyInstanceNorm{rank}d", _LAZY, LAZY_BASE, INSTANCE_BASE, build=_lazy_channels),
    )


LAYERS = table(
    _norm(NORM_BASE, _BATCH),
    _norm(BATCH_BASE, _BATCH, NORM_BASE),
    _norm(INSTANCE_BASE, _INSTANCE, NORM_BASE),
    _norm(LAZY_BASE, _LAZY, "torch.nn.modules.lazy.LazyModuleMixin", NORM_BASE, build=_lazy_channels),
    *_rank(1),
    *_rank(2),
    *_rank(3),
    _norm("torch.nn.SyncBatchNorm", _SYNC, BATCH_BASE),
    _norm("torch.nn.LayerNorm", "normalized_shape, eps=1e-05, elementwise_affine=True, bias=True, device=None, dtype=None", build=_layer_norm),
    _norm("torch.nn.RMSNorm", "normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None", build=_rms_norm),
    _norm("torch.nn.GroupNorm", "num_groups, num_channels, eps=1e-05, affine=True, device=None, dtype=None, *, bias=True", build=_group_norm),
    layer("torch.nn.LocalResponseNorm", "size, alpha=0.0001, beta=0.75, k=1.0", role="norm"),
    layer("torch.nn.CrossMapLRN2d", "size, alpha=0.0001, beta=0.75, k=1", role="norm"),
)
