"""The names under which torch's own norms are told by their type."""

from __future__ import annotations

from torch.nn.modules.batchnorm import _BatchNorm as _BatchNorm
from torch.nn.modules.instancenorm import _InstanceNorm as _InstanceNorm
