"""Layers from dictionaries, and a convolution with its norm and activation."""

from __future__ import annotations

from mmcv.cnn.bricks import ConvModule as ConvModule
from mmcv.cnn.bricks import DepthwiseSeparableConvModule as DepthwiseSeparableConvModule
from mmcv.cnn.bricks import build_activation_layer as build_activation_layer
from mmcv.cnn.bricks import build_conv_layer as build_conv_layer
from mmcv.cnn.bricks import build_norm_layer as build_norm_layer
from mmcv.cnn.bricks import is_norm as is_norm
from mmengine.model.weight_init import bias_init_with_prob as bias_init_with_prob
