"""``[tool.initlint.verify]`` and what a command line makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.live import settings
from initlint.live.jobs import Job, Overrides, plan

TABLE = """
[tool.initlint.verify]
targets = ["net.py:Net(64)", { target = "models.vit:ViT", arguments = { dim = 64, name = "b" }, input = "2,3,32,32", expect = { "head.weight" = "zeros" } }]
seeds = 4
memory-limit = "2G"

[tool.initlint.verify.expect]
"*.weight" = "normal(std=0.02)"
"""


def jobs_of(folder: Path, text: str, *targets: str, **values: object) -> list[Job]:
    path = folder / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    return list(plan(settings.load(path), targets, Overrides(values=values)))


def test_what_holds_for_all_and_what_for_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    net, vit = jobs_of(tmp_path, TABLE)
    assert (net.target, vit.target) == ("net.py:Net(64)", "models.vit:ViT(dim=64, name='b')")
    assert net.options.seeds == vit.options.seeds == 4 and net.limits.memory == 2 << 30
    assert (net.options.inputs, vit.options.inputs) == (None, "2,3,32,32")
    assert vit.options.contracts == {"*.weight": "normal(std=0.02)", "head.weight": "zeros"}
    assert net.options.loose == vit.options.loose == ("*.weight",)


def test_the_command_line_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (other,) = jobs_of(tmp_path, TABLE, "other.py:Net", seeds=1, expect={"*.weight": "zeros"})
    assert other.options.seeds == 1 and other.options.contracts == {"*.weight": "zeros"} and other.options.loose == ()


def test_targets_are_found_from_a_folder_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    assert jobs_of(tmp_path, TABLE)[0].target == f"{tmp_path}/net.py:Net(64)"
    assert settings.find(tmp_path / "inner") == tmp_path / "pyproject.toml"


def test_no_table_is_no_target(tmp_path: Path) -> None:
    assert jobs_of(tmp_path, "[project]\nname = 'x'\n") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.initlint.verify]\nseed = 3", "unknown key 'seed', did you mean 'seeds'?"),
        ("[tool.initlint.verify]\nseeds = '3'", "seeds is a whole number"),
        ("[tool.initlint.verify]\nseeds = true", "seeds is a whole number"),
        ("[tool.initlint.verify]\nseeds = 0\ntargets = ['a.py:A']", "has to be built at least once"),
        ("[tool.initlint.verify]\ntargets = 'net.py:Net'", "targets is a list"),
        ("[tool.initlint.verify]\ntargets = [3]", "targets[0]: a target is a string"),
        ("[tool.initlint.verify]\ntargets = [{ input = '2' }]", "targets[0]: the key target is missing"),
        ("[tool.initlint.verify]\ntargets = [{ target = 'a.py:A(1)', arguments = { b = 2 } }]", "has arguments already"),
        ("[tool.initlint.verify]\nmemory-limit = 'much'\ntargets = ['a.py:A']", "write a size such as 8G"),
        ("[tool.initlint.verify.expect]\n'*' = 3", "is a string such as"),
        ("[tool.initlint]\nverify = 3", "verify in [tool.initlint.verify] is not a table"),
        ("[tool", "is not TOML"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(settings.SettingsError) as caught:
        jobs_of(tmp_path, text)
    assert message in str(caught.value) and "\n" not in str(caught.value)
