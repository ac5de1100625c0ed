"""Layers from dictionaries, and a convolution with its norm and activation."""

from __future__ import annotations

from mmcv.cnn.bricks.activation import build_activation_layer as build_activation_layer
from mmcv.cnn.bricks.conv import build_conv_layer as build_conv_layer
from mmcv.cnn.bricks.conv_module import ConvModule as ConvModule
from mmcv.cnn.bricks.depthwise_separable_conv_module import DepthwiseSeparableConvModule as DepthwiseSeparableConvModule
from mmcv.cnn.bricks.norm import build_norm_layer as build_norm_layer
from mmcv.cnn.bricks.norm import is_norm as is_norm
