"""The class that layers of graphs derive from."""

from __future__ import annotations

from torch_geometric.nn.conv.message_passing import MessagePassing as MessagePassing
