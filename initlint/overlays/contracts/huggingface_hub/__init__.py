"""Models that are kept on a server: what is loaded from there, a model without a network does not start from."""

from __future__ import annotations

from huggingface_hub.hub_mixin import ModelHubMixin as ModelHubMixin
from huggingface_hub.hub_mixin import PyTorchModelHubMixin as PyTorchModelHubMixin
