"""The arguments of a constructor, kept for later."""

from __future__ import annotations

import inspect
from collections import OrderedDict


class _Hyperparameters(OrderedDict):
    pass


class HyperparametersMixin:
    def save_hyperparameters(self, *args, ignore=None, frame=None, logger=True):
        given = inspect.currentframe().f_back.f_locals
        wanted = [name for name in args if isinstance(name, str)]
        if args and not wanted:
            given = args[0] if isinstance(args[0], dict) else vars(args[0])
        ignored = ["self", "args", "kwargs", "__class__", *([ignore] if isinstance(ignore, str) else ignore or [])]
        given = {**given.get("kwargs", {}), **given}
        self._hparams = _Hyperparameters({name: given[name] for name in wanted or given if name not in ignored})

    @property
    def hparams(self):
        return self._hparams
