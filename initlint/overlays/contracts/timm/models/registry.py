"""Where the registry was found before."""

from __future__ import annotations

from timm.models._registry import register_model as register_model
