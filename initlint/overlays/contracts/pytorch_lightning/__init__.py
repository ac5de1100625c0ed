"""The names that models are written with."""

from __future__ import annotations

from pytorch_lightning.core.module import LightningModule as LightningModule
