"""Helpers of models: a function that is told the name of every module, and models from their configuration."""

from __future__ import annotations

from timm.models._builder import build_model_with_cfg as build_model_with_cfg
from timm.models._manipulate import named_apply as named_apply
from timm.models._registry import register_model as register_model
