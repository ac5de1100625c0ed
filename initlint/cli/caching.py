"""Where ``check`` and ``fix`` keep results for the next run."""

from __future__ import annotations

import os
from collections.abc import Sequence

from initlint.projects import Projects

NAME = ".initlint_cache"


def folder(given: str | None, projects: Projects, paths: Sequence[str]) -> str:
    """The cache for ``paths``: as ``given``, or beside the configuration file, or at the top of the repository, or in the current folder."""
    if given is not None:
        return os.path.realpath(given)
    source = projects.common(paths).file.source
    return os.path.join(os.path.dirname(os.path.abspath(source)) if source is not None else _top(paths), NAME)


def _top(paths: Sequence[str]) -> str:
    """The root of the repository around all ``paths``; the current folder where there is none."""
    try:
        here = os.path.commonpath([os.path.abspath(path) for path in paths] or [os.getcwd()])
    except ValueError:
        return os.getcwd()
    while here != os.path.dirname(here):
        if os.path.exists(os.path.join(here, ".git")):
            return here
        here = os.path.dirname(here)
    return os.getcwd()
