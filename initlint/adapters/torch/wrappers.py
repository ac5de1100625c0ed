"""``weight_norm``, ``spectral_norm`` and parametrizations: the weight becomes something computed anew at every call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from initlint.adapters.torch.binding import framework_of
from initlint.adapters.torch.statistics import norm_law
from initlint.adapters.torch.writes import current
from initlint.interpreter.values import Instance, Storage, Tensor, Unknown, unknown
from initlint.theory.fans import product

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call

HOOKS = {"torch.nn.utils.weight_norm": ("_g", "_v"), "torch.nn.utils.spectral_norm": ("", "_orig")}
"""Suffixes of (magnitude, direction), which an old-style hook registers on the module itself."""
PARAMETRIZATIONS = {
    "torch.nn.utils.parametrizations.weight_norm": ("original0", "original1"),
    "torch.nn.utils.parametrizations.spectral_norm": ("", "original"),
    "torch.nn.utils.parametrizations.orthogonal": ("", "original"),
    "torch.nn.utils.parametrize.register_parametrization": ("", "original"),
}
"""Names of (magnitude, direction) in a list of their own under ``parametrizations``."""


def wrap(call: Call, name: str) -> Any:
    """Replace a parameter by the tensors it is computed from, under torch's names for them."""
    module = call.get(0, "module")
    key = call.get(1, "tensor_name" if name in PARAMETRIZATIONS else "name", "weight")
    if not isinstance(module, Instance) or not isinstance(key, str) or not isinstance(module.parameters.get(key), Tensor):
        return module if module is not None else Unknown("a wrapped module")
    heap = call.interp.heap
    weight = module.parameters[key]
    heap.delete_item(module.parameters, key)
    if name in HOOKS:
        magnitude, direction = HOOKS[name]
        names = [key + magnitude if magnitude else "", key + direction]
        target = module
    else:
        names = list(PARAMETRIZATIONS[name])
        target = _parametrization_list(call, module, key)
    if names[0]:
        heap.set_item(target.parameters, names[0], _magnitude(weight, call.get(2, "dim", 0)))
    heap.set_item(target.parameters, names[1], _inverse(call, weight) if name.endswith("register_parametrization") else weight)
    if name == "torch.nn.utils.spectral_norm":  # until the first forward pass ``weight`` is ``weight_orig`` under another name
        heap.set_item(module.attrs, key, Tensor(weight.storage, weight.shape))
        return module
    computed = Storage(weight.shape, distribution=weight.storage.distribution, recomputed=True, origin=weight.storage)
    heap.set_item(module.attrs, key, Tensor(computed, weight.shape))
    return module


def _inverse(call: Call, weight: Tensor) -> Tensor:
    """What a parametrization of the author's own starts from: where it has a ``right_inverse``, what that makes of the weight."""
    parametrization = call.get(2, "parametrization")
    method = call.interp.find_method(parametrization, "right_inverse") if isinstance(parametrization, Instance) else None
    if method is None:
        return weight
    made = call.interp.call(method, [weight], {}, call.frame, call.node)
    if not isinstance(made, Tensor):
        return Tensor(Storage(weight.shape, reason=unknown(made) or "what right_inverse() returns"), weight.shape, parameter=True)
    return made if made is weight else Tensor(made.storage, made.shape, made.whole, parameter=True, data=made.data)


def _magnitude(weight: Tensor, dim: Any) -> Tensor:
    """``g``: the norm of each slice along ``dim``, one number per output."""
    shape, law = None, None
    if weight.shape is not None and isinstance(dim, int) and -len(weight.shape) <= dim < len(weight.shape):
        shape = tuple(s if i == dim % len(weight.shape) else 1 for i, s in enumerate(weight.shape))
        count = product(s for i, s in enumerate(weight.shape) if i != dim % len(weight.shape))
        law = norm_law(current(weight), count) if isinstance(count, int) else None
    return Tensor(Storage(shape, distribution=law, base=law, reason="the norm of the weight it scales"), shape, parameter=True)


def _parametrization_list(call: Call, module: Instance, key: str) -> Instance:
    framework = framework_of(call)
    holder = module.modules.get("parametrizations")
    if not isinstance(holder, Instance):
        holder = Instance(framework.layer_class("torch.nn.ModuleDict"))
        call.interp.heap.set_item(module.modules, "parametrizations", holder)
    made = Instance(framework.layer_class("torch.nn.ModuleList"))
    call.interp.heap.set_item(holder.modules, key, made)
    return made


def unwrap(call: Call) -> Any:
    """``remove_weight_norm`` and its kin."""
    module, key = call.get(0, "module"), call.get(1, "name", "weight")
    if isinstance(module, Instance) and isinstance(key, str):
        weight = module.parameters.get(f"{key}_v") or module.parameters.get(f"{key}_orig")
        if isinstance(weight, Tensor):
            for suffix in ("_g", "_v", "_orig"):
                call.interp.heap.delete_item(module.parameters, key + suffix)
            call.interp.heap.delete_item(module.attrs, key)
            call.interp.heap.set_item(module.parameters, key, weight)
    return module
