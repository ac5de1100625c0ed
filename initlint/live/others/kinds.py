"""Which framework a value belongs to, without importing any."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any, Literal, Optional

from initlint.graph import ModelGraph

Kind = Literal["keras", "linen", "nnx"]
CLASSES: dict[Kind, tuple[str, str]] = {"keras": ("keras", "Layer"), "linen": ("flax.linen", "Module"), "nnx": ("flax.nnx", "Module")}
"""Where the class is found that all modules of a framework derive from."""
ROOTS: dict[str, Kind] = {"keras.Model": "keras", "keras.layers.Layer": "keras", "flax.linen.Module": "linen", "flax.nnx.Module": "nnx"}
BACKENDS = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch", "openvino": "openvino"}
"""Backends of Keras, with the package that each needs."""


class Elsewhere(Exception):
    """A target turned out to be a model of another framework than torch."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind)
        self.kind: Kind = kind


def of_value(value: Any) -> Optional[Kind]:
    """The framework of a model, or of a class of models; None for anything else."""
    for kind, (module, name) in CLASSES.items():
        root = getattr(sys.modules.get(module), name, None)
        if isinstance(root, type) and (isinstance(value, root) or (isinstance(value, type) and issubclass(value, root))):
            return kind
    return None


def of_graph(claimed: Optional[ModelGraph]) -> Optional[Kind]:
    """The framework that source says a target belongs to."""
    return next((ROOTS[name] for name in claimed.lineage if name in ROOTS), None) if claimed is not None else None


def settle_backend() -> None:
    """Keep to the CPU, and let Keras run on torch, which is here, where it would use a backend that is not installed."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    os.environ.setdefault("KERAS_TORCH_DEVICE", "cpu")
    if "KERAS_BACKEND" in os.environ or "keras" in sys.modules:
        return
    try:
        home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
        chosen = json.loads((home / "keras.json").read_text(encoding="utf-8"))["backend"]
    except (OSError, ValueError, KeyError, TypeError):
        chosen = "tensorflow"
    if importlib.util.find_spec(BACKENDS.get(chosen, "tensorflow")) is None:
        os.environ["KERAS_BACKEND"] = "torch"
