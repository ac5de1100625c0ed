"""Write ``docs/rules``: one page per rule from its manual, and an index. ``--check`` only says whether they are up to date."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from initlint.rules import Rule, all_rules, own_rules

FOLDER = Path(__file__).parent.parent / "docs" / "rules"
FIXES = {"always": "always", "sometimes": "where the code is plain", "never": "by hand"}


def pages() -> dict[str, str]:
    """File names to what they should hold."""
    rules = (*all_rules(), *own_rules())
    return {"README.md": index(rules), **{f"{rule.name}.md": page(rule) for rule in rules}}


def index(rules: tuple[Rule, ...]) -> str:
    """The table of all rules."""
    rows = [f"| {rule.code} | [{rule.name}]({rule.name}.md) | {rule.summary} | {FIXES[rule.fixable]} |\n" for rule in rules]
    return "# Rules\n\nWritten by `scripts/document_rules.py`.\n\n| code | name | what it finds | fixed |\n|---|---|---|---|\n" + "".join(rows)


def page(rule: Rule) -> str:
    """The manual page of one rule; its examples become code blocks."""
    head = f"# {rule.code} {rule.name}\n\n{rule.summary}.\n\nFixed: {FIXES[rule.fixable]}. {'' if rule.default else 'Only where it is selected. '}"
    return f"{head.rstrip()}\n\n{blocks(rule.manual)}\n"


def blocks(manual: str) -> str:
    """``manual`` with its indented examples as fenced Python."""
    lines: list[str] = []
    code: list[str] = []
    for line in [*manual.split("\n"), "end"]:
        if line.startswith("    ") or (code and not line):
            code.append(line.removeprefix("    "))
            continue
        if code:
            body = "\n".join(code).rstrip("\n")
            lines += [*([""] if lines and lines[-1] else []), "```python", *body.split("\n"), "```", ""]
            code = []
        lines += [""] if line.startswith("## ") and lines and lines[-1] else []
        lines.append(line)
        lines += [""] if line.startswith("## ") else []
    return "\n".join(lines[:-1]).strip("\n")


def main(arguments: list[str] | None = None) -> int:
    """Write the pages, or with ``--check`` name those that are out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a page is out of date")
    options = parser.parse_args(arguments)
    wanted = pages()
    FOLDER.mkdir(parents=True, exist_ok=True)
    present = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    stale = sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))
    if not options.check:
        for name in stale:
            if name in wanted:
                (FOLDER / name).write_text(wanted[name], encoding="utf-8")
            else:
                (FOLDER / name).unlink()
    elif stale:
        print(f"out of date: {', '.join(stale)}; run scripts/document_rules.py", file=sys.stderr)
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
