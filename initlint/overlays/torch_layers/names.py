"""The paths under which torch publishes one and the same thing."""

from __future__ import annotations

from collections.abc import Callable, Container

_MODULES = "torch.nn.modules."

FILES = frozenset(
    {
        "activation", "adaptive", "batchnorm", "channelshuffle", "container", "conv", "distance", "dropout", "flatten", "fold", "instancenorm",
        "lazy", "linear", "loss", "module", "normalization", "padding", "pixelshuffle", "pooling", "rnn", "sparse", "transformer", "upsampling",
    }
)  # fmt: skip
"""The files of ``torch.nn.modules``."""

ALIASES = {
    "torch.nn.parameter": "torch.nn",
    "torch.nn.parallel.DataParallel": "torch.nn.DataParallel",
    "torch.nn.parallel.data_parallel.DataParallel": "torch.nn.DataParallel",
    "torch.nn.parallel.distributed.DistributedDataParallel": "torch.nn.parallel.DistributedDataParallel",
    "torch.nn.backends.thnn.functional": "torch.nn.functional",
    "torch._C._nn": "torch.nn.functional",
    "torch._tensor.Tensor": "torch.Tensor",
    "torch.tensor.Tensor": "torch.Tensor",
}
"""Other paths, by prefix."""

RE_EXPORTS = {
    "_NormBase": "torch.nn.modules.batchnorm._NormBase",
    "_LazyNormBase": "torch.nn.modules.batchnorm._LazyNormBase",
    "_BatchNorm": "torch.nn.modules.batchnorm._BatchNorm",
    "LazyModuleMixin": "torch.nn.modules.lazy.LazyModuleMixin",
    "NonDynamicallyQuantizableLinear": "torch.nn.modules.linear.NonDynamicallyQuantizableLinear",
    "F": "torch.nn.functional",
    "init": "torch.nn.init",
    "Parameter": "torch.nn.Parameter",
    "UninitializedParameter": "torch.nn.UninitializedParameter",
    "UninitializedBuffer": "torch.nn.UninitializedBuffer",
}
"""What a file of ``torch.nn.modules`` imports from elsewhere."""


def resolver(layers: Container[str]) -> Callable[[str], str]:
    """A function from any dotted path to the canonical one; a path it does not know stays as it is."""

    def canonical(dotted: str) -> str:
        if not dotted.startswith("torch.") or dotted in layers:
            return dotted
        if dotted.startswith(_MODULES):
            return _public(dotted, layers)
        for prefix, target in ALIASES.items():
            if dotted == prefix or dotted.startswith(f"{prefix}."):
                return target + dotted[len(prefix) :]
        return dotted

    return canonical


def _public(dotted: str, layers: Container[str]) -> str:
    """Strip ``modules`` and its file where ``torch.nn`` has the name; what follows the name is kept."""
    parts = dotted[len(_MODULES) :].split(".")
    if parts[0] in FILES and len(parts) > 1:
        parts = parts[1:]
    name, rest = parts[0], parts[1:]
    if f"torch.nn.{name}" in layers:
        return ".".join(("torch.nn", name, *rest))
    return ".".join((RE_EXPORTS[name], *rest)) if name in RE_EXPORTS else dotted
