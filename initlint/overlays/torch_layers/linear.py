"""Linear maps and lookup tables."""

from __future__ import annotations

from types import SimpleNamespace

from initlint.overlays.spec import Builder
from initlint.overlays.torch_layers.defaults import fan_in_bias, fan_in_weight, symmetric
from initlint.overlays.torch_layers.table import layer, on, table
from initlint.symbolic import Number
from initlint.theory.laws import normal

QUANTIZABLE = "torch.nn.modules.linear.NonDynamicallyQuantizableLinear"
LAZY = "torch.nn.modules.lazy.LazyModuleMixin"


def _linear(b: Builder, a: SimpleNamespace) -> None:
    b.param("weight", (a.out_features, a.in_features), fan_in_weight(a.in_features))
    _bias(b, a, a.in_features)


def _lazy_linear(b: Builder, a: SimpleNamespace) -> None:
    b.attr("in_features", 0)
    b.param("weight", None, fan_in_weight(None))
    _bias(b, a, None)


def _bilinear(b: Builder, a: SimpleNamespace) -> None:
    """The bound forgets ``in2_features``."""
    law = "Var = 1 / (3·in1_features)"
    b.param("weight", (a.out_features, a.in1_features, a.in2_features), symmetric(a.in1_features, law))
    if on(a.bias):
        b.param("bias", (a.out_features,), symmetric(a.in1_features, law))
    else:
        b.absent("bias")


def _bias(b: Builder, a: SimpleNamespace, fan: Number | None) -> None:
    if on(a.bias):
        b.param("bias", (a.out_features,), fan_in_bias(fan))
    else:
        b.absent("bias")


def _embedding(b: Builder, a: SimpleNamespace) -> None:
    given = a._weight is not None
    b.param("weight", (a.num_embeddings, a.embedding_dim), None if given else normal(0.0, 1.0, law="Var = 1"))


LAYERS = table(
    layer("torch.nn.Linear", "in_features, out_features, bias=True, device=None, dtype=None", role="linear", build=_linear, reset=True),
    layer(QUANTIZABLE, "in_features, out_features, bias=True, device=None, dtype=None", "torch.nn.Linear", role="linear", build=_linear, reset=True),
    layer("torch.nn.LazyLinear", "out_features, bias=True, device=None, dtype=None", LAZY, "torch.nn.Linear", role="linear", build=_lazy_linear, reset=True),
    layer(
        "torch.nn.Bilinear",
        "in1_features, in2_features, out_features, bias=True, device=None, dtype=None",
        role="bilinear",
        build=_bilinear,
        reset=True,
    ),
    layer(
        "torch.nn.Embedding",
        "num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False, "
        "_weight=None, _freeze=False, device=None, dtype=None",
        role="embedding",
        build=_embedding,
        reset=True,
    ),
    layer(
        "torch.nn.EmbeddingBag",
        "num_embeddings, embedding_dim, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, mode='mean', sparse=False, "
        "_weight=None, include_last_offset=False, padding_idx=None, device=None, dtype=None",
        role="embedding",
        build=_embedding,
        reset=True,
    ),
)
