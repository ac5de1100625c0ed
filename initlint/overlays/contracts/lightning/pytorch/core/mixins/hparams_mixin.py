"""As pytorch_lightning, under its later name."""

from __future__ import annotations

from pytorch_lightning.core.mixins.hparams_mixin import HyperparametersMixin as HyperparametersMixin
