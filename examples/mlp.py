"""A deep multilayer perceptron with ReLU and the initialization that suits it (He et al. 2015)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MLP(nn.Module):
    """Linear layers with ReLU in between; the signal keeps its size through any depth."""

    def __init__(self, inputs: int = 784, width: int = 256, depth: int = 8, classes: int = 10) -> None:
        super().__init__()
        self.hidden = nn.ModuleList(nn.Linear(width if number else inputs, width) for number in range(depth))
        self.head = nn.Linear(width, classes)
        for layer in self.hidden:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores of a batch of flat images."""
        for layer in self.hidden:
            x = F.relu(layer(x))
        return self.head(x)


def build() -> nn.Module:
    """The model at its default size."""
    return MLP()


if __name__ == "__main__":
    print(build()(torch.randn(4, 784)).std())
