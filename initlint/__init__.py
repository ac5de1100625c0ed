"""Know what every parameter of a model starts from, without running it.

``check`` finds weights that start wrong, ``show`` gives the whole table of one model. Both read source and never
import or execute it; both return the objects that the commands of the same names print.

>>> import initlint
>>> [finding.code for finding in initlint.check("net.py").findings]  # doctest: +SKIP
['INI101']
>>> initlint.show("net.py:Net(width=64)").parameters[0].distribution.std  # doctest: +SKIP
0.125
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from initlint.engine import CheckResult
    from initlint.graph import ModelGraph

__all__ = ["__version__", "check", "show"]
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
