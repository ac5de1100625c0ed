"""The class that layers of graphs derive from, and the linear layer that they are made of."""

from __future__ import annotations

from torch_geometric.nn.conv.message_passing import MessagePassing as MessagePassing
from torch_geometric.nn.dense.linear import Linear as Linear
