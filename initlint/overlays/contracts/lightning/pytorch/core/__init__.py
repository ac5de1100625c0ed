"""What models derive from."""

from __future__ import annotations

from lightning.pytorch.core.module import LightningModule as LightningModule
