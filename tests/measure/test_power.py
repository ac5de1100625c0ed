"""What the tests of a continuous law can see, and how often they are wrong, against tables computed elsewhere."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from initlint.measure import tails
from initlint.measure.continuous import against, detectable
from initlint.measure.families import NORMAL, UNIFORM, Family, family_of
from initlint.measure.moments import Moments
from initlint.overlays.torch_init import truncated_normal
from initlint.theory.laws import Distribution, normal, uniform

TABLES = json.loads((Path(__file__).parents[1] / "data" / "statistics.json").read_text("utf-8"))
SHARE = TABLES["alpha_per_test"]
TRUNCATED = family_of(truncated_normal(0, 1, -2, 2))
assert TRUNCATED is not None
FAMILIES = {"uniform": UNIFORM, "normal": NORMAL, "truncnorm2": TRUNCATED}
LAWS = {"uniform": uniform(-1, 1), "normal": normal(0, 1), "truncnorm2": truncated_normal(0, 1, -2, 2)}


def moments(values: Any) -> Moments:
    """Of an array in float64."""
    x = np.asarray(values, dtype=np.float64)
    sums = [float((x**power).sum()) for power in (1, 2, 3, 4)]
    return Moments(
        count=x.size,
        total=sums[0],
        squares=sums[1],
        cubes=sums[2],
        fourths=sums[3],
        minimum=float(x.min()),
        maximum=float(x.max()),
        zeros=int((x == 0).sum()),
        dtype="float64",
    )


def sample(kind: str, size: int, source: np.random.Generator) -> Any:
    """``size`` values of one of the laws above."""
    if kind == "uniform":
        return source.uniform(-1, 1, size)
    values = source.standard_normal(size)
    while kind == "truncnorm2" and (wild := np.abs(values) > 2).any():
        values[wild] = source.standard_normal(int(wild.sum()))
    return values


def law_of(kind: str, scale: float = 1.0) -> Distribution:
    return LAWS[kind].scaled(scale)


@pytest.mark.parametrize("row", TABLES["scale_critical"], ids=lambda row: str(row["n"]))
def test_the_scale_test_of_a_normal_law_is_chi_squared(row: dict[str, Any]) -> None:
    """At the critical ratios of the standard deviation, on both sides, the bound is the risk itself."""
    for ratio in (row["std_ratio_lo"], row["std_ratio_hi"]):
        assert tails.log_scale(NORMAL, row["n"], ratio**2) == pytest.approx(math.log(SHARE), abs=2e-3)


@pytest.mark.parametrize("row", [r for r in TABLES["n_min_scale"] if r["std_ratio"] > 1], ids=lambda row: f"{row['h0']}×{row['std_ratio']:.3g}")
def test_the_smallest_sample_that_shows_a_law_too_wide(row: dict[str, Any]) -> None:
    """99.9 % power is reached exactly where the table says."""
    size, family = row["support" if "support" in row else "chi2_exact"], FAMILIES[row["h0"]]
    assert detectable(family, size, SHARE) <= row["std_ratio"] * (1 + 1e-9)
    assert detectable(family, size - 2, SHARE) > row["std_ratio"]


@pytest.mark.parametrize(
    "row",
    [r for r in TABLES["n_min_scale"] if r["std_ratio"] < 1 and r["h0"] != "normal"],
    ids=lambda row: f"{row['h0']}×{row['std_ratio']:.3g}",
)
def test_the_smallest_sample_that_shows_a_law_too_narrow(row: dict[str, Any]) -> None:
    """So many values of a bounded law do not all stay in the middle."""
    family = FAMILIES[row["h0"]]
    beyond = 2 * family.above(row["std_ratio"] * family.support[1])
    assert tails.log_within(row["extreme"], beyond) <= math.log(SHARE) < tails.log_within(row["extreme"] - 1, beyond)


@pytest.mark.parametrize(("size", "expected"), [(281, UNIFORM), (1050, TRUNCATED)])
def test_the_smallest_sample_that_shows_bounds_a_normal_law_has_not(size: int, expected: Family) -> None:
    """Another family of the same variance never reaches as far as a normal law."""
    beyond = 2 * NORMAL.above(expected.support[1])
    assert tails.log_within(size, beyond) <= math.log(SHARE) < tails.log_within(size - 1, beyond)
    assert size in [row.get("extreme_low") for row in TABLES["n_min_family"]]


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("size", [1, 2, 5, 30, 1000])
def test_bounds_are_never_below_the_rate_of_false_alarms(kind: str, size: int) -> None:
    """Of samples drawn from the law, a bound of p is undercut in at most a share p, for every test and any size."""
    source, family, runs, risk = np.random.default_rng(size), FAMILIES[kind], 2000, 0.02
    std = float(LAWS[kind].std)  # type: ignore[arg-type]
    alarms = dict.fromkeys(("scale", "location", "shape", "extreme"), 0)
    for values in (sample(kind, size, source) / std for _ in range(runs)):
        reach = tails.reach(size, risk)
        logs = {
            "scale": tails.log_scale(family, size, float((values**2).mean())),
            "location": tails.log_location(family, size, float(values.mean())),
            "extreme": tails.log_within(size, 2 * min(family.below(values.min()), family.above(values.max()))),
            "shape": tails.log_shape(family, size, float((values**4).mean()), min(reach, family.support[1])) if abs(values).max() <= reach else 0.0,
        }
        for name, log_p in logs.items():
            alarms[name] += log_p < math.log(risk)
    allowed = runs * risk + 4.5 * math.sqrt(runs * risk)
    assert {name: count for name, count in alarms.items() if count > allowed} == {}
    if size >= 30:
        assert alarms["extreme"] > runs * risk - 4.5 * math.sqrt(runs * risk)  # exact, not merely a bound


@pytest.mark.parametrize("row", [r for r in TABLES["suite_power"] if r["n"] in (64, 256, 512) and r["std_ratio"] ** 2 > 0.9], ids=str)
def test_the_whole_suite_has_the_power_it_should(row: dict[str, Any]) -> None:
    """Rates of detection as in the table of a reference implementation, which stays below them where its tests are weaker."""
    kind, source, runs = row["family"], np.random.default_rng(row["n"]), 150
    law, family = law_of(kind), FAMILIES[kind]
    samples = (moments(row["std_ratio"] * sample(kind, row["n"], source)) for _ in range(runs))
    rate = sum(against(family, found, law, 4 * SHARE).outcome == "fails" for found in samples) / runs
    error = math.sqrt(max(row["power"] * (1 - row["power"]), 0.002) / runs)
    assert rate >= row["power"] - 4 * error
