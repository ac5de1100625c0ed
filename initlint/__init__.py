"""Know what every parameter of a model starts from, without running it.

``check`` finds weights that start wrong, ``show`` gives the whole table of one model. Both read source and never
import or execute it. ``verify``, ``trace`` and ``assert_init`` build the model and measure it; they need torch. All return
the objects that the commands print.

>>> import initlint
>>> [finding.code for finding in initlint.check("net.py").findings]  # doctest: +SKIP
['INI101']
>>> initlint.show("net.py:Net(width=64)").parameters[0].distribution.std  # doctest: +SKIP
0.125
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Union

if TYPE_CHECKING:
    from initlint.engine import CheckResult
    from initlint.graph import ModelGraph
    from initlint.live.results import VerifyResult

__all__ = ["__version__", "assert_init", "check", "show", "trace", "verify"]
__version__ = "0.1.0"

_Path = Union[str, "os.PathLike[str]"]


def check(
    paths: _Path | Iterable[_Path],
    *,
    select: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    search_path: Sequence[_Path] = (),
) -> CheckResult:
    """Analyse Python files, notebooks and folders, as ``initlint check`` does.

    ``paths`` is one path or several. ``select`` and ``ignore`` choose rules by code, prefix, name or ``ALL``; ``ValueError``
    where one names no rule. ``search_path`` are folders in which imported source is looked for too.

    Folders are walked as the command does, ``.gitignore`` files included; no configuration file is read.

    The result holds the ``findings`` in order, each with its site, severity and proven fix. A file that cannot be read or
    analysed is a finding of its own (INI9xx); a path that does not exist is named in ``missing``.
    """
    from initlint import engine, rules

    several = [paths] if isinstance(paths, (str, os.PathLike)) else paths
    chosen = rules.select(select, ignore)
    result = engine.check([os.fspath(path) for path in several], search_path=[os.fspath(path) for path in search_path], rules=chosen)
    result.analysis = None
    return result


def show(target: str, *, search_path: Sequence[_Path] = ()) -> ModelGraph:
    """The table of one model, as ``initlint show`` prints it.

    ``target`` is ``path/to/file.py:EXPR`` or ``package.module:EXPR``; EXPR is a class or a call, evaluated in the scope of
    that file. Raises ``initlint.engine.TargetError`` where there is no such model.

    The result holds the model's ``parameters`` in the order of ``named_parameters()``: name, shape, the distribution each
    starts from, and the events that set it.
    """
    from initlint import engine

    return engine.show(target, [os.fspath(path) for path in search_path])


def verify(
    model: Any,
    *,
    expect: Mapping[str, str] | None = None,
    inputs: str | None = None,
    seeds: int = 2,
    device: str = "auto",
    dtype: str | None = None,
    forward: bool = True,
    signal: bool = False,
    by_parts: bool = False,
    timeout: float = 600.0,
    memory_limit: int | None = None,
    select: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    search_path: Sequence[_Path] = (),
) -> VerifyResult:
    """Build a model, measure what every parameter starts from, and say where that is not what it should be.

    ``model`` is a target (``net.py:Net(64)``), built in a process of its own under ``timeout`` seconds and ``memory_limit``
    bytes; or a class or function without required arguments, built ``seeds`` times in this process; or a model that is
    built already, of which only contracts and theory can be judged and which is left exactly as it was.

    ``expect`` maps globs on parameter names to laws, ``{"*.weight": "kaiming_normal(nonlinearity='relu')"}``. ``inputs``
    spells the shapes of the forward pass (``2,3,224,224``); they are inferred otherwise. ``by_parts`` builds on meta and draws
    one parameter at a time, for models that the device cannot hold; ``reason`` then says what that cannot see.

    The result holds one entry per target with its ``status``, ``parameters`` and ``findings``. What the model's code raises
    is a status, not an exception; ``ValueError`` where ``select`` or ``ignore`` name no rule.
    """
    from initlint.live import api

    options = _live_options(inputs, seeds, device, dtype, forward, signal, by_parts, expect, select, ignore, search_path)
    return api.verify(model, options, api.Limits(timeout, memory_limit))


def trace(model: Any, *, inputs: str | None = None) -> ModelGraph:
    """The graph of a model as it really is: layers, parameters, who set them, and one forward pass.

    ``model`` is a built model, whose initializers were not seen and which is left exactly as it was, or a class or function
    without required arguments, which is built under observation. ``forward_reason`` of the result says why the forward
    pass could not be followed, if so. Raises ``initlint.live.targets.TargetProblem`` where nothing can be built.
    """
    from initlint.live import api

    return api.trace(model, inputs)


def assert_init(
    model: Any,
    expect: Mapping[str, str] | None = None,
    *,
    inputs: str | None = None,
    seeds: int = 2,
    device: str = "cpu",
    forward: bool = True,
    select: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
) -> VerifyResult:
    """Fail a test whose model does not start as it should; the message is the report.

    Takes what ``verify`` takes. Raises ``AssertionError`` for a finding that is more than a note, and for a model that
    cannot be built.
    """
    from initlint.live import api

    options = _live_options(inputs, seeds, device, None, forward, False, False, expect, select, ignore, ())
    return api.assert_init(model, expect, options, api.Limits(600.0))


def _live_options(
    inputs: str | None,
    seeds: int,
    device: str,
    dtype: str | None,
    forward: bool,
    signal: bool,
    by_parts: bool,
    expect: Mapping[str, str] | None,
    select: Iterable[str] | None,
    ignore: Iterable[str],
    search_path: Sequence[_Path],
) -> Any:
    from initlint import rules
    from initlint.live.options import Options

    chosen, left_out = None if select is None else tuple(select), tuple(ignore)
    rules.select(chosen, left_out)
    paths = tuple(os.fspath(path) for path in search_path)
    return Options(
        device=device,
        dtype=dtype,
        seeds=seeds,
        inputs=inputs,
        forward=forward,
        signal=signal,
        by_parts=by_parts,
        contracts=expect or {},
        select=chosen,
        ignore=left_out,
        search_path=paths,
    )
