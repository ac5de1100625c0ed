# mypy: ignore-errors
# ruff: noqa
"""Weights scaled by what their own values come to."""

from __future__ import annotations

import torch
from torch import nn

UNKNOWN = {
    "ByItem": {"fc.weight": "a number without its error"},
    "FewValues": {"fc.weight": "the spread of two values says little"},
    "Rows": {"fc.weight": "rows of eight are too short"},
}


class Rescaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(64, 64, 8)
        self.down = nn.Conv1d(64, 32, 4)
        for layer in (self.conv, self.down):
            scale = (layer.weight.std().detach() / 0.1) ** 0.5
            layer.weight.data /= scale
            layer.bias.data /= scale


class ToVariance(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(64, 96)
        nn.init.orthogonal_(self.fc.weight)
        scale = 2.0 / ((self.fc.weight.size(-2) + self.fc.weight.size(-1)) * self.fc.weight.var())
        self.fc.weight.data *= scale.sqrt()


class ToNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.whole = nn.Parameter(torch.randn(64, 64))
        self.whole.data.div_(self.whole.norm())
        self.rows = nn.Parameter(torch.randn(64, 512))
        self.rows.data = self.rows.data / self.rows.norm(dim=1, keepdim=True)


class ByItem(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(64, 64)
        self.fc.weight.data /= self.fc.weight.std().item()


class FewValues(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 1)
        self.fc.weight.data /= self.fc.weight.std()


class Rows(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 64)
        self.fc.weight.data /= self.fc.weight.norm(dim=1, keepdim=True)


class Shifted(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.rand(64, 64).mean(dim=0))
        self.spread = nn.Parameter(torch.randn(64, 128).std(1))
