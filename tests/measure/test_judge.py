"""Drawn as claimed, a tensor passes in every precision; drawn otherwise, it is told what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

pytest.importorskip("torch", reason="torch is not installed: there is nothing to measure")

import torch
from torch.nn import init

from initlint.measure.contract import parse
from initlint.measure.judge import ALPHA, Verdict, judge
from initlint.measure.moments import measure, pool
from initlint.symbolic import symbol
from initlint.theory.laws import Distribution, constant, custom, normal, uniform

CONTRACTS = (
    "uniform(-1, 1)",
    "uniform(0, 1)",
    "normal(0, 1)",
    "normal(1, 0.02)",
    "normal(std=0.02)",
    "trunc_normal(std=1)",
    "trunc_normal(std=0.02)",
    "trunc_normal(0.5, 1, -1, 2)",
    "xavier_uniform(gain=5/3)",
    "xavier_normal",
    "kaiming_uniform(a=sqrt(5))",
    "kaiming_normal(mode='fan_out', nonlinearity='relu')",
    "orthogonal(gain=sqrt(2))",
    "sparse(0.3)",
    "constant(0.3)",
    "zeros",
    "ones",
    "eye",
)
LARGE = ("uniform(-1, 1)", "normal(std=0.02)")
DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16)


def drawn(contract: str, *shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """A tensor initialised as the contract says, by torch itself."""
    expectation = parse(contract)
    assert expectation.initializer is not None
    arguments = {name: value for name, value in vars(expectation.arguments).items() if name != "tensor"}
    function = getattr(init, expectation.initializer.name.rpartition(".")[2])
    if dtype in (torch.float16, torch.bfloat16) and "orthogonal" in contract:
        return drawn(contract, *shape).to(dtype)  # not implemented for these by torch
    result: torch.Tensor = function(torch.empty(shape, dtype=dtype), **arguments)
    return result


def verdict(tensor: torch.Tensor, contract: str) -> Verdict:
    return judge(tensor, parse(contract).law(tuple(tensor.shape)))


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(1)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("contract", CONTRACTS)
def test_what_torch_draws_is_what_it_says(contract: str, dtype: torch.dtype) -> None:
    """Every initializer in every precision, from few values to many, in one tensor and in its moments alone."""
    for shape in ((2, 2), (3, 5), (64, 10), (10, 64), (200, 150), *([(1000, 1000)] if contract in LARGE else [])):
        tensor, law = drawn(contract, *shape, dtype=dtype), parse(contract).law(shape)
        for measured in (tensor, measure({"": tensor})[""]):
            found = judge(measured, law)
            assert found.outcome != "fails", f"{shape}: {found.reason}"
            assert found.p_bound > ALPHA


@pytest.mark.parametrize("contract", [c for c in CONTRACTS if c not in ("zeros", "ones", "eye", "constant(0.3)")])
@pytest.mark.parametrize("factor", [math.sqrt(2), math.sqrt(0.5), 1.05, 0.95])
def test_a_wrong_scale_fails(contract: str, factor: float) -> None:
    """So does one off by 5 %, at a size that THEORY's tables call sufficient for every family."""
    law = parse(contract).law((200, 200))
    mean = float(law.mean)  # type: ignore[arg-type]
    tensor = mean + (drawn(contract, 200, 200) - mean) * factor
    found = judge(tensor, law)
    assert found.outcome == "fails"
    assert found.p_bound < ALPHA
    assert found.detectable is not None
    assert found.detectable < 1.06


def test_reasons_name_the_cause_in_numbers() -> None:
    """What is told first is what a reader would repair."""
    wide = verdict(drawn("normal(std=0.1)", 100, 100) * math.sqrt(2), "normal(std=0.1)")
    assert (wide.test, wide.reason) == ("scale", f"std {wide.statistic * 0.1:.4g} where 0.1 is expected ({wide.statistic:.3g}×)")  # type: ignore[operator]
    shifted = verdict(drawn("normal(std=0.1)", 300, 300) + 0.01, "normal(std=0.1)")
    assert shifted.test == "location"
    assert "where 0 is expected" in shifted.reason
    assert "outside [-0.1, 0.1]" in verdict(drawn("uniform(-0.2, 0.2)", 30, 30), "uniform(-0.1, 0.1)").reason
    assert "too narrow for a normal law" in verdict(drawn("uniform(-1, 1)", 100, 100) * math.sqrt(3), "normal").reason
    holed = drawn("normal", 100, 100)
    holed[3, 4] = 40
    assert verdict(holed, "normal").reason == "a value 40.0 std from the mean among 10,000"
    mixed = torch.cat([drawn("normal", 500, 200) * 0.6, drawn("normal", 500, 200) * math.sqrt(2 - 0.36)])
    assert verdict(mixed, "normal").test == "shape"
    broken = drawn("normal", 10, 10)
    broken[0, 0] = math.nan
    assert verdict(broken, "normal").reason == "1 of 100 values are not finite"


def test_mean_and_std_mixed_up() -> None:
    """``normal_(w, 0.02)`` claimed to be N(0, 0.02²)."""
    found = verdict(drawn("normal(0.02, 1)", 64, 64), "normal(std=0.02)")
    assert (found.outcome, found.test) == ("fails", "scale")


@pytest.mark.parametrize(("contract", "size"), [("uniform(-1, 1)", 20), ("trunc_normal", 61), ("normal", 380)])
def test_a_tensor_too_small_to_tell_is_untested(contract: str, size: int) -> None:
    """Below the size that shows a factor √2 the question stays open, and pooled seeds close it."""
    law = parse(contract).law((size,))
    small = judge(drawn(contract, size // 2), law)
    assert small.outcome == "untested"
    assert small.detectable is not None
    assert small.detectable > math.sqrt(2)
    assert "more seeds can" in small.reason
    seeds = pool(measure({str(seed): drawn(contract, size // 2) for seed in range(3)}).values())
    assert judge(seeds, law).outcome == "ok"
    copies = drawn(contract, size // 2)
    assert judge(pool(measure({str(seed): copies.clone() for seed in range(3)}).values()), law).outcome == "untested"


def test_many_small_tensors_of_one_rule_pool_to_one_large_one() -> None:
    """A 5 % error shows in two hundred biases of ten values, each of its own scale."""
    found = measure({str(n): drawn(f"uniform(-{1 / n}, {1 / n})", 10) for n in range(1, 201)})
    pooled = pool(m.standardised(0, 1 / (n * math.sqrt(3))) for n, m in enumerate(found.values(), start=1))
    unit = uniform(-math.sqrt(3), math.sqrt(3))
    assert judge(pooled, unit).outcome == "ok"
    assert judge(pooled, unit.scaled(1.05)).outcome == "fails"
    assert judge(pooled, unit.scaled(0.95)).outcome == "fails"


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_half_precision_still_shows_five_percent(dtype: torch.dtype) -> None:
    """The slack for rounding, 2ε, leaves that visible."""
    for contract in ("normal(std=0.02)", "uniform(-0.1, 0.1)"):
        tensor = drawn(contract, 1000, 1000)
        assert verdict((tensor * 1.05).to(dtype), contract).outcome == "fails"
        assert verdict((tensor * 0.95).to(dtype), contract).outcome == "fails"


def test_values_clamped_to_bounds_that_are_never_reached() -> None:
    """The inverse error function sends one uniform number in 2²⁴ to infinity, and a clamp to the bound: no fault of the model."""
    tensor = drawn("trunc_normal(std=0.02)", 768, 768)
    tensor[0, 5] = tensor[7, 7] = -2.0
    assert verdict(tensor, "trunc_normal(std=0.02)").outcome == "ok"
    tensor[:40, 0] = -2.0
    assert verdict(tensor, "trunc_normal(std=0.02)").outcome == "fails"


def test_an_orthogonal_matrix_is_one_to_the_last_digits() -> None:
    """Look-alikes with the same variance are told apart, and so is the wrong gain."""
    assert verdict(drawn("orthogonal", 64, 3, 3, 3), "orthogonal").outcome == "ok"
    alike = verdict(torch.randn(64, 1024) / 32, "orthogonal")
    assert (alike.outcome, alike.test) == ("fails", "gram")
    packed = torch.cat([drawn("orthogonal", 32, 32) for _ in range(4)])
    assert verdict(packed, "orthogonal").outcome == "fails"
    assert all(verdict(part, "orthogonal").outcome == "ok" for part in packed.chunk(4))


def test_an_orthogonal_matrix_that_leans_was_not_drawn() -> None:
    """A reflection that keeps the vector of ones has a sum of entries that chance never gives."""
    ones = torch.ones(100, 1, dtype=torch.float64) / 10
    found = verdict(2 * ones @ ones.T - torch.eye(100, dtype=torch.float64), "orthogonal")
    assert (found.outcome, found.test) == ("fails", "sum")
    assert found.statistic == pytest.approx(1.0)


def test_a_large_orthogonal_matrix_is_probed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random vectors stand for a Gram matrix that costs too much."""
    monkeypatch.setattr("initlint.measure.constraints.MOST_PRODUCTS", 0)
    assert verdict(drawn("orthogonal", 300, 500), "orthogonal").outcome == "ok"
    assert verdict(torch.randn(300, 500) / math.sqrt(500), "orthogonal").outcome == "fails"
    assert verdict(drawn("orthogonal", 300, 500) * 1.01, "orthogonal").outcome == "fails"


@pytest.mark.parametrize(
    ("contract", "shape", "spoil"),
    [
        ("eye", (5, 7), lambda t: t.flip(1)),
        ("eye", (5, 5), lambda t: t * 2),
        ("dirac", (4, 4, 3), lambda t: t.roll(1, 2)),
        ("dirac(groups=2)", (8, 4, 3, 3), lambda t: init.dirac_(t)),
        ("dirac", (8, 4, 3, 3), lambda t: init.dirac_(t, groups=2)),
        ("sparse(0.5)", (10, 300), lambda t: t[torch.randperm(10)].T.reshape(10, 300)),
        ("sparse(0.5)", (100, 300), lambda t: t * 1.1),
        ("constant(0.5)", (9,), lambda t: t + 1e-3),
        ("zeros", (9,), lambda t: t + 1e-30),
    ],
)
def test_exact_constraints_are_exact(contract: str, shape: tuple[int, ...], spoil: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """What the initializer writes passes; one step away from it does not."""
    tensor = drawn(contract, *shape)
    assert verdict(tensor, contract).outcome == "ok"
    found = verdict(spoil(tensor.clone()), contract)
    assert (found.outcome, found.p_bound < ALPHA) == ("fails", True)
    assert found.reason


@pytest.mark.parametrize(
    ("law", "reason"),
    [
        (None, "no law to test"),
        (custom("uninitialised memory"), "uninitialised memory: not a law with numbers that can be tested"),
        (normal(0, symbol("s")), "Var = s^2: not a law with numbers that can be tested"),
        (replace(constant(0.0), kind="sparse"), "how sparse the law is is not known"),
    ],
)
def test_what_cannot_be_tested_says_why(law: Distribution | None, reason: str) -> None:
    """It is never counted as agreement."""
    found = judge(torch.randn(50, 50), law)
    assert (found.outcome, found.reason.replace("**", "^").replace("²", "^2")) == ("untested", reason)


def test_no_values_are_no_evidence() -> None:
    """An empty tensor is neither right nor wrong."""
    assert judge(torch.empty(0, 5), normal(0, 1)).outcome == "untested"


@pytest.mark.parametrize("contract", ["eye", "dirac"])
def test_moments_alone_do_not_settle_where_the_ones_are(contract: str) -> None:
    """They count them; the tensor shows their places."""
    tensor = drawn(contract, 4, 4, *((3,) if contract == "dirac" else ()))
    law = parse(contract).law(tuple(tensor.shape))
    assert judge(measure({"": tensor})[""], law).outcome == "untested"
    assert judge(measure({"": tensor})[""], law, tensor=tensor).outcome == "ok"
    assert judge(measure({"": 1 - tensor})[""], law).outcome == "fails"
