"""As pytorch_lightning, under its later name."""

from __future__ import annotations

from pytorch_lightning.core.module import LightningModule as LightningModule
