"""Models by the class of their configuration."""

from __future__ import annotations

import importlib

import huggingface_hub
from transformers.models.auto.configuration_auto import model_type_to_module_name


class _LazyAutoMapping:
    def __init__(self, config_mapping, model_mapping):
        self.names = model_mapping

    def __getitem__(self, key):
        names = self.names[key.model_type]
        name = names if isinstance(names, str) else names[0]
        return getattr(importlib.import_module(f"transformers.models.{model_type_to_module_name(key.model_type)}"), name)


class _BaseAutoModelClass:
    @classmethod
    def from_config(cls, config, **kwargs):
        return cls._model_mapping[type(config)](config)

    @classmethod
    def from_pretrained(cls, *args, **kwargs):
        return huggingface_hub.load(*args)


def auto_class_update(cls, **options):
    return cls
