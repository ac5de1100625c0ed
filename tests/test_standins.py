"""What a class is built with where nobody gives its arguments."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint import frontend
from initlint.errors import TargetError

NET = """
import torch
from torch import nn
from typing import Optional

class Sized:
    def __init__(self, n_chans=None, n_outputs=None):
        self._n_chans, self._n_outputs = n_chans, n_outputs

    @property
    def n_chans(self):
        if self._n_chans is None:
            raise ValueError("n_chans could not be inferred. Either specify n_chans or chs_info.")
        return self._n_chans

    @property
    def n_outputs(self):
        if self._n_outputs is None:
            raise ValueError("n_outputs not specified.")
        return self._n_outputs

class Net(Sized, nn.Module):
    def __init__(self, n_chans=None, n_outputs: {annotation} = None, width=8):
        nn.Module.__init__(self)
        Sized.__init__(self, n_chans, n_outputs)
        self.inner = nn.Linear(self.n_chans, width)
        self.outer = nn.Linear(width, self.n_outputs)

class Either(nn.Module):
    def __init__(self, out_channels, kernel_size, input_shape=None, in_channels=None):
        super().__init__()
        if input_shape is None and in_channels is None:
            raise ValueError("Must provide one of input_shape or in_channels")
        if in_channels is None:
            in_channels = input_shape[-1]
        self.conv = nn.Conv1d(in_channels, out_channels, kernel_size)

class Nothing(nn.Module):
    def __init__(self, width=None):
        super().__init__()
        raise NotImplementedError("use the derived class, not width")

class Many(nn.Module):
    def __init__(self, a=None, b=None, c=None, d=None, e=None):
        super().__init__()
        for name, value in (("a", a), ("b", b), ("c", c), ("d", d), ("e", e)):
            if value is None:
                raise ValueError(name + " is missing")
"""


def shapes(tmp_path: Path, name: str, annotation: str = "int") -> dict[str, str]:
    path = tmp_path / "net.py"
    path.write_text(NET.replace("{annotation}", annotation), encoding="utf-8")
    graph = frontend.show(f"{path}:{name}")
    return {parameter.name: "×".join(map(str, parameter.shape or ())) for parameter in graph.parameters if parameter.role == "weight"}


@pytest.mark.parametrize("annotation", ["int", "Optional[int]", "int | None", "'int'"])
def test_what_a_message_asks_for_is_given_one_after_the_other(tmp_path: Path, annotation: str) -> None:
    assert shapes(tmp_path, "Net", annotation) == {"inner.weight": "8×n_chans", "outer.weight": "n_outputs×8"}


def test_of_two_that_a_message_names_the_number_is_given(tmp_path: Path) -> None:
    assert shapes(tmp_path, "Either") == {"conv.weight": "out_channels×in_channels×kernel_size"}


def test_a_class_that_raises_all_the_same_says_so(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="raises NotImplementedError: use the derived class"):
        shapes(tmp_path, "Nothing")


def test_what_was_given_is_not_taken_back(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"raises ValueError: n_outputs not specified"):
        shapes(tmp_path, "Net(4)")


def test_who_asks_for_too_much_is_left_with_the_last_message(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"raises ValueError: d is missing"):
        shapes(tmp_path, "Many")


SETTINGS = """
from dataclasses import dataclass
from typing import Optional, Union
from torch import nn

@dataclass
class NetConfig:
    width: int = 16
    depth: int = 2

class Other:
    pass

class Sizes:
    def __init__(self, width):
        self.width = 2 * width

class SizesConfig{base}:
    def __init__(self, width, **extra):
        self.width = 2 * width

class Net(nn.Module):
    def __init__(self, {argument}):
        super().__init__()
        self.inner = nn.Linear(4, config.width)
"""


@pytest.mark.parametrize(
    ("argument", "found"),
    [
        ("config: NetConfig", "16×4"),
        ("config: Optional[NetConfig]", "16×4"),
        ("config: Union[Other, NetConfig]", "16×4"),
        ("config: Union[dict, 'NetConfig', None]", "16×4"),
        ("config: Other | NetConfig", "16×4"),
        ("config: SizesConfig", "2*width×4"),
        ("config: Sizes", "?×4"),
        ("config: Union[int, str]", "?×4"),
        ("config: Other", "?×4"),
        ("config", "?×4"),
    ],
)
def test_a_configuration_is_made_from_its_annotation(tmp_path: Path, argument: str, found: str) -> None:
    path = tmp_path / "net.py"
    path.write_text(SETTINGS.replace("{argument}", argument).replace("{base}", "(Other)"), encoding="utf-8")
    graph = frontend.show(f"{path}:Net")
    shape = next(parameter.shape for parameter in graph.parameters if parameter.role == "weight") or ()
    assert "×".join("?" if "?" in str(size) else str(size) for size in shape) == found


@pytest.mark.parametrize(("field", "found"), [("width: int = 16", "16×4"), ("width: int", "?×4")])
def test_an_argument_called_config_is_the_one_dataclass_of_the_file(tmp_path: Path, field: str, found: str) -> None:
    path = tmp_path / "net.py"
    text = SETTINGS.replace("{argument}", "config").replace("width: int = 16\n    depth: int = 2", field)
    path.write_text(text.replace("class SizesConfig{base}:", "class Rest:"), encoding="utf-8")
    graph = frontend.show(f"{path}:Net")
    shape = next(parameter.shape for parameter in graph.parameters if parameter.role == "weight") or ()
    assert "×".join("?" if "?" in str(size) else str(size) for size in shape) == found


CONFIGURATION = """
class NetConfig:
    def __init__(self, width=16, **extra):
        self.width = width

class OtherConfig(NetConfig):
    pass
"""
MODELING = """
import torch.nn as nn
from configuration import {names}

class Base(nn.Module):
    {declared}

class Net(Base):
    def __init__(self, config):
        super().__init__()
        if not isinstance(config, NetConfig):
            raise ValueError("config should be a NetConfig")
        self.inner = nn.Linear(4, config.width)
"""


@pytest.mark.parametrize(
    ("names", "declared"),
    [
        ("NetConfig", "pass"),
        ("NetConfig, OtherConfig", "config_class = NetConfig"),
        ("NetConfig, OtherConfig", "config_class = OtherConfig"),
        ("NetConfig", "config_class = None"),
    ],
)
def test_an_argument_called_config_is_what_the_class_or_the_file_says(tmp_path: Path, names: str, declared: str) -> None:
    assert _inner(tmp_path, names, declared) == (16, 4)


def test_of_several_configurations_none_is_chosen(tmp_path: Path) -> None:
    with pytest.raises(TargetError):
        _inner(tmp_path, "NetConfig, OtherConfig", "pass")


def _inner(folder: Path, names: str, declared: str) -> tuple[object, ...]:
    (folder / "configuration.py").write_text(CONFIGURATION, encoding="utf-8")
    path = folder / "net.py"
    path.write_text(MODELING.replace("{names}", names).replace("{declared}", declared), encoding="utf-8")
    return next(parameter.shape or () for parameter in frontend.show(f"{path}:Net").parameters if parameter.role == "weight")
