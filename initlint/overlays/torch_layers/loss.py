"""Losses; two of them own weights."""

from __future__ import annotations

from types import SimpleNamespace

from initlint.overlays.spec import Build, Builder, LayerSpec, Shape
from initlint.overlays.torch_layers.table import layer, table
from initlint.symbolic import Number, Sym, opaque
from initlint.theory.fans import product

BASE = "torch.nn.modules.loss._Loss"
WEIGHTED_BASE = "torch.nn.modules.loss._WeightedLoss"

_REDUCTION = "size_average=None, reduce=None, reduction='mean'"
_WEIGHT = f"weight=None, {_REDUCTION}"
_CLASSES = "weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean'"


def _linear_cross_entropy(b: Builder, a: SimpleNamespace) -> None:
    shape: Shape = tuple(a.out_features)
    b.child("linear", "torch.nn.Linear", in_features=a.in_features, out_features=a.num_classes * product(shape), bias=a.bias)


def _adaptive_softmax(b: Builder, a: SimpleNamespace) -> None:
    """A head over the frequent classes and one bottleneck per cluster of rarer ones; without known cutoffs, the head alone."""
    if not isinstance(a.cutoffs, (tuple, list)):
        b.child("head", "torch.nn.Linear", in_features=a.in_features, out_features=opaque("head_size"), bias=a.head_bias)
        return
    edges = [*a.cutoffs, a.n_classes]
    clusters = len(edges) - 1
    derived = {"cutoffs": edges, "shortlist_size": edges[0], "n_clusters": clusters, "head_size": edges[0] + clusters}
    for name, value in derived.items():
        b.attr(name, value)
    b.child("head", "torch.nn.Linear", in_features=a.in_features, out_features=edges[0] + clusters, bias=a.head_bias)
    b.child("tail", "torch.nn.ModuleList")
    for index in range(clusters):
        width = _bottleneck(a.in_features, a.div_value, index + 1)
        b.child(f"tail.{index}", "torch.nn.Sequential")
        b.child(f"tail.{index}.0", "torch.nn.Linear", in_features=a.in_features, out_features=width, bias=False)
        b.child(f"tail.{index}.1", "torch.nn.Linear", in_features=width, out_features=edges[index + 1] - edges[index], bias=False)


def _bottleneck(features: Number, divisor: Number, power: int) -> Number:
    """``int(features // divisor**power)``."""
    scale = divisor**power
    if isinstance(scale, float) and scale.is_integer():
        scale = int(scale)
    width = features // scale
    return width if isinstance(width, Sym) else int(width)


def _loss(name: str, signature: str, base: str = BASE, build: Build | None = None) -> LayerSpec:
    return layer(name, signature, base, role="loss", build=build)


LAYERS = table(
    layer(BASE, _REDUCTION, role="loss"),
    _loss(WEIGHTED_BASE, _WEIGHT),
    _loss("torch.nn.BCELoss", _WEIGHT, WEIGHTED_BASE),
    _loss("torch.nn.BCEWithLogitsLoss", f"{_WEIGHT}, pos_weight=None"),
    _loss("torch.nn.CTCLoss", "blank=0, reduction='mean', zero_infinity=False"),
    _loss("torch.nn.CosineEmbeddingLoss", f"margin=0.0, {_REDUCTION}"),
    _loss("torch.nn.CrossEntropyLoss", f"{_CLASSES}, label_smoothing=0.0", WEIGHTED_BASE),
    _loss("torch.nn.GaussianNLLLoss", "*, full=False, eps=1e-06, reduction='mean'"),
    _loss("torch.nn.HingeEmbeddingLoss", f"margin=1.0, {_REDUCTION}"),
    _loss("torch.nn.HuberLoss", "reduction='mean', delta=1.0"),
    _loss("torch.nn.KLDivLoss", f"{_REDUCTION}, log_target=False"),
    _loss("torch.nn.L1Loss", _REDUCTION),
    _loss("torch.nn.MSELoss", _REDUCTION),
    _loss("torch.nn.MarginRankingLoss", f"margin=0.0, {_REDUCTION}"),
    _loss("torch.nn.MultiLabelMarginLoss", _REDUCTION),
    _loss("torch.nn.MultiLabelSoftMarginLoss", _WEIGHT, WEIGHTED_BASE),
    _loss("torch.nn.MultiMarginLoss", f"p=1, margin=1.0, {_WEIGHT}", WEIGHTED_BASE),
    _loss("torch.nn.NLLLoss", _CLASSES, WEIGHTED_BASE),
    _loss("torch.nn.NLLLoss2d", _CLASSES, "torch.nn.NLLLoss"),
    _loss("torch.nn.PoissonNLLLoss", "log_input=True, full=False, size_average=None, eps=1e-08, reduce=None, reduction='mean'"),
    _loss("torch.nn.SmoothL1Loss", f"{_REDUCTION}, beta=1.0"),
    _loss("torch.nn.SoftMarginLoss", _REDUCTION),
    _loss("torch.nn.TripletMarginLoss", f"margin=1.0, p=2.0, eps=1e-06, swap=False, {_REDUCTION}"),
    _loss("torch.nn.TripletMarginWithDistanceLoss", "*, distance_function=None, margin=1.0, swap=False, reduction='mean'"),
    _loss(
        "torch.nn.LinearCrossEntropyLoss",
        "in_features, num_classes, *, out_features=(), bias=False, device=None, dtype=None, reduction='mean', weight=None, "
        "ignore_index=None, label_smoothing=0.0, options=None",
        WEIGHTED_BASE,
        build=_linear_cross_entropy,
    ),
    layer(
        "torch.nn.AdaptiveLogSoftmaxWithLoss",
        "in_features, n_classes, cutoffs, div_value=4.0, head_bias=False, device=None, dtype=None",
        role="loss",
        build=_adaptive_softmax,
        reset=True,
    ),
)
