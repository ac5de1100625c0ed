"""Where the helpers of models were found before."""

from __future__ import annotations

from timm.models._builder import build_model_with_cfg as build_model_with_cfg
from timm.models._manipulate import named_apply as named_apply
