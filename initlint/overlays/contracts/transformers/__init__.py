"""The names that code around transformers derives from."""

from __future__ import annotations

from transformers.activations import ACT2FN as ACT2FN
from transformers.configuration_utils import PreTrainedConfig as PreTrainedConfig
from transformers.configuration_utils import PretrainedConfig as PretrainedConfig
from transformers.modeling_utils import PreTrainedModel as PreTrainedModel
