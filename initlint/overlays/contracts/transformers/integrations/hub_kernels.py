"""Decorators that exchange a forward pass for a faster one of the same result."""

from __future__ import annotations


def use_kernel_forward_from_hub(name):
    return lambda cls: cls


def use_kernelized_func(func):
    return lambda cls: cls


def use_kernel_func_from_hub_with_fallback(name, *options):
    return lambda func: func
