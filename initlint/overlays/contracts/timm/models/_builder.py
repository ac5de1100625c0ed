"""Models from their configuration; a checkpoint says nothing of what they start from."""

from __future__ import annotations


def build_model_with_cfg(model_cls, variant, pretrained, *args, feature_cfg=None, kwargs_filter=None, **kwargs):
    names = ("pretrained_cfg", "pretrained_cfg_overlay", "pretrained_strict", "pretrained_filter_fn", "model_cfg", "features_only", "out_indices", "cache_dir")
    return model_cls(*args, **{name: value for name, value in kwargs.items() if name not in names})
