"""Decorators of ``forward`` that change what it is given or gives back, not what it computes."""

from __future__ import annotations


def can_return_tuple(func):
    return func


def check_model_inputs(func):
    return func


def merge_with_config_defaults(func):
    return func
