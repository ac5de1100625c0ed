"""Attention and the transformer blocks built on it."""

from __future__ import annotations

from types import SimpleNamespace

from initlint.overlays.spec import Builder
from initlint.overlays.torch_layers.defaults import ZEROS, xavier_normal, xavier_uniform
from initlint.overlays.torch_layers.linear import QUANTIZABLE
from initlint.overlays.torch_layers.table import layer, on, table

ATTENTION = "torch.nn.MultiheadAttention"
ENCODER_LAYER, DECODER_LAYER = "torch.nn.TransformerEncoderLayer", "torch.nn.TransformerDecoderLayer"
ENCODER, DECODER = "torch.nn.TransformerEncoder", "torch.nn.TransformerDecoder"

# torch's default activation is the function ``relu``; the constructors take its name for the same.
_TAIL = "layer_norm_eps=1e-05, batch_first=False, norm_first=False, bias=True, device=None, dtype=None"
_BLOCK = f"d_model, nhead, dim_feedforward=2048, dropout=0.1, activation='relu', {_TAIL}"


def _attention(b: Builder, a: SimpleNamespace) -> None:
    width = a.embed_dim
    kdim = width if a.kdim is None else a.kdim
    vdim = width if a.vdim is None else a.vdim
    packed = kdim == width and vdim == width
    derived = {"kdim": kdim, "vdim": vdim, "_qkv_same_embed_dim": packed, "head_dim": width // a.num_heads}
    for name, value in derived.items():
        b.attr(name, value)
    separate = {"q_proj_weight": (width, width), "k_proj_weight": (width, kdim), "v_proj_weight": (width, vdim)}
    for name, shape in {"in_proj_weight": (3 * width, width), **separate}.items():
        if packed == (name in separate):
            b.absent(name)
        else:
            b.param(name, shape, xavier_uniform(shape))
    if on(a.bias):
        b.param("in_proj_bias", (3 * width,), ZEROS)
    else:
        b.absent("in_proj_bias")
    b.child("out_proj", QUANTIZABLE, in_features=width, out_features=width, bias=a.bias)
    _extra_key(b, a)
    _reset_attention(b, a)


def _extra_key(b: Builder, a: SimpleNamespace) -> None:
    """``add_bias_kv`` appends one learned key and value."""
    shape = (1, 1, a.embed_dim)
    for name in ("bias_k", "bias_v"):
        if on(a.add_bias_kv):
            b.param(name, shape, xavier_normal(shape))
        else:
            b.attr(name, None)


def _reset_attention(b: Builder, a: SimpleNamespace) -> None:
    """All but ``out_proj.weight``, which stays as its own layer drew it."""
    for name, shape in list(b.parameters()):
        if shape is None:
            continue
        if name.endswith("_proj_weight"):
            b.set(name, xavier_uniform(shape))
        elif name in ("bias_k", "bias_v"):
            b.set(name, xavier_normal(shape))
        elif name in ("in_proj_bias", "out_proj.bias") and on(a.bias):
            b.set(name, ZEROS)


def _encoder_layer(b: Builder, a: SimpleNamespace) -> None:
    _block(b, a, ("self_attn",))


def _decoder_layer(b: Builder, a: SimpleNamespace) -> None:
    _block(b, a, ("self_attn", "multihead_attn"))


def _block(b: Builder, a: SimpleNamespace, attentions: tuple[str, ...]) -> None:
    """Attention sublayers and a feedforward one, each with its norm and its dropout."""
    sublayers = range(1, len(attentions) + 2)
    for name in attentions:
        b.child(name, ATTENTION, embed_dim=a.d_model, num_heads=a.nhead, dropout=a.dropout, bias=a.bias, batch_first=a.batch_first)
    b.child("linear1", "torch.nn.Linear", in_features=a.d_model, out_features=a.dim_feedforward, bias=a.bias)
    b.child("dropout", "torch.nn.Dropout", p=a.dropout)
    b.child("linear2", "torch.nn.Linear", in_features=a.dim_feedforward, out_features=a.d_model, bias=a.bias)
    for index in sublayers:
        b.child(f"norm{index}", "torch.nn.LayerNorm", normalized_shape=a.d_model, eps=a.layer_norm_eps, bias=a.bias)
    for index in sublayers:
        b.child(f"dropout{index}", "torch.nn.Dropout", p=a.dropout)
    b.adopt("activation", a.activation)


def _encoder(b: Builder, a: SimpleNamespace) -> None:
    _stack(b, a, a.encoder_layer)


def _decoder(b: Builder, a: SimpleNamespace) -> None:
    _stack(b, a, a.decoder_layer)


def _stack(b: Builder, a: SimpleNamespace, block: object) -> None:
    """Deep copies of one block: all of them start from the same numbers. Of a depth that is not known, the first."""
    b.child("layers", "torch.nn.ModuleList")
    for index in range(a.num_layers if isinstance(a.num_layers, int) else 1):
        b.clone(f"layers.{index}", block)
    b.adopt("norm", a.norm)


def _transformer(b: Builder, a: SimpleNamespace) -> None:
    shared = ("d_model", "nhead", "dim_feedforward", "dropout", "activation", "layer_norm_eps", "batch_first", "norm_first", "bias")
    block = {name: getattr(a, name) for name in shared}
    norm = {"normalized_shape": a.d_model, "eps": a.layer_norm_eps, "bias": a.bias}
    if a.custom_encoder is not None:
        b.adopt("encoder", a.custom_encoder)
    else:
        first = b.make(ENCODER_LAYER, **block)
        b.child("encoder", ENCODER, encoder_layer=first, num_layers=a.num_encoder_layers, norm=b.make("torch.nn.LayerNorm", **norm))
    if a.custom_decoder is not None:
        b.adopt("decoder", a.custom_decoder)
    else:
        first = b.make(DECODER_LAYER, **block)
        b.child("decoder", DECODER, decoder_layer=first, num_layers=a.num_decoder_layers, norm=b.make("torch.nn.LayerNorm", **norm))
    _reset_transformer(b, a)


def _reset_transformer(b: Builder, a: SimpleNamespace) -> None:
    """``xavier_uniform_`` on every matrix; biases and norms stay."""
    for name, shape in list(b.parameters()):
        if shape is not None and len(shape) > 1:
            b.set(name, xavier_uniform(shape))


LAYERS = table(
    layer(
        ATTENTION,
        "embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None, vdim=None, batch_first=False, "
        "device=None, dtype=None",
        role="attention",
        build=_attention,
        methods={"_reset_parameters": _reset_attention},
    ),
    layer(ENCODER_LAYER, _BLOCK, build=_encoder_layer),
    layer(DECODER_LAYER, _BLOCK, build=_decoder_layer),
    layer(ENCODER, "encoder_layer, num_layers, norm=None, enable_nested_tensor=True, mask_check=True", build=_encoder),
    layer(DECODER, "decoder_layer, num_layers, norm=None", build=_decoder),
    layer(
        "torch.nn.Transformer",
        "d_model=512, nhead=8, num_encoder_layers=6, num_decoder_layers=6, dim_feedforward=2048, dropout=0.1, activation='relu', "
        f"custom_encoder=None, custom_decoder=None, {_TAIL}",
        build=_transformer,
        methods={"_reset_parameters": _reset_transformer},
    ),
)
