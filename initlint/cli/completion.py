"""``initlint completion``: scripts that complete the arguments in a shell, made from the parser itself."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from shlex import quote

from initlint.cli.arguments import parser
from initlint.cli.console import CLEAN, emit
from initlint.rules import all_rules

FOLDERS, FILES, RULES = "folders", "files", "rules"
BY_METAVAR = {"DIR": FOLDERS, "FILE": FILES, "PATH": FILES, "TARGET": FILES, "PATTERNS": FILES, "RULE": RULES, "RULES": RULES}
"""What the value of an option or argument is, where it has no choices."""


@dataclass(frozen=True)
class Value:
    """What can follow: some words, the names of rules, files, folders, or nothing that could be guessed."""

    words: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True)
class Option:
    """One option in all its spellings; ``value`` is None where it takes none."""

    names: tuple[str, ...]
    summary: str
    value: Value | None


@dataclass(frozen=True)
class Command:
    """One command with its options and what its arguments are."""

    name: str
    summary: str
    options: tuple[Option, ...]
    argument: Value


def run(options: argparse.Namespace) -> int:
    """Print the script for one shell."""
    scripts = {"bash": bash, "fish": fish, "zsh": zsh}
    emit(options, scripts[options.shell](list(commands()), [text for rule in all_rules() for text in (rule.code, rule.name)]))
    return CLEAN


def commands() -> Iterator[Command]:
    """Every command of the parser."""
    for action in parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            summaries = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, command in action.choices.items():
                options = tuple(_option(one) for one in command._actions if one.option_strings)
                argument = next((_value(one) for one in command._actions if not one.option_strings), Value())
                yield Command(name, summaries[name], options, argument)


def _option(action: argparse.Action) -> Option:
    return Option(tuple(action.option_strings), action.help or "", None if action.nargs == 0 else _value(action))


def _value(action: argparse.Action) -> Value:
    if action.choices is not None:
        return Value(words=tuple(map(str, action.choices)))
    return Value(kind=BY_METAVAR.get(str(action.metavar), ""))


def bash(tree: list[Command], rules: Iterable[str]) -> str:
    """A script for ``bash``."""
    lines = [
        '# Completion for bash: put it into a file that bash reads, or eval "$(initlint completion bash)".',
        "_initlint() {",
        "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}",
        f"    local IFS=$'\\n' rules={_bash_words(rules)}",
        "    COMPREPLY=()",
        "    if ((COMP_CWORD == 1)); then",
        f'        COMPREPLY=($(compgen -W {_bash_words([*(command.name for command in tree), "--help", "--version"])} -- "$current"))',
        "        return",
        "    fi",
        '    case "$command $previous" in',
    ]
    for command in tree:
        for option in command.options:
            if option.value is not None:
                lines.append(f"    {'|'.join(quote(f'{command.name} {name}') for name in option.names)}) {_bash(option.value)}; return ;;")
    lines += ["    esac", '    case "$command" in']
    for command in tree:
        names = _bash_words(name for option in command.options for name in option.names)
        lines += [
            f"    {command.name})",
            f'        if [[ $current == -?* ]]; then COMPREPLY=($(compgen -W {names} -- "$current")); else {_bash(command.argument)}; fi ;;',
        ]
    return "\n".join([*lines, "    esac", "}", "complete -o filenames -o bashdefault -F _initlint initlint", ""])


def _bash_words(words: Iterable[str]) -> str:
    """Words as ``compgen`` takes them apart: at the ends of lines, for names of files hold spaces."""
    return "$'" + "\\n".join(words) + "'"


def _bash(value: Value) -> str:
    if value.words:
        return f'COMPREPLY=($(compgen -W {_bash_words(value.words)} -- "$current"))'
    if value.kind == RULES:
        return 'local done=${current%"${current##*,}"}; COMPREPLY=($(compgen -P "$done" -W "$rules" -- "${current##*,}"))'
    if value.kind in (FILES, FOLDERS):
        return f'COMPREPLY=($(compgen -{"d" if value.kind == FOLDERS else "f"} -- "$current"))'
    return ":"


def zsh(tree: list[Command], rules: Iterable[str]) -> str:
    """A script for ``zsh``."""
    lines = [
        "#compdef initlint",
        "# Completion for zsh: put it into a file _initlint in a folder of $fpath, or source <(initlint completion zsh).",
        "_initlint() {",
        f"    local -a rules=({' '.join(map(quote, rules))})",
        "    if ((CURRENT == 2)); then",
        "        local -a commands=(",
        *(f"            {quote(f'{command.name}:{command.summary}')}" for command in tree),
        "        )",
        "        _describe command commands",
        "        return",
        "    fi",
        "    shift words",
        "    ((CURRENT--))",
        "    case ${words[1]} in",
    ]
    for command in tree:
        specs = [quote(f"{name}[{_zsh_text(option.summary)}]{_zsh(option.value)}") for option in command.options for name in option.names]
        lines += [f"    {command.name})", f"        _arguments {' '.join([*specs, quote(f'*{_zsh(command.argument)}')])} ;;"]
    return "\n".join([*lines, "    esac", "}", 'if [[ ${funcstack[1]} == _initlint ]]; then _initlint "$@"; else compdef _initlint initlint; fi', ""])


def _zsh(value: Value | None) -> str:
    if value is None:
        return ""
    actions = {FILES: "_files", FOLDERS: "_files -/", RULES: "_values -s , rule $rules"}
    return f": :({' '.join(value.words)})" if value.words else f": :{actions.get(value.kind, ' ')}"


def _zsh_text(text: str) -> str:
    return "".join(f"\\{char}" if char in "[]:\\" else char for char in text)


def fish(tree: list[Command], rules: Iterable[str]) -> str:
    """A script for ``fish``."""
    lines = [
        "# Completion for fish: initlint completion fish > ~/.config/fish/completions/initlint.fish",
        f"set -g __initlint_rules {' '.join(map(quote, rules))}",
        "complete -c initlint -f",
        f"complete -c initlint -n __fish_use_subcommand -l version -d {_fish_text('show the version and exit')}",
    ]
    for command in tree:
        seen = f"-n {quote(f'__fish_seen_subcommand_from {command.name}')}"
        lines.append(f"complete -c initlint -n __fish_use_subcommand -a {command.name} -d {_fish_text(command.summary)}")
        lines.append(f"complete -c initlint {seen}{_fish(command.argument)}".rstrip())
        for option in command.options:
            names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
            value = "" if option.value is None else f" -x{_fish(option.value)}"
            lines.append(f"complete -c initlint {seen} {names}{value} -d {_fish_text(option.summary)}")
    return "\n".join([*lines, ""])


def _fish(value: Value) -> str:
    if value.words:
        return f" -a {_fish_text(' '.join(value.words))}"
    actions = {FILES: "(__fish_complete_path)", FOLDERS: "(__fish_complete_directories)", RULES: "(__fish_append , $__initlint_rules)"}
    return f" -a {_fish_text(actions[value.kind])}" if value.kind else ""


def _fish_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
