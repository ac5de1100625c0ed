"""Where the frameworks' names lead: one canonical dotted name for each, and the classes that modules derive from."""

from __future__ import annotations

from initlint.overlays.declared.initializers import IDENTIFIERS

ROOTS: dict[str, tuple[str, ...]] = {
    "torch.nn.Module": ("forward",),
    "keras.layers.Layer": ("call",),
    "keras.Model": ("call",),
    "tensorflow.Module": ("__call__", "call"),
    "haiku.Module": ("__call__", "forward"),
    "flax.linen.Module": ("__call__",),
    "flax.nnx.Module": ("__call__",),
    "equinox.Module": ("__call__",),
}
"""Classes that modules derive from, with the methods that may be the forward pass."""
DESCRIBED = ("keras", "tensorflow", "haiku", "flax", "jax", "tf_keras", "tf_slim", "equinox")
"""Libraries whose names need not be looked for."""
ALIASES = {
    "tensorflow.keras": "keras", "tensorflow.compat.v1.keras": "keras", "tensorflow.compat.v2.keras": "keras", "tensorflow.python.keras": "keras",
    "tensorflow.initializers": "keras.initializers", "tf_keras": "keras", "keras.src": "keras", "keras.engine": "keras",
    "flax.linen.initializers": "jax.nn.initializers", "flax.nnx.initializers": "jax.nn.initializers", "jax.experimental.stax": "stax",
    "flax.linen.linear": "flax.linen", "flax.linen.module": "flax.linen", "flax.linen.normalization": "flax.linen", "flax.nn": "flax.linen",
}  # fmt: skip
KERAS_PARTS = ("layers.core", "layers.convolutional", "layers.normalization", "layers.recurrent", "layers.embeddings", "models", "legacy")
"""Modules of Keras whose names exist one level up too."""
CLASSES = {
    **dict.fromkeys(("keras.layers.layer.Layer", "keras.topology.Layer", "keras.base_layer.Layer", "keras.layers.base.Layer"), "keras.layers.Layer"),
    "keras.models.Functional": "keras.Model", "keras.Functional": "keras.Model", "keras.models.functional.Functional": "keras.Model",
    "keras.training.Model": "keras.Model",
    "keras.models.Model": "keras.Model", "keras.models.Sequential": "keras.Sequential", "keras.layers.InputLayer": "keras.layers.InputLayer",
    "keras.layers.Input": "keras.Input", "keras.engine.topology.Layer": "keras.layers.Layer",
    "keras.layers.SeparableConvolution2D": "keras.layers.SeparableConv2D",
    "keras.layers.Convolution2D": "keras.layers.Conv2D", "keras.Layer": "keras.layers.Layer",
}  # fmt: skip


def canonical(dotted: str) -> str:
    """The one name of what ``dotted`` reaches: ``tensorflow.keras.layers.Dense`` is ``keras.layers.Dense``."""
    for prefix, target in ALIASES.items():
        if dotted == prefix or dotted.startswith(f"{prefix}."):
            return canonical(target + dotted[len(prefix) :])
    for part in KERAS_PARTS:
        prefix = f"keras.{part}."
        if part.startswith("layers.") and dotted.startswith(prefix):
            return f"keras.layers.{dotted[len(prefix) :]}"
    if dotted.startswith("keras.initializers."):
        return IDENTIFIERS.get(dotted.rpartition(".")[2], dotted)
    return CLASSES.get(dotted, dotted)


def described(dotted: str) -> bool:
    """Whether a dotted name belongs to one of these libraries."""
    return dotted.partition(".")[0] in DESCRIBED
