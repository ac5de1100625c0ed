"""Pooling."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from initlint.overlays.spec import Builder, LayerSpec
from initlint.overlays.torch_layers.table import layer, repeated, table

PRIVATE = "torch.nn.modules.pooling."
MAX_BASE, UNPOOL_BASE, AVG_BASE, LP_BASE = f"{PRIVATE}_MaxPoolNd", f"{PRIVATE}_MaxUnpoolNd", f"{PRIVATE}_AvgPoolNd", f"{PRIVATE}_LPPoolNd"
ADAPTIVE_AVG_BASE, ADAPTIVE_MAX_BASE = f"{PRIVATE}_AdaptiveAvgPoolNd", f"{PRIVATE}_AdaptiveMaxPoolNd"

_MAX = "kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False"
_AVG = "kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True"
_LP = "norm_type, kernel_size, stride=None, ceil_mode=False"
_FRACTIONAL = "kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None"


def _strided(b: Builder, a: SimpleNamespace) -> None:
    b.attr("stride", a.kernel_size if a.stride is None else a.stride)


def _tuples(rank: int, *names: str) -> Any:
    """Sizes this layer keeps as tuples; the stride defaults to the kernel."""

    def build(b: Builder, a: SimpleNamespace) -> None:
        for name in names:
            value = a.kernel_size if name == "stride" and a.stride is None else getattr(a, name)
            b.attr(name, None if value is None else repeated(value, rank))

    return build


def _pool(name: str, signature: str, *bases: str, build: Any = None) -> LayerSpec:
    return layer(name, signature, *bases, role="pool", build=build)


def _rank(rank: int) -> tuple[LayerSpec, ...]:
    average = _tuples(1, "kernel_size", "stride", "padding") if rank == 1 else _strided
    return (
        _pool(f"torch.nn.MaxPool{rank}d", _MAX, MAX_BASE, build=_strided),
        _pool(f"torch.nn.MaxUnpool{rank}d", "kernel_size, stride=None, padding=0", UNPOOL_BASE, build=_tuples(rank, "kernel_size", "stride", "padding")),
        _pool(f"torch.nn.AvgPool{rank}d", _AVG if rank == 1 else f"{_AVG}, divisor_override=None", AVG_BASE, build=average),
        _pool(f"torch.nn.LPPool{rank}d", _LP, LP_BASE),
        _pool(f"torch.nn.AdaptiveAvgPool{rank}d", "output_size", ADAPTIVE_AVG_BASE),
        _pool(f"torch.nn.AdaptiveMaxPool{rank}d", "output_size, return_indices=False", ADAPTIVE_MAX_BASE),
    )


LAYERS = table(
    _pool(MAX_BASE, _MAX, build=_strided),
    _pool(UNPOOL_BASE, ""),
    _pool(AVG_BASE, ""),
    _pool(LP_BASE, _LP),
    _pool(ADAPTIVE_AVG_BASE, "output_size"),
    _pool(ADAPTIVE_MAX_BASE, "output_size, return_indices=False"),
    *_rank(1),
    *_rank(2),
    *_rank(3),
    *(_pool(f"torch.nn.FractionalMaxPool{n}d", _FRACTIONAL, build=_tuples(n, "kernel_size", "output_size", "output_ratio")) for n in (2, 3)),
)
