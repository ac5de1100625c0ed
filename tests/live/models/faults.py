"""A model with five classic faults, and the same without them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


class Faulty(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 64, 3, padding=1)
        self.depthwise = nn.Conv2d(64, 64, 3, padding=1, groups=64)
        self.fc1 = nn.Linear(64, 128)
        self.fc2 = nn.Linear(128, 128)
        self.fc3 = nn.Linear(128, 64)
        self.lstm = nn.LSTM(64, 64)
        self.scale = nn.Parameter(torch.empty(64))  # fault: never filled
        self.head = nn.Linear(64, 10)
        nn.init.kaiming_normal_(self.stem.weight, nonlinearity="relu")
        nn.init.kaiming_normal_(self.depthwise.weight, mode="fan_out", nonlinearity="relu")  # fault: fan_out counts all groups
        nn.init.normal_(self.fc1.weight, 0.02)  # fault: mean and std mixed up
        for layer in (self.fc2, self.fc3):
            nn.init.constant_(layer.weight, 0.1)  # fault: constant hidden weights
            nn.init.zeros_(layer.bias)
        for name, parameter in self.lstm.named_parameters():
            if "weight" in name:
                nn.init.xavier_uniform_(parameter)  # fault: four gates as one map

    def forward(self, x):
        x = F.relu(self.stem(x))
        x = F.relu(self.depthwise(x)).mean((2, 3))
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc3(F.relu(self.fc2(x))))
        y, _ = self.lstm((x * self.scale)[None])
        return self.head(y[0])


class Sound(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 64, 3, padding=1)
        self.depthwise = nn.Conv2d(64, 64, 3, padding=1, groups=64)
        self.fc1 = nn.Linear(64, 128)
        self.fc2 = nn.Linear(128, 128)
        self.fc3 = nn.Linear(128, 64)
        self.lstm = nn.LSTM(64, 64)
        self.scale = nn.Parameter(torch.ones(64))
        self.words = nn.Embedding(50, 16, padding_idx=0)
        self.head = nn.Linear(64, 10)
        for layer in (self.stem, self.depthwise, self.fc1, self.fc2, self.fc3):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
        for name, parameter in self.lstm.named_parameters():
            if "weight" in name:
                for gate in parameter.chunk(4):
                    nn.init.xavier_uniform_(gate)

    forward = Faulty.forward
