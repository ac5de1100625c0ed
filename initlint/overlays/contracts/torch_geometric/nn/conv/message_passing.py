"""Layers of graphs: messages along the edges, collected at the nodes. Whatever the messages ask for by name comes from the call of ``propagate``."""

from __future__ import annotations

import inspect

import torch_scatter
from torch import nn
from torch_geometric.inspector import Inspector


class MessagePassing(nn.Module):
    def __init__(self, aggr="sum", *, aggr_kwargs=None, flow="source_to_target", node_dim=-2, decomposed_layers=1, **kwargs):
        super().__init__()
        self.aggr = aggr
        self.flow = flow
        self.node_dim = node_dim
        self.decomposed_layers = decomposed_layers
        self.inspector = Inspector(self.__class__)
        self.explain = None

    def reset_parameters(self):
        pass

    def propagate(self, edge_index, size=None, **kwargs):
        messages = self.message(**_collected(self.message, edge_index, size, kwargs))
        collected = self.aggregate(messages, **_collected(self.aggregate, edge_index, size, kwargs))
        return self.update(collected, **_collected(self.update, edge_index, size, kwargs))

    def edge_updater(self, edge_index, size=None, **kwargs):
        return self.edge_update(**_collected(self.edge_update, edge_index, size, kwargs))

    def message(self, x_j):
        return x_j

    def aggregate(self, inputs, index=None, ptr=None, dim_size=None):
        if self.aggr in ("add", "sum"):
            return torch_scatter.scatter_sum(inputs, index)
        return torch_scatter.scatter_mean(inputs, index)

    def update(self, inputs):
        return inputs


def _collected(function, edge_index, size, given):
    known = {"edge_index": edge_index, "adj_t": edge_index, "index": edge_index[1], "edge_index_i": edge_index[1], "edge_index_j": edge_index[0]}
    known.update({"ptr": None, "size": size, "size_i": None, "size_j": None, "dim_size": None})
    known.update(given)
    found = {}
    for name in inspect.signature(function).parameters:
        if name in known:
            found[name] = known[name]
        elif name[-2:] in ("_i", "_j") and name[:-2] in given:
            value = given[name[:-2]]
            if isinstance(value, (tuple, list)):
                value = value[0] if name[-2:] == "_j" else value[1]
            found[name] = value
    return found
