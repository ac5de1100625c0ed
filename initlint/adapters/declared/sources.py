"""Where random numbers come from: keys of JAX, and initializers that draw the same whenever they are asked for the same shape."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any, Optional

from initlint.interpreter.values import External, Instance, OneOf, Storage, Tensor

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.findings import Site
    from initlint.interpreter.calls import Call

KEY = "jax.random.key() number "
_numbers = count(1)
MOST = 64
"""Keys that one call of ``split`` makes at most; more are not told apart."""


def one_key(call: Call) -> External:
    """``jax.random.key(seed)``, ``fold_in(key, data)``: a key unlike all others."""
    return External(f"{KEY}{next(_numbers)}")


def split(call: Call) -> Any:
    """``jax.random.split(key, num)``."""
    count = call.get(1, "num", 2)
    return [one_key(call) for _ in range(count)] if isinstance(count, int) and count <= MOST else External("jax.random.keys")


def repeated(framework: TorchFramework, source: Any, tensor: Tensor, site: Optional[Site]) -> None:
    """``tensor`` was drawn from ``source``: whatever else of its shape comes from there holds the same numbers."""
    if tensor.shape is None or not all(isinstance(size, int) for size in tensor.shape) or isinstance(source, OneOf):
        return
    seed = source.arguments.get("seed") if isinstance(source, Instance) else None  # two objects with one seed draw as one does
    origin_of = source.name if isinstance(source, External) else ("seed", seed) if isinstance(seed, int) else id(source)
    key = (origin_of, tensor.shape, tensor.storage.distribution)
    _, origin = framework.sources.setdefault(key, (source, Storage(tensor.shape)))
    tensor.storage.twin, tensor.storage.copied = origin, site


def is_key(value: Any) -> bool:
    """Whether ``value`` is a key of JAX that can be told from others."""
    return isinstance(value, External) and value.name.startswith(KEY)


def repeats(chosen: Any) -> bool:
    """Whether an initializer object gives every tensor of one shape the same numbers, as those of Keras do."""
    return isinstance(chosen, Instance) and chosen.cls.name.startswith("keras.")


FUNCTIONS: dict[str, Callable[[Call], Any]] = {
    **dict.fromkeys(("jax.random.PRNGKey", "jax.random.key", "jax.random.fold_in", "jax.random.clone"), one_key), "jax.random.split": split,
}  # fmt: skip
