"""Parameters of a layer whose name is misspelt where they are assigned: ``self.embedding.weights = nn.Parameter(table)``."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.adapters.torch.registries import is_torch
from initlint.adapters.torch.witness import dotted
from initlint.interpreter.classes import find_member
from initlint.interpreter.values import ABSENT, OPENED, Instance, Tensor, Unknown
from initlint.symbolic import Sym

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.interpreter.core import Interpreter
    from initlint.interpreter.scope import Frame

OTHERS = {"weight": frozenset(("kernel", "kernels"))}
"""What other frameworks call a parameter."""


def note_misspelt(framework: TorchFramework, interp: Interpreter, instance: Instance, name: str, new: Any, frame: Frame, node: p.Node) -> None:
    """A tensor is assigned to a layer of the table under a name that it does not have, and that is a slip of one it has."""
    if not isinstance(node, p.Attr) or instance.cls.spec is None or not is_torch(instance) or not _may_be_tensor(new) or _is_known(instance, name):
        return
    parameters = (key for key, value in instance.parameters.items() if isinstance(value, Tensor))
    meant = next((key for key in parameters if name in slips(key) or (name in OTHERS.get(key, ()) and isinstance(new, Tensor))), None)
    if meant is None:
        return
    kind = instance.cls.name.rpartition(".")[2]
    text = f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind} has no `{name}`: it keeps the values of its own `{meant}`, and nothing reads what is assigned here"
    framework.mistake(
        interp, "misspelt-parameter", node, frame, text,
        name=name, meant=meant, holder=dotted(node.value), copied=isinstance(new, Tensor) and not new.parameter,
    )  # fmt: skip


@cache
def slips(name: str) -> frozenset[str]:
    """How hands misspell the name of a parameter: two letters changed over, one doubled or left out, and all of these in the plural."""
    swapped = {name[:i] + name[i + 1] + name[i] + name[i + 2 :] for i in range(1, len(name) - 1)}
    doubled = {name[:i] + name[i] + name[i:] for i in range(len(name))}
    missing = {name[:i] + name[i + 1 :] for i in range(1, len(name))}
    singular = {name, *swapped, *doubled, *missing}
    return frozenset({*singular, *(f"{one}{end}" for one in singular for end in ("s", "es"))} - {name})


def _may_be_tensor(new: Any) -> bool:
    """Whether it is one, an argument that nobody gave, or the layer that one would be taken of."""
    return isinstance(new, (Tensor, Unknown, Sym)) or (isinstance(new, Instance) and is_torch(new))


def _is_known(instance: Instance, name: str) -> bool:
    """Whether a layer may have an attribute of its own by this name."""
    held = (instance.attrs, instance.parameters, instance.modules, instance.buffers)
    return any(name in one for one in held) or OPENED in instance.attrs or "#failed" in instance.attrs or find_member(instance.cls, name)[0] is not ABSENT
