"""Every rule is one module with a manual page that says what it must."""

from __future__ import annotations

import re

import pytest

from initlint.graph import ModelGraph
from initlint.rules import Rule, UnknownRule, all_rules, find, select

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
