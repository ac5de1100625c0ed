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
