"""Configurations by the name of a checkpoint, which only the checkpoint holds."""

from __future__ import annotations

import huggingface_hub


class AutoConfig:
    @classmethod
    def from_pretrained(cls, *args, **kwargs):
        return huggingface_hub.load(*args)
