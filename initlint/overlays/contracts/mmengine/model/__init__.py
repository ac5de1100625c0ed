"""The names that code around mmengine derives from."""

from __future__ import annotations

from mmengine.model.base_module import BaseModule as BaseModule
from mmengine.model.base_module import ModuleDict as ModuleDict
from mmengine.model.base_module import ModuleList as ModuleList
from mmengine.model.base_module import Sequential as Sequential
from mmengine.model.weight_init import bias_init_with_prob as bias_init_with_prob
