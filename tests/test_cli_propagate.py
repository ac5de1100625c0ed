"""``initlint propagate`` as its users run it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from initlint.cli import main

DATA = json.loads((Path(__file__).parent / "data" / "five_layers.json").read_text(encoding="utf-8"))
SIZES = "2-200-300-400-300-2"
CALLS = {
    "sigma0": "zeros",
    "sigma0.01": "normal(std=0.01)",
    "sigma1": "normal(std=1)",
    "xavier_fan_in": "kaiming_normal(nonlinearity='linear')",
    "xavier_avg": "xavier_normal",
    "he_avg_relu": "xavier_normal(gain=sqrt(2))",
    "he_avg_leaky0.3": "xavier_normal(gain=calculate_gain('leaky_relu', 0.3))",
    "he_fan_in": "kaiming_normal",
    "torch_default": "default",
}


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["propagate", *arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.mark.parametrize("name", DATA["configurations"])
def test_one_command_reaches_every_configuration(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    configuration: dict[str, Any] = DATA["configurations"][name]
    call = CALLS[max((prefix for prefix in CALLS if name.startswith(prefix)), key=len)]
    activation = configuration["activation"].replace("leaky", "leaky_relu=")
    literal = ["--derivative-at-output"] if name.endswith("__seed_literal_derivative") else []
    status, out, _ = run(capsys, "--layers", SIZES, "--activation", activation, "--init", call, "--format", "json", *literal)
    result = json.loads(out)["inits"][0]
    assert status == 0 and result["stds"] == pytest.approx(configuration["std_W"], rel=1e-9)
    assert result["predicted"]["second"] == pytest.approx(configuration["monte_carlo"]["Eh2"], rel=0.02)


def test_a_terminal_shows_predicted_beside_measured_and_a_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "--layers", "2-20-30-2", "--activation", "tanh", "--init", "normal(std=0.01)", "--init", "xavier_normal", "--draws", "5")
    assert status == 0 and not err
    assert "normal(std=0.01): " in out and "xavier_normal: ok: " in out
    assert out.count("E δ² measured") == 2 and "20→30" in out


def test_the_chart_is_well_formed_and_says_what_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    inits = ["--init", "xavier_normal(gain=calculate_gain('leaky_relu', 0.3))", "--init", "zeros"]
    _, out, _ = run(capsys, "--layers", "2-20-2", "--activation", "leaky_relu(0.3)", *inits, "--draws", "3", "--format", "svg")
    root = ElementTree.fromstring(out)
    charts = [one for one in root.iter("{http://www.w3.org/2000/svg}svg") if one.get("role") == "img"]
    assert [("E h²" in (one.get("aria-label") or ""), "E δ²" in (one.get("aria-label") or "")) for one in charts] == [(True, False), (False, True)]
    assert "prefers-color-scheme" in out and "measured" in out


def test_markdown_has_one_table_for_each_initializer(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "out.md"
    status, out, _ = run(capsys, "--layers", "2-20-2", "--init", "default", "--init", "kaiming_normal", "--format", "md", "-o", str(target))
    assert status == 0 and not out and target.read_text(encoding="utf-8").count("| layer |") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--layers", "2", "--init", "zeros"], "--layers '2'"),
        (["--layers", "2-0-2", "--init", "zeros"], "--layers '2-0-2'"),
        (["--layers", "2-2", "--init", "xavier"], "no initializer is called 'xavier'"),
        (["--layers", "2-2", "--init", "zeros", "--activation", "rely"], "--activation 'rely'"),
        (["--layers", "2-2", "--init", "zeros", "--activation", "leaky_relu=-"], "'-' is not a number"),
        (["--layers", "2-2", "--init", "normal(mean=1)"], "the mean of the weights is not 0"),
        (["--layers", "2-2", "--init", "eye", "--draws", "2"], "cannot be drawn"),
        (["--layers", "2-2", "--init", "zeros", "--draws", "1"], "--draws needs at least 2"),
    ],
)
def test_bad_input_gets_one_clear_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, *arguments)
    assert status == 2 and not out
    assert message in err and err.count("\n") == 1


NET = """import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self, width=64, depth=6):
        super().__init__()
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.head = nn.Linear(width, 10)
        for layer in self.hidden:
            nn.init.xavier_normal_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        for layer in self.hidden:
            x = F.relu(layer(x))
        return self.head(x)
"""


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "net.py"


def test_what_if_foretells_another_initializer_and_leaves_the_source(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changes = ["--what-if", "hidden.*.weight=zeros", "--what-if", "hidden.*.weight=kaiming_normal(nonlinearity='relu')"]
    status, out, _ = run(capsys, "net.py:Net", *changes, "--format", "json")
    made = json.loads(out)
    before, after = ([point["second_moment"] for point in one["curve"] if point["name"].startswith("hidden")] for one in made["variants"])
    assert status == 0 and before == pytest.approx([0.5**depth for depth in range(6)]) and after == pytest.approx([2.0] * 6)
    assert [one["verdict"] for one in made["variants"]] == ["suboptimal", "ok"] and len(made["changed"]) == 6
    assert net.read_text(encoding="utf-8") == NET


def test_what_if_shows_before_and_after(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "net.py:Net", "--what-if", "*.bias=constant(0.1)")
    assert status == 0 and not err
    assert "What if *.bias=constant(0.1): 7 of 14 parameters" in out and "E x², what if" in out and "hidden.5" in out
    assert run(capsys, "net.py:Net", "--what-if", "*.bias=zeros", "-o", "out.svg")[0] == 0
    labels = [one.get("aria-label") or "" for one in ElementTree.parse("out.svg").iter() if one.get("role") == "img"]
    assert len(labels) == 2 and all("what if: " in label and "as written: " in label for label in labels)


SWEEP = ["--sweep", "width=64,128,256,512"]
LECUN = ["--what-if", "hidden.*.weight=kaiming_normal", "--what-if", "*.bias=zeros"]


def outcomes(out: str) -> dict[str, str]:
    return {row["name"]: row["outcome"] for row in json.loads(out)["layers"]}


def test_a_sweep_over_a_width_keeps_the_standard_law(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "net.py:Net", *SWEEP, "--law", "standard", *LECUN, "--format", "json")
    made = json.loads(out)
    assert status == 0 and made["passed"] is True and set(outcomes(out).values()) == {"ok"}
    assert made["layers"][0]["signal_slope"] == pytest.approx(0.0, abs=1e-9)
    assert made["layers"][0]["gradient_slope"] == pytest.approx(-0.5, abs=1e-9)


def test_a_sweep_blames_the_readout_and_not_those_that_get_its_gradient(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "net.py:Net", *SWEEP, "--law", "standard", *LECUN, "--what-if", "head.weight=normal(std=0.02)", "--format", "json")
    assert status == 1
    assert outcomes(out) == {**{f"hidden.{number}": "follows" for number in range(6)}, "head": "fails"}


def test_a_readout_that_starts_at_zero_is_no_break_of_mup(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "net.py:Net", *SWEEP, "--law", "mup", *LECUN, "--what-if", "head.weight=zeros", "--format", "json")
    assert status == 0 and set(outcomes(out).values()) == {"exempt"}
    status, out, _ = run(capsys, "net.py:Net", *SWEEP, "--law", "mup", *LECUN)
    assert status == 1 and "head" in out and "the signal goes as n^0, not n^-0.5" in out


def test_a_sweep_can_be_measured(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    extra = ["--run", "--seeds", "2", "--device", "cpu", "--format", "json"]
    status, out, _ = run(capsys, "net.py:Net(depth=2)", "--sweep", "width=32,512", "--law", "standard", *extra)
    first = json.loads(out)["layers"][0]
    assert status in (0, 1) and json.loads(out)["measured"] is True
    assert first["signal_slope"] == pytest.approx(0.0, abs=0.15) and first["gradient_slope"] == pytest.approx(-0.5, abs=0.25)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["net.py:Net", "--sweep", "widht=8,16"], "unexpected argument widht"),
        (["net.py:Net", "--sweep", "width=8"], "two or more sizes"),
        (["net.py:Net", "--sweep", "depth=2,4"], "no layer changes its size with depth"),
        (["net.py:Net", "--law", "mup"], "--law goes with --sweep"),
        (["net.py:Net", "--what-if", "hiden.0.weight=zeros"], "matches no parameter; did you mean 'hidden.0.weight'?"),
        (["net.py:Net", "--what-if", "zzz=zeros"], "matches no parameter; there are hidden.0.weight, hidden.0.bias, hidden.1.weight and 11 more"),
        (["net.py:Net", "--what-if", "*.weight=kaiming_norm"], "did you mean 'kaiming_normal'?"),
        (["net.py:Net", "--what-if", "*.weight=normal(std=layers)"], "'layers' is not a literal"),
        (["net.py:Net", "--what-if", "*=kaiming_normal"], "hidden.0.bias: kaiming_normal: cannot hold for a tensor of shape 64"),
        (["net.py:Net", "--what-if", "*.weight"], "write GLOB=CALL"),
        (["net.py:Net", "--init", "zeros"], "--init goes with --layers"),
        (["net.py:Net", "--layers", "2-2"], "give either a TARGET"),
        (["--layers", "2-2", "--what-if", "*=zeros"], "--what-if goes with a TARGET"),
        (["net.py:Nope"], "defines no Nope"),
        (["net.py:Nope", "--sweep", "width=8,16"], "defines no Nope"),
        ([], "give either a TARGET"),
    ],
)
def test_a_bad_what_if_gets_one_clear_line(net: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, *arguments)
    assert status == 2 and not out
    assert message in err and err.count("\n") == 1
