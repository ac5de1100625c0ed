"""Names of PyTorch: which exist, and what they stand for."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from initlint.adapters.declared.modules import LAYERS as DECLARED
from initlint.adapters.torch import functions, members
from initlint.adapters.torch.building import MODULE
from initlint.interpreter import stdlib
from initlint.interpreter.values import ABSENT, Class, External
from initlint.overlays import libraries
from initlint.overlays.declared.names import DESCRIBED as DECLARED_LIBRARIES
from initlint.overlays.declared.names import ROOTS, described
from initlint.overlays.declared.names import canonical as declared_name
from initlint.overlays.declared.tensorflow import canonical as graph_name
from initlint.overlays.torch_functions import SIGNAL_FUNCTIONS
from initlint.overlays.torch_init import FACTORIES, INITIALIZERS
from initlint.overlays.torch_layers import LAYERS, canonical

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework

STAR_MODULES = {"torch.nn.init", "torch.nn.functional", "torch.nn.utils", "torch.nn.modules", "torch.nn.parameter"}
"""Submodules that ``from torch.nn import *`` binds too."""
ELSEWHERE = {
    "xavier": "xavier_uniform_", "glorot_uniform": "xavier_uniform_", "glorot_normal": "xavier_normal_", "kaiming": "kaiming_uniform_",
    "he_uniform": "kaiming_uniform_", "he_normal": "kaiming_normal_", "truncated_normal": "trunc_normal_",
    "zero": "zeros_", "one": "ones_", "fill": "constant_",
}  # fmt: skip
"""What other frameworks, and habit, call the initializers."""
DESCRIBED = ("torch", "numpy", "einops", "math", "typing", *DECLARED_LIBRARIES)
"""Libraries whose names need not be looked for."""


def external(framework: TorchFramework, dotted: str) -> Any:
    """The value of a library's name: a class from a table, a constant, or the name itself."""
    known = framework.externals.get(dotted)
    if known is None:
        known = _external(framework, dotted)
        if isinstance(known, (External, Class)):
            framework.externals[dotted] = known
    return known


def _external(framework: TorchFramework, dotted: str) -> Any:
    if dotted in stdlib.CONSTANTS:
        return stdlib.CONSTANTS[dotted]
    if described(dotted):
        dotted = declared_name(graph_name(dotted, framework.graph_mode))
        return framework.layer_class(dotted) if dotted in DECLARED or dotted in ROOTS else External(dotted)
    if dotted.startswith("pydantic.v1."):
        return external(framework, dotted.replace(".v1", "", 1))
    if not dotted.startswith("torch."):
        return framework.layer_class(dotted) if dotted in libraries.LAYERS else External(dotted)
    name = canonical(dotted)
    if name in LAYERS or name == MODULE:
        return framework.layer_class(name)
    owner, _, member = name.rpartition(".")
    found = members.class_attribute(framework, framework.layer_class(owner), member) if owner in LAYERS else ABSENT
    return found if found is not ABSENT else External(name)


def starred(framework: TorchFramework, module: str, name: str) -> Any:
    """A name that ``from module import *`` binds, or ABSENT."""
    dotted = canonical(f"{module}.{name}")
    known = dotted == MODULE or any(dotted in table for table in (LAYERS, INITIALIZERS, FACTORIES, functions.HANDLERS, SIGNAL_FUNCTIONS, STAR_MODULES))
    return external(framework, dotted) if known else ABSENT


def misspelt(dotted: str) -> str:
    """The name that ``dotted`` of ``torch.nn`` or ``torch.nn.init`` was meant to be; empty where it exists, or looks like nothing that does."""
    owner, _, name = dotted.rpartition(".")
    if owner == "torch.nn":
        return next((known for known in LAYERS if known.lower() == dotted.lower() and known != dotted), "")
    if owner != "torch.nn.init" or name.startswith("_") or dotted in INITIALIZERS or name == "calculate_gain":
        return ""
    if name.rstrip("_") in ELSEWHERE:
        return f"torch.nn.init.{ELSEWHERE[name.rstrip('_')]}"
    known = [entry.rpartition(".")[2] for entry in INITIALIZERS if entry.endswith("_")]
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    return f"torch.nn.init.{close[0]}" if close else ""
