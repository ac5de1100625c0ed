"""``[tool.initlint.verify]`` in ``pyproject.toml``: which targets to verify, how, and what is expected of them.

    [tool.initlint.verify]
    targets = ["net.py:Net(64)", { target = "models.vit:ViT", arguments = { dim = 64 }, input = "2,3,224,224" }]
    seeds = 4

    [tool.initlint.verify.expect]
    "*.fc*.weight" = "kaiming_normal(mode='fan_in', nonlinearity='relu')"

What stands in the table holds for every target; what stands beside one target holds for that one.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE, TABLE = "pyproject.toml", "tool.initlint.verify"
KINDS: dict[str, tuple[type, ...]] = {
    "device": (str,), "dtype": (str,), "seeds": (int,), "input": (str,), "forward": (bool,), "timeout": (int, float), "memory-limit": (str,), "expect": (dict,),
}  # fmt: skip
WORDS = {str: "a string", int: "a whole number", float: "a number", bool: "true or false", dict: "a table", list: "a list"}


class SettingsError(ValueError):
    """A table that cannot be read; the message says where and what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One target with the settings that hold for it; keys are those of the table."""

    target: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole table."""

    entries: tuple[Entry, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    """What holds for every target."""
    folder: Path | None = None
    """Where the file lies: targets are named from there."""

    def of(self, target: str) -> Mapping[str, Any]:
        """The settings for ``target``, listed or not."""
        return next((entry.values for entry in self.entries if entry.target == target), self.values)


def find(start: Path) -> Path | None:
    """The nearest ``pyproject.toml`` at or above ``start``."""
    folders = (start.resolve(), *start.resolve().parents)
    return next((folder / FILE for folder in folders if (folder / FILE).is_file()), None)


def load(path: Path | None) -> Settings:
    """The table in the file at ``path``; nothing where there is none. Raises ``SettingsError``."""
    if path is None:
        return Settings()
    try:
        made = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from None
    table = made
    for name in TABLE.split("."):
        table = table.get(name, {})
        if not isinstance(table, dict):
            raise SettingsError(f"{path}: {name} in [{TABLE}] is not a table")
    return _settings(table, path)


def _settings(table: Mapping[str, Any], path: Path) -> Settings:
    where = f"{path}: [{TABLE}]"
    _check(table, where, {"targets": (list,), **KINDS})
    values = {name: value for name, value in table.items() if name != "targets"}
    entries = tuple(_entry(one, values, f"{where} targets[{number}]") for number, one in enumerate(table.get("targets", [])))
    return Settings(entries, values, path.parent)


def _entry(one: Any, values: Mapping[str, Any], where: str) -> Entry:
    if isinstance(one, str):
        return Entry(one, values)
    if not isinstance(one, dict):
        raise SettingsError(f"{where}: a target is a string, or a table with the key target")
    _check(one, where, {"target": (str,), "arguments": (dict,), **KINDS})
    if "target" not in one:
        raise SettingsError(f"{where}: the key target is missing")
    own = {name: value for name, value in one.items() if name not in ("target", "arguments")}
    return Entry(_called(one["target"], one.get("arguments"), where), {**values, **own, "expect": {**values.get("expect", {}), **own.get("expect", {})}})


def _called(target: str, arguments: Mapping[str, Any] | None, where: str) -> str:
    """The target with its arguments written out."""
    if arguments is None:
        return target
    if "(" in target:
        raise SettingsError(f"{where}: {target!r} has arguments already; leave out one or the other")
    return f"{target}({', '.join(f'{name}={value!r}' for name, value in arguments.items())})"


def _check(table: Mapping[str, Any], where: str, kinds: Mapping[str, tuple[type, ...]]) -> None:
    for name, value in table.items():
        if name not in kinds:
            close = difflib.get_close_matches(name, kinds, n=1)
            raise SettingsError(f"{where}: unknown key {name!r}" + (f", did you mean {close[0]!r}?" if close else f"; known are {', '.join(kinds)}"))
        if not isinstance(value, kinds[name]) or (isinstance(value, bool) and bool not in kinds[name]):
            raise SettingsError(f"{where}: {name} is {' or '.join(WORDS[kind] for kind in kinds[name])}")
    for pattern, text in table.get("expect", {}).items():
        if not isinstance(text, str):
            raise SettingsError(f"{where}: expect.{pattern!r} is a string such as \"kaiming_normal(nonlinearity='relu')\"")
