"""Targets for real: the module imported, its expression evaluated, the model built."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Optional

import torch

from initlint.frontend import TARGET
from initlint.live.others import kinds
from initlint.live.others.kinds import Elsewhere, Kind

PLACEHOLDER = "<target>"


class TargetProblem(Exception):
    """A target that cannot be built; the message says why and what to do."""


def split(target: str) -> tuple[str, str]:
    """The place and the expression of ``net.py:Net(64)``. Raises ``TargetProblem``."""
    match = TARGET.match(target)
    if match is None:
        raise TargetProblem(f"{target!r} is not a target: write path/to/file.py:EXPR or package.module:EXPR")
    return match["place"], match["expr"].strip()


def load(place: str, search_path: Sequence[str] = ()) -> ModuleType:
    """Import the module of a target. Raises ``TargetProblem``."""
    for folder in (*reversed(search_path), os.getcwd()):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    try:
        return _from_file(Path(place)) if place.endswith(".py") else importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is not None and (place == error.name or place.startswith(f"{error.name}.")):
            raise TargetProblem(f"{place}: no such module; give --search-path or a path to the file") from None
        raise TargetProblem(f"{place} cannot be imported: {explain(error)}") from None
    except TargetProblem:
        raise
    except Exception as error:
        raise TargetProblem(f"{place} cannot be imported: {explain(error)}") from None


def build(module: ModuleType, expression: str) -> Any:
    """The module of torch that a target stands for. Raises ``TargetProblem``, and ``Elsewhere`` for a model of another framework."""
    value = evaluate(module, expression, {})
    if not isinstance(value, torch.nn.Module):
        raise TargetProblem(f"{expression} is no torch.nn.Module but a {type(value).__name__}")
    return value


def evaluate(module: ModuleType, expression: str, given: dict[str, Any], kind: Optional[Kind] = None) -> Any:
    """Evaluate the expression of a target in its module; a class or function is called without arguments, but for those that are ``given``.

    Raises ``TargetProblem``, and ``Elsewhere`` for a model of another framework than torch, or than ``kind``.
    """
    try:
        code = compile(expression, PLACEHOLDER, "eval")
    except (SyntaxError, ValueError) as error:
        raise TargetProblem(f"{expression!r} is not an expression: {error}") from None
    try:
        value = _of_kind(eval(code, {**given, **vars(module)} if given else vars(module)), kind)
        built = isinstance(value, torch.nn.Module) or (kinds.of_value(value) is not None and not isinstance(value, type))
        if not built and callable(value):
            value = _of_kind(_called(value, expression, given), kind)
    except NameError as error:
        if expression.startswith(str(error.name)):
            raise TargetProblem(f"{module.__file__ or module.__name__} defines no {error.name}") from None
        raise TargetProblem(f"{expression} raises {explain(error)}") from None
    except (TargetProblem, Elsewhere):
        raise
    except Exception as error:
        raise TargetProblem(f"{expression} raises {explain(error)}") from None
    return value


def _of_kind(value: Any, kind: Optional[Kind]) -> Any:
    """``value``, unless it is a model, or a class of models, of another framework than is looked for."""
    found = kinds.of_value(value)
    if found is not None and found != kind:
        raise Elsewhere(found)
    return value


def explain(error: BaseException) -> str:
    """``ValueError: too wide (net.py:12)``: an exception on one line, with the line of the user's that it came from."""
    text = f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(": ")
    places = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_users(frame.filename)]
    return f"{text[:500]} ({os.path.relpath(places[-1].filename)}:{places[-1].lineno})" if places else text[:500]


def _called(value: Any, expression: str, given: dict[str, Any]) -> Any:
    """What a class or function makes without arguments, but for those of its own that are given; says which are missing rather than what Python says."""
    try:
        whole = kinds.of_value(value) is not None  # whose classes are made by one that takes anything
        parameters = list(inspect.signature(value.__init__ if whole else value).parameters.values())[whole:]
    except (TypeError, ValueError):
        return value()
    passed = {p.name: given[p.name] for p in parameters if p.name in given}
    missing = [p.name for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) and p.name not in passed]
    if missing:
        spelled = ", ".join(f"{name}=…" for name in missing)
        raise TargetProblem(f"{expression} needs arguments: write {expression}({spelled})")
    return value(**passed)


def _from_file(path: Path) -> ModuleType:
    """The module of a file, under its dotted name where it lies in a package."""
    if not path.is_file():
        raise TargetProblem(f"{path}: no such file")
    path = path.resolve()
    root, names = path.parent, [path.stem] if path.stem != "__init__" else []
    while (root / "__init__.py").is_file():
        names.insert(0, root.name)
        root = root.parent
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    name = ".".join(names) or path.parent.name
    if len(names) > 1 or path.stem == "__init__":
        module = importlib.import_module(name)
        if module.__file__ is not None and Path(module.__file__).resolve() == path:
            return module
        raise TargetProblem(f"{path}: another module called {name} hides it, {module.__file__}")
    return _alone(path, name)


def _alone(path: Path, name: str) -> ModuleType:
    """A file outside any package, whatever else is called like it."""
    name = name if name.isidentifier() and name not in sys.modules else f"_initlint_{abs(hash(path))}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise TargetProblem(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _is_users(path: str) -> bool:
    here = os.path.dirname(__file__)
    return not path.startswith("<") and not path.startswith(here) and not path.startswith(os.path.dirname(importlib.__file__))
