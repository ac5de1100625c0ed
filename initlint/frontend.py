"""The static front-end: source files and target expressions to model graphs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from initlint import lower
from initlint import program as p
from initlint.adapters.arrays import plain, training
from initlint.adapters.torch import graphs
from initlint.adapters.torch.adapter import TorchFramework
from initlint.errors import TargetError as TargetError
from initlint.findings import Site
from initlint.graph import ModelGraph
from initlint.interpreter.core import Interpreter
from initlint.interpreter.modules import Module
from initlint.interpreter.scope import Frame
from initlint.interpreter.values import ABSENT, Class, Function, Instance, OutOfBudget, TargetRaise, unknown
from initlint.overlays.declared.tensorflow import graph_mode
from initlint.paths import files
from initlint.process import deadline
from initlint.process.stack import with_deep_stack
from initlint.source import SourceFile
from initlint.standins import instantiate
from initlint.text.edits import SourceError

if TYPE_CHECKING:
    from initlint.text.notebook import Notebook

TARGET = re.compile(r"^(?P<place>.+?\.(?:py|ipynb)|[\w.]+):(?P<expr>.+)$", re.DOTALL)


class _Borrowed(Module):
    """The text of a target expression, seen as a module whose globals are those of the module it names."""

    def __init__(self, module: Module, text: str) -> None:
        self.inner = module
        source = SourceFile(f"<{text}>", text.encode())
        super().__init__(module.name, Path(f"<{text}>"), source, module.project, module.package)

    def get(self, name: str) -> Any:
        return self.inner.project.attribute(self.inner, name)


def new_interpreter(search_path: Sequence[str] = ()) -> tuple[Interpreter, TorchFramework]:
    """An interpreter that knows PyTorch, and what it knows."""
    framework = TorchFramework()
    return Interpreter(framework, search_path), framework


def show(target: str, search_path: Sequence[str] = (), text: Optional[str] = None) -> ModelGraph:
    """The graph of a target, ``net.py:Net(hidden=64)`` or ``package.module:Net``. Raises ``TargetError``.

    Where ``text`` is given, the file is read as if it held that.
    """
    try:
        return with_deep_stack(lambda: deadline.within(deadline.SECONDS, lambda: _show(target, search_path, text)))
    except deadline.OverrunError:
        raise TargetError(f"{target}: following it takes more than {deadline.SECONDS:.0f} s") from None


def _show(target: str, search_path: Sequence[str], text: Optional[str]) -> ModelGraph:
    match = TARGET.match(target)
    if match is None:
        raise TargetError(f"{target!r} is not a target: write path/to/file.py:EXPR or package.module:EXPR")
    interp, framework = new_interpreter(search_path)
    interp.thorough = True
    notebook = _notebook(match["place"]) if files.is_notebook(match["place"]) else None
    module = _open(interp, match["place"], notebook.code if notebook else text)
    module.register()
    framework.graph_mode = graph_mode(module.source.text.encode())
    if framework.graph_mode:
        graph = _program(interp, framework, module, match["expr"].strip())
        if graph.parameters:
            return graph
    value = _evaluate(interp, module, match["expr"].strip())
    if isinstance(value, (Class, Function)):
        try:
            value = instantiate(interp, value, module.frame)
        except (OutOfBudget, RecursionError) as error:
            raise TargetError(f"{target}: {error}") from None
    if isinstance(value, Instance):
        training.begin(interp, value, module.frame)
    if not isinstance(value, Instance) or not (framework.is_module(value) or plain.adopt(value)):
        raise TargetError(f"{target}: {unknown(value) or 'it is no torch.nn.Module and holds no arrays'}")
    if "#failed" in value.attrs:
        raise TargetError(f"{target}: {value.attrs['#failed']}")
    graph = graphs.build(interp, framework, value, match["expr"].strip(), str(module.path))
    for parameter in graph.parameters if notebook else ():
        parameter.events = [replace(event, site=_in_cell(notebook, event.site, module)) for event in parameter.events]
    return graph


def _program(interp: Interpreter, framework: TorchFramework, module: Module, text: str) -> ModelGraph:
    """The graph that a function or class of TensorFlow 1 builds."""
    from initlint.contexts.programs import build, run  # which needs this module

    return build(interp, framework, text, str(module.path), lambda: run(interp, module, _evaluate(interp, module, text)))


def _notebook(place: str) -> Notebook:
    from initlint.text.notebook import load  # start-up is a feature

    try:
        notebook = load(files.read(place))
    except SourceError as error:
        raise TargetError(f"{place}: {error}") from None
    if notebook.broken:
        site = notebook.place(Site(place, notebook.broken.line, 1, notebook.broken.line, 1))
        raise TargetError(f"{site}: {notebook.broken}")
    return notebook


def _in_cell(notebook: Notebook | None, site: Site | None, module: Module) -> Site | None:
    return notebook.place(site) if notebook and site and site.path == str(module.path) else site


def _open(interp: Interpreter, place: str, text: Optional[str]) -> Module:
    try:
        if text is not None:
            return interp.project.open(Path(place), text.encode())
        if place.endswith(".py"):
            return interp.project.open(Path(place))
        interp.project.roots.append(Path.cwd())
        module = interp.project.find(place)
    except FileNotFoundError:
        raise TargetError(f"{place}: no such file") from None
    except OSError as error:
        raise TargetError(f"{place}: {error.strerror or error}") from None
    except SourceError as error:
        raise TargetError(f"{place}: {error}") from None
    if module is None:
        raise TargetError(f"{place}: no readable source of this module was found; give --search-path or a path to the file")
    return module


def _evaluate(interp: Interpreter, module: Module, text: str) -> Any:
    try:
        borrowed = _Borrowed(module, text)
        (statement,) = lower.lower_source(text)
    except (SourceError, ValueError, SyntaxError) as error:
        raise TargetError(f"{text!r} is not an expression: {error}") from None
    except Exception as error:  # LibCST's own ParserSyntaxError, whose import would cost start-up
        raise TargetError(f"{text!r} is not an expression: {str(error).splitlines()[0]}") from None
    if not isinstance(statement, p.ExprStmt):
        raise TargetError(f"{text!r} is not an expression")
    frame = Frame(borrowed)
    interp.start_frame = frame
    name = text.partition("(")[0].strip()
    if name.isidentifier() and interp.lookup(name, frame) is ABSENT:
        raise TargetError(f"{module.path} defines no {name}")
    try:
        return interp.eval(statement.value, frame)
    except TargetRaise as error:
        raise TargetError(f"{text} raises {error}") from None
    except (OutOfBudget, RecursionError) as error:
        raise TargetError(f"{text}: {error}") from None
