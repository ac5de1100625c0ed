"""Every rule is one module with a manual page that says what it must."""

from __future__ import annotations

import re

import pytest

from initlint.graph import ModelGraph
from initlint.rules import Rule, Selection, UnknownRule, all_rules, choose, codes, find, own_rules, select

SECTIONS = ["What it does", "Why is this bad?", "Example", "Fix safety", "A real bug it would have caught", "What it leaves alone"]


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name)
def test_rules_have_a_manual_and_survive_an_empty_model(rule: Rule) -> None:
    assert re.fullmatch(r"INI\d{3}", rule.code) and re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert re.findall(r"^## (.+)$", rule.manual, re.MULTILINE) == SECTIONS
    assert "Use instead:" in rule.manual and rule.summary
    assert list(rule.run(ModelGraph(name="Empty", path="empty.py"))) == []


def test_codes_and_names_are_unique() -> None:
    rules = all_rules()
    assert len({rule.code for rule in rules}) == len({rule.name for rule in rules}) == len(rules)


def test_selection() -> None:
    codes = [rule.code for rule in all_rules()]
    assert [rule.code for rule in select(["ALL"])] == codes
    assert {rule.code for rule in select(["INI4"])} == {code for code in codes if code.startswith("INI4")}
    assert [rule.code for rule in select(["zero-weight"])] == ["INI201"]
    assert "INI402" not in {rule.code for rule in select(None, ["INI402"])}
    with pytest.raises(UnknownRule, match="did you mean"):
        select(["zero-wieght"])
    assert find("ini101").name == "scale-nonlinearity-mismatch"
    with pytest.raises(UnknownRule):
        find("INI")


@pytest.mark.parametrize(
    ("selected", "ignored", "on", "off"),
    [
        (["INI1"], ["INI101"], [], ["INI101", "INI201"]),
        (["INI101"], ["INI1"], ["INI101"], ["INI201"]),
        (["ALL"], ["INI4"], ["INI101"], ["INI401", "INI402"]),
        (["INI4", "zero-weight"], ["INI", "ALL"], ["INI401", "INI201"], ["INI101"]),
        (["INI401"], ["norm-affine"], [], ["INI401"]),
        (["INI40"], ["INI4"], ["INI401"], []),
    ],
)
def test_the_more_specific_entry_wins(selected: list[str], ignored: list[str], on: list[str], off: list[str]) -> None:
    """Whatever the order they are written in; of two alike, the ignored."""
    chosen = {rule.code for rule in select(selected, ignored)}
    assert chosen >= set(on)
    assert not chosen & set(off)


def test_a_later_selection_has_the_last_word() -> None:
    """The command line over a file: it ignores what the file selects, extends what it left out, and its select starts afresh."""
    file = Selection(select=("INI1", "INI4"), ignore=("INI401",))
    assert "INI101" not in codes(file, Selection(ignore=("INI1",)))
    assert codes(file, Selection(extend=("INI2",))) >= {"INI101", "INI201", "INI402"}
    assert {rule.code for rule in choose(file, Selection(select=("INI401",)))} == {"INI401"}


def test_the_tools_own_codes_are_on_unless_they_are_ignored() -> None:
    """A file that cannot be read is told whatever is selected."""
    own = {rule.code for rule in own_rules()}
    assert codes(Selection(select=("INI101",))) == {"INI101", *own}
    assert codes(Selection(select=("INI101",), ignore=("INI904",))) == {"INI101", *own} - {"INI904"}
    assert not own & {rule.code for rule in choose(Selection(select=("ALL",)))}
    assert find("INI904").manual.startswith("## What it does")
