"""The names that models are written with."""

from __future__ import annotations

from lightning.pytorch.core.module import LightningModule as LightningModule
