"""Configurations: named values with defaults, some known by two names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import huggingface_hub


@dataclass
class _Defaults:
    model_type: ClassVar[str] = ""
    attribute_map: ClassVar[dict[str, str]] = {}
    output_hidden_states: bool = False
    output_attentions: bool = False
    return_dict: bool = True
    use_return_dict: bool = True
    dtype: Any = None
    torch_dtype: Any = None
    chunk_size_feed_forward: int = 0
    is_encoder_decoder: bool = False
    is_decoder: bool = False
    add_cross_attention: bool = False
    tie_word_embeddings: bool = True
    id2label: Any = None
    label2id: Any = None
    num_labels = 2
    problem_type: Any = None
    pad_token_id: Any = None
    bos_token_id: Any = None
    eos_token_id: Any = None
    name_or_path: str = ""

    def __setattr__(self, key, value):
        super().__setattr__(type(self).attribute_map.get(key, key), value)

    def __getattr__(self, key):
        if key not in type(self).attribute_map:
            raise AttributeError(key)
        return getattr(self, type(self).attribute_map[key])

    def get_text_config(self, decoder=False, encoder=False):
        return self

    def to_dict(self):
        return dict(self.__dict__)


class PreTrainedConfig(_Defaults):
    @classmethod
    def from_pretrained(cls, *args, **kwargs):
        return huggingface_hub.load(*args)

    def __post_init__(self, **kwargs):
        for name, spec in getattr(self, "sub_configs_defaults", {}).items():
            given = getattr(self, name)
            if given is None or isinstance(given, dict):
                setattr(self, name, getattr(spec, "config_class", spec)(**(given or getattr(spec, "init_kwargs", {}))))
        self.name_or_path = ""
        self.num_labels = kwargs.pop("num_labels", 2)
        self._attn_implementation = None
        if hasattr(self, "rope_parameters"):
            self.rope_parameters = self.rope_parameters or {"rope_type": "default", "rope_theta": getattr(self, "default_theta", 10000.0)}
        for name, value in kwargs.items():
            setattr(self, name, value)


PretrainedConfig = PreTrainedConfig
