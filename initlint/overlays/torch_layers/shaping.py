"""Layers without weights: padding, dropout, views, resampling, distances."""

from __future__ import annotations

from types import SimpleNamespace

from initlint.overlays.spec import Build, Builder, LayerSpec
from initlint.overlays.torch_layers.table import layer, repeated, table

DROPOUT_BASE = "torch.nn.modules.dropout._DropoutNd"
PADDING = "torch.nn.modules.padding."

_DROPOUT = "p=0.5, inplace=False"


def _pad(rank: int, value: float | None = None) -> Build:
    def build(b: Builder, a: SimpleNamespace) -> None:
        b.attr("padding", repeated(a.padding, 2 * rank))
        if value is not None:
            b.attr("value", value)

    return build


def _upsampling(mode: str) -> Build:
    def build(b: Builder, a: SimpleNamespace) -> None:
        b.attr("mode", mode)
        b.attr("align_corners", True if mode == "bilinear" else None)

    return build


def _padding(rank: int) -> tuple[LayerSpec, ...]:
    constant = f"torch.nn.ConstantPad{rank}d"
    return (
        layer(constant, "padding, value", f"{PADDING}_ConstantPadNd", role="pad", build=_pad(rank)),
        layer(f"torch.nn.ZeroPad{rank}d", "padding", constant, role="pad", build=_pad(rank, 0.0)),
        *(layer(f"torch.nn.{kind}Pad{rank}d", "padding", f"{PADDING}_{kind}PadNd", role="pad", build=_pad(rank)) for kind in _PADS),
    )


def _dropout(name: str) -> LayerSpec:
    return layer(f"torch.nn.{name}", _DROPOUT, DROPOUT_BASE, role="dropout")


def _view(name: str, signature: str) -> LayerSpec:
    return layer(f"torch.nn.{name}", signature, role="view")


_PADS = ("Circular", "Reflection", "Replication")

LAYERS = table(
    layer(f"{PADDING}_ConstantPadNd", "value", role="pad"),
    *(layer(f"{PADDING}_{kind}PadNd", role="pad") for kind in _PADS),
    *_padding(1),
    *_padding(2),
    *_padding(3),
    layer(DROPOUT_BASE, _DROPOUT, role="dropout"),
    *map(_dropout, ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")),
    _view("Identity", "*args, **kwargs"),
    _view("Flatten", "start_dim=1, end_dim=-1"),
    _view("Unflatten", "dim, unflattened_size"),
    _view("PixelShuffle", "upscale_factor"),
    _view("PixelUnshuffle", "downscale_factor"),
    _view("ChannelShuffle", "groups"),
    _view("Unfold", "kernel_size, dilation=1, padding=0, stride=1"),
    _view("Fold", "output_size, kernel_size, dilation=1, padding=0, stride=1"),
    layer("torch.nn.Upsample", "size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None", role="upsample"),
    layer("torch.nn.UpsamplingNearest2d", "size=None, scale_factor=None", "torch.nn.Upsample", role="upsample", build=_upsampling("nearest")),
    layer("torch.nn.UpsamplingBilinear2d", "size=None, scale_factor=None", "torch.nn.Upsample", role="upsample", build=_upsampling("bilinear")),
    layer("torch.nn.CosineSimilarity", "dim=1, eps=1e-08"),
    layer("torch.nn.PairwiseDistance", "p=2.0, eps=1e-06, keepdim=False"),
)
