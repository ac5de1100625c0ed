"""Which files can matter at all, told from their bytes before anything is parsed."""

from __future__ import annotations

import re

GATE = (re.compile(rb"torch|keras|tensorflow|flax|jax|haiku|equinox|tf_slim"), re.compile(rb"nn\.|init|Parameter"))
ARRAY_GATE = (
    re.compile(rb"np\.random|numpy\.random|default_rng|RandomState|random\.(?:normal|uniform|truncated_normal)\("),
    re.compile(rb"\.dot\(|@|matmul|einsum"),
    re.compile(rb"\bdef \w+\("),
)
WITH_LAYERS = re.compile(rb"torch|keras|tensorflow|flax|haiku|equinox|objax")
"""Libraries that bring layers of their own; JAX does not."""


def may_matter(data: bytes) -> bool:
    """Whether a file can hold anything this tool judges: it names a framework, and layers or initializers; or it may be a net of arrays."""
    return all(pattern.search(data) for pattern in GATE) or may_hold_nets(data)


def may_hold_nets(data: bytes) -> bool:
    """Whether a file may define a net of plain arrays: it draws numbers, multiplies matrices, and names no framework."""
    return all(pattern.search(data) for pattern in ARRAY_GATE) and not WITH_LAYERS.search(data)
