"""Modules of the first mmcv, which moved to mmengine."""

from __future__ import annotations

from mmengine.model.base_module import BaseModule as BaseModule
from mmengine.model.base_module import ModuleDict as ModuleDict
from mmengine.model.base_module import ModuleList as ModuleList
from mmengine.model.base_module import Sequential as Sequential
