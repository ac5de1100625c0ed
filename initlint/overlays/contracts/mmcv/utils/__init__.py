"""The names that the package offers itself."""

from __future__ import annotations

from torch.nn.modules.batchnorm import _BatchNorm as _BatchNorm
from torch.nn.modules.instancenorm import _InstanceNorm as _InstanceNorm
