"""A module that trains itself."""

from __future__ import annotations

from torch import nn

from pytorch_lightning.core.mixins.hparams_mixin import HyperparametersMixin


class LightningModule(HyperparametersMixin, nn.Module):
    pass
