"""Plain nets that draw their arrays only when they are trained: the statements of ``fit`` before it learns."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.adapters.arrays.plain import forward_method, holds_arrays
from initlint.adapters.torch.tensors import new_tensor
from initlint.interpreter.classes import find_member
from initlint.interpreter.values import Function, Instance, Method, Tensor, Unknown
from initlint.symbolic import symbol

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter
    from initlint.interpreter.scope import Frame

METHODS = ("init_weights", "initialize_weights", "initialize_parameters", "initialize", "_initialize", "_init_weights", "build", "fit", "train")
"""Names of methods that may make the arrays, those that only do that first."""
DRAWS = re.compile(r"random|randn|\brng\b|init")
DATA = re.compile(r"(?:x|inputs?|data|features?)(?:_?(?:train|data))?", re.IGNORECASE)
TARGETS = re.compile(r"(?:y|t|targets?|labels?)(?:_?train)?", re.IGNORECASE)


def begin(interp: Interpreter, instance: Instance, frame: Frame) -> None:
    """Let an object of the analysed code that maps inputs but holds no arrays make them, as it would at the start of training."""
    if instance.cls.spec is not None or interp.framework.is_module(instance) or forward_method(instance.cls) is None:
        return
    for name in METHODS:
        if holds_arrays(instance):
            return
        method, _ = find_member(instance.cls, name)
        if isinstance(method, Function) and isinstance(method.node, p.FunctionDef):
            begun = replace(method, node=_before_learning(method.node, method.scope.module.source.text))
            arguments = {param.name: _argument(param.name) for param in method.node.params[1:] if param.default is None and param.kind == "either"}
            interp.call(Method(begun, instance), [], arguments, frame, method.node)


def _before_learning(node: p.FunctionDef, text: str) -> p.FunctionDef:
    """A function up to its first loop that draws nothing."""
    body: list[p.Stmt] = []
    for statement in node.body:
        if isinstance(statement, (p.For, p.While)) and not DRAWS.search(text, statement.pos, statement.end):
            break
        body.append(statement)
    return p.FunctionDef(node.pos, node.end, node.name, node.params, body, node.decorators, node.generator)


def _argument(name: str) -> Any:
    """What stands for an argument of ``fit``: a table of examples, or nothing known."""
    if DATA.fullmatch(name):
        return _table("n_features")
    return _table("n_outputs") if TARGETS.fullmatch(name) else Unknown(f"the argument {name}")


def _table(columns: str) -> Tensor:
    return new_tensor((symbol("n_samples"), symbol(columns)), None, reason="the data")
