"""Module itself, the containers, and the wrappers that hold one module."""

from __future__ import annotations

from types import SimpleNamespace

from initlint.overlays.spec import Builder, LayerSpec
from initlint.overlays.torch_layers.table import MODULE, layer, table


def _wrapper(b: Builder, a: SimpleNamespace) -> None:
    b.adopt("module", a.module)


LAYERS = table(
    LayerSpec(name=MODULE, bases=(), signature="*args, **kwargs", reset=False),
    LayerSpec(name="torch.nn.modules.lazy.LazyModuleMixin", bases=(), signature="*args, **kwargs", reset=False),
    layer("torch.nn.Container", "**kwargs", role="container"),
    layer("torch.nn.Sequential", "*args", role="container"),
    layer("torch.nn.ModuleList", "modules=None", role="container"),
    layer("torch.nn.ModuleDict", "modules=None", role="container"),
    layer("torch.nn.ParameterList", "values=None", role="container"),
    layer("torch.nn.ParameterDict", "parameters=None", role="container"),
    layer("torch.nn.DataParallel", "module, device_ids=None, output_device=None, dim=0", build=_wrapper),
    layer("torch.nn.parallel.DistributedDataParallel", "module, *args, **kwargs", build=_wrapper),
)
