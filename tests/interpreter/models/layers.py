# mypy: ignore-errors
# ruff: noqa
"""What torch gives every layer that owns parameters."""

from __future__ import annotations

from torch import nn


class Layers(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(100, 64)
        self.no_bias = nn.Linear(64, 64, bias=False)
        self.conv1d = nn.Conv1d(16, 32, 3, padding=1)
        self.conv2d = nn.Conv2d(16, 32, (3, 5), groups=2)
        self.conv3d = nn.Conv3d(4, 8, 3, bias=False)
        self.up1d = nn.ConvTranspose1d(16, 32, 3)
        self.up2d = nn.ConvTranspose2d(16, 32, 3, groups=2)
        self.up3d = nn.ConvTranspose3d(4, 8, 3)
        self.bilinear = nn.Bilinear(10, 12, 14)
        self.embedding = nn.Embedding(100, 32, padding_idx=1)
        self.bag = nn.EmbeddingBag(100, 32)
        self.bn1 = nn.BatchNorm1d(8)
        self.bn2 = nn.BatchNorm2d(8, affine=False)
        self.bn3 = nn.BatchNorm3d(8)
        self.sync = nn.SyncBatchNorm(8)
        self.in2 = nn.InstanceNorm2d(8)
        self.in2a = nn.InstanceNorm2d(8, affine=True)
        self.ln = nn.LayerNorm((4, 8))
        self.lnb = nn.LayerNorm(8, bias=False)
        self.gn = nn.GroupNorm(2, 8)
        self.rms = nn.RMSNorm(8)
        self.prelu = nn.PReLU(4)
        self.lstm = nn.LSTM(20, 32, 2, bidirectional=True)
        self.proj = nn.LSTM(20, 32, proj_size=8)
        self.gru = nn.GRU(20, 32, bias=False)
        self.rnn = nn.RNN(20, 32)
        self.cell = nn.LSTMCell(20, 32)
        self.gcell = nn.GRUCell(20, 32)
        self.rcell = nn.RNNCell(20, 32)
        self.mha = nn.MultiheadAttention(64, 4)
        self.mhak = nn.MultiheadAttention(64, 4, kdim=32, vdim=16, add_bias_kv=True)
        self.enc = nn.TransformerEncoderLayer(64, 4, 128)
        self.dec = nn.TransformerDecoderLayer(64, 4, dim_feedforward=128, bias=False)
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(64, 4, 64), 2, norm=nn.LayerNorm(64))
        self.transformer = nn.Transformer(64, 4, 1, 1, 64)
        self.softmax = nn.AdaptiveLogSoftmaxWithLoss(64, 100, [20, 60])
        self.identity = nn.Identity(3)
        self.drop = nn.Dropout(p=0.5)
