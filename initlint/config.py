"""Configuration files: ``initlint.toml``, or ``[tool.initlint]`` in ``pyproject.toml``, read and checked key by key."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from initlint.findings import Severity
from initlint.paths.ignores import read
from initlint.rules import Selection, UnknownRule, matching

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NAMES = ("initlint.toml", "pyproject.toml")
"""What is looked for in a folder, in this order."""
LIMITS = ("note", "warning", "error", "never")
LATER = frozenset({"verify"})
"""Tables that belong to commands which read them themselves."""


class ConfigError(Exception):
    """A configuration that cannot be used; the message names file and key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What one configuration file, or the command line, says; None and nothing are what it leaves open."""

    source: Path | None = None
    """The file it was read from."""
    folder: Path = Path()
    """What its patterns are relative to; paths in it are resolved already."""
    selection: Selection = field(default_factory=Selection)
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    respect_gitignore: bool | None = None
    force_exclude: bool | None = None
    search_path: tuple[str, ...] = ()
    baseline: str | None = None
    fail_on: str | None = None
    format: str | None = None
    unsafe_fixes: bool | None = None


def find(folder: Path) -> Path | None:
    """The configuration file of ``folder`` itself: one that has something to say about initlint."""
    for name in NAMES:
        file = folder / name
        if file.is_file() and (name == "initlint.toml" or (b"initlint" in _read(file) and _table(file) is not None)):
            return file
    return None


def load(file: Path, folder: Path | None = None, formats: Iterable[str] = ()) -> Config:
    """The configuration in ``file``. Its patterns and paths are relative to ``folder``, that of the file unless another is given.

    ``formats`` are the names that ``format`` may have. Raises ``ConfigError`` at the first thing that is wrong.
    """
    table = _table(file)
    if table is None:
        raise ConfigError(f"{file}: has no table [tool.initlint]")
    folder = file.parent if folder is None else folder
    readers = _readers(folder, tuple(formats))
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key in LATER:
            continue
        if key not in readers:
            raise ConfigError(f"{file}: unknown key {key!r}{_hint(key, [*readers, *LATER])}")
        try:
            values[key.replace("-", "_")] = readers[key](value)
        except (ConfigError, UnknownRule) as error:
            raise ConfigError(f"{file}: {key}: {error}") from None
    selection = Selection(
        select=values.pop("select", None),
        extend=values.pop("extend_select", ()),
        ignore=values.pop("ignore", ()) + values.pop("extend_ignore", ()),
    )
    return Config(source=file, folder=folder, selection=selection, **values)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None


def _table(file: Path) -> Mapping[str, Any] | None:
    """The table that is about initlint, or None."""
    try:
        document = tomllib.loads(_read(file).decode("utf-8"))
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: is not valid TOML: {error}") from None
    except RecursionError:
        raise ConfigError(f"{file}: nests too deeply") from None
    if file.name != "pyproject.toml":
        return document
    tools = document.get("tool")
    table = tools.get("initlint") if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{file}: tool.initlint: is a {_kind(table)}, expected a table")
    return table


def _readers(folder: Path, formats: tuple[str, ...]) -> dict[str, Callable[[Any], Any]]:
    """What each key may hold."""
    return {
        "select": _selectors,
        "extend-select": _selectors,
        "ignore": _selectors,
        "extend-ignore": _selectors,
        "per-file-ignores": _per_file,
        "severity": _severities,
        "exclude": _patterns,
        "extend-exclude": _patterns,
        "respect-gitignore": _flag,
        "force-exclude": _flag,
        "search-path": lambda value: tuple(str(folder / entry) for entry in _strings(value)),
        "baseline": lambda value: str(folder / _string(value)),
        "fail-on": partial(_choice, LIMITS),
        "format": partial(_choice, formats),
        "unsafe-fixes": _flag,
    }


def _expect(value: Any, kind: type, name: str) -> Any:
    if not isinstance(value, kind):
        raise ConfigError(f"is a {_kind(value)}, expected {name}")
    return value


def _string(value: Any) -> str:
    text: str = _expect(value, str, "a string")
    return text


def _flag(value: Any) -> bool:
    flag: bool = _expect(value, bool, "true or false")
    return flag


def _strings(value: Any) -> tuple[str, ...]:
    entries = _expect(value, list, "a list of strings")
    for entry in entries:
        if not isinstance(entry, str):
            raise ConfigError(f"holds a {_kind(entry)}, expected strings only")
        if not entry.strip():
            raise ConfigError("holds an empty string")
    return tuple(entries)


def _patterns(value: Any) -> tuple[str, ...]:
    entries = _strings(value)
    for entry in entries:
        _pattern(entry)
    return entries


def _pattern(text: str) -> str:
    if read(text) is None:
        raise ConfigError(f"{text!r} is not a pattern")
    return text


def _selectors(value: Any) -> tuple[str, ...]:
    entries = _strings(value)
    for entry in entries:
        matching(entry)
    return entries


def _per_file(value: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    table = _expect(value, dict, "a table of patterns with lists of rules")
    return tuple((_pattern(pattern), _within(pattern, _selectors, rules)) for pattern, rules in table.items())


def _severities(value: Any) -> tuple[tuple[str, Severity], ...]:
    table = _expect(value, dict, "a table of rules with severities")
    for selector in table:
        matching(selector)
    names = tuple(kind.value for kind in Severity)
    return tuple((selector, Severity(_within(selector, partial(_choice, names), name))) for selector, name in table.items())


def _within(key: str, reader: Callable[[Any], Any], value: Any) -> Any:
    try:
        return reader(value)
    except (ConfigError, UnknownRule) as error:
        raise ConfigError(f"{key!r}: {error}") from None


def _choice(names: tuple[str, ...], value: Any) -> str:
    text = _string(value)
    if text not in names:
        raise ConfigError(f"{text!r} is none of {', '.join(names)}{_hint(text, names)}")
    return text


def _hint(text: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(text, list(names), n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def _kind(value: Any) -> str:
    kinds = {bool: "boolean", int: "number", float: "number", str: "string", list: "list", dict: "table"}
    return next((name for kind, name in kinds.items() if isinstance(value, kind)), "date")
