"""Models: every module is drawn once, by the ``_init_weights`` of the innermost model around it, and then tied weights are shared."""

from __future__ import annotations

import re
from itertools import cycle

import huggingface_hub
import torch
from torch import nn


class _Defaults(nn.Module):
    config_class = None
    base_model_prefix = ""
    main_input_name = "input_ids"
    supports_gradient_checkpointing = False
    is_parallelizable = False
    _tied_weights_keys = None
    _no_split_modules = None

    def _init_weights(self, module):
        std = getattr(self.config, "initializer_range", 0.02)
        if isinstance(module, (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, mean=0.0, std=std)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, mean=0.0, std=std)
            if module.padding_idx is not None:
                nn.init.zeros_(module.weight[module.padding_idx])
        elif isinstance(module, nn.MultiheadAttention):
            module._reset_parameters()
        elif (
            isinstance(module, (nn.GroupNorm, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d))
            or "LayerNorm" in module.__class__.__name__
            or "RMSNorm" in module.__class__.__name__
        ):
            if getattr(module, "weight", None) is not None:
                nn.init.ones_(module.weight)
            if getattr(module, "bias", None) is not None:
                nn.init.zeros_(module.bias)

    def get_input_embeddings(self):
        return None

    def get_output_embeddings(self):
        return None


class PreTrainedModel(_Defaults):
    def __init__(self, config, *inputs, **kwargs):
        nn.Module.__init__(self)
        self.config = config
        self.name_or_path = ""
        self.generation_config = None
        if getattr(config, "_attn_implementation", None) is None:
            config._attn_implementation = "sdpa" if getattr(self, "_supports_sdpa", False) else "eager"

    @classmethod
    def _from_config(cls, config, **kwargs):
        return cls(config)

    @classmethod
    def from_pretrained(cls, *args, **kwargs):
        return huggingface_hub.load(*args)

    def post_init(self):
        self.init_weights()

    def init_weights(self):
        self.initialize_weights()
        self.tie_weights()

    def initialize_weights(self):
        with torch.no_grad():
            models = [module for module in self.modules() if isinstance(module, PreTrainedModel)]
            for model in reversed([model for model in models if model is self or not getattr(model, "_is_hf_initialized", False)]):
                model.apply(model._initialize_weights)

    def _initialize_weights(self, module, *arguments):
        if not getattr(module, "_is_hf_initialized", False):
            self._init_weights(module)
            module._is_hf_initialized = True

    def tie_weights(self, *arguments, **options):
        tied = self._tied_weights_keys
        if not isinstance(tied, dict) or not getattr(self.config, "tie_word_embeddings", False):
            return
        names = sorted(name for name, _ in self.named_parameters(remove_duplicate=False))
        for target, source in tied.items():
            sources = [name for name in names if re.search("^" + source, name)]
            targets = [name for name in names if re.search("^" + target, name)]
            for one, other in zip(targets, cycle(sources)):
                parent, _, name = one.rpartition(".")
                setattr(self.get_submodule(parent), name, self.get_parameter(other))
