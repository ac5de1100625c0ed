"""What models derive from."""

from __future__ import annotations

from pytorch_lightning.core.module import LightningModule as LightningModule
