"""One pass over a tensor gives its moments, whatever its type, layout and size."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("torch", reason="torch is not installed: there is nothing to measure")

import torch

from initlint.measure.moments import Moments, measure, pool


def one(tensor: torch.Tensor) -> Moments:
    return measure({"w": tensor})["w"]


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("shape", [(), (7,), (300, 1000), (4, 3, 5, 5)], ids=str)
def test_moments_are_those_of_float64(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    """Accumulation costs less accuracy than any test could notice."""
    tensor = (draw(*shape) * 0.3 + 0.1).to(dtype)
    found, exact = one(tensor), tensor.double()
    assert (found.count, found.shape, found.dtype) == (tensor.numel(), shape, str(dtype).removeprefix("torch."))
    assert (found.minimum, found.maximum) == (exact.min().item(), exact.max().item())
    for power, total in enumerate((found.total, found.squares, found.cubes, found.fourths), start=1):
        scale = (exact**power).abs().sum().item()
        assert total == pytest.approx((exact**power).sum().item(), abs=2e-6 * scale)
    if found.count > 1:
        assert found.std == pytest.approx(exact.std(correction=0).item(), rel=1e-6)
        centred = exact - exact.mean()
        assert found.kurtosis == pytest.approx(((centred**4).mean() / (centred**2).mean() ** 2).item(), rel=1e-5)


@pytest.mark.parametrize(
    "view",
    [
        lambda t: t.T,
        lambda t: t[:, ::2],
        lambda t: t[5:700, 3:],
        lambda t: t.reshape(40, 25, 20, 20).to(memory_format=torch.channels_last),
        lambda t: t[0].expand(300, -1),
    ],
    ids=["transposed", "strided", "cut", "channels last", "expanded"],
)
def test_layout_does_not_matter(view: object) -> None:
    """Views of all kinds are read where they lie, and hold the values they show."""
    assert callable(view)
    tensor = view(draw(1000, 400))
    found, exact = one(tensor), tensor.double()
    assert found.count == tensor.numel()
    assert found.squares == pytest.approx((exact**2).sum().item(), rel=1e-6)
    assert found.digest == one(tensor.contiguous()).digest


def test_values_that_are_not_finite_are_counted_apart() -> None:
    """The sums are over the rest."""
    tensor = draw(1000)
    tensor[[3, 500]], tensor[7] = math.nan, math.inf
    found, rest = one(tensor), tensor[tensor.isfinite()].double()
    assert (found.nonfinite, found.finite) == (3, 997)
    assert found.mean == pytest.approx(rest.mean().item(), rel=1e-4)
    assert found.maximum == rest.max().item()


@pytest.mark.parametrize(("mean", "std"), [(1.0, 1e-4), (0.0, 1e-12), (0.0, 1e20), (-3e8, 1e6)])
def test_a_spread_that_float32_cannot_sum(mean: float, std: float) -> None:
    """Values far from 0, or far from 1, are summed in float64."""
    tensor = mean + std * draw(100_000)
    found, exact = one(tensor), tensor.double()
    assert found.std == pytest.approx(exact.std(correction=0).item(), rel=1e-6)


def test_zeros_are_counted_and_can_be_set_aside() -> None:
    """A padding row does not count as drawn."""
    table = draw(100, 8)
    table[3] = 0
    found = one(table)
    assert found.zeros == 8
    assert found.without_zeros(8).count == 792
    assert found.without_zeros(8).std == pytest.approx(torch.cat([table[:3], table[4:]]).double().std(correction=0).item(), rel=1e-6)


def test_packed_maps_are_measured_one_by_one() -> None:
    """The gates of an LSTM are four matrices in one tensor."""
    gates = torch.cat([draw(16, 8) * scale for scale in (1.0, 2.0, 3.0, 4.0)])
    found = measure({"lstm.weight_hh_l0": gates, "bias": gates[:, 0]}, slices={"lstm.weight_hh_l0": 4})
    assert list(found) == [*(f"lstm.weight_hh_l0[{i}]" for i in range(4)), "bias"]
    assert found["lstm.weight_hh_l0[2]"].std == pytest.approx(3 * draw(16, 8).double().std(correction=0).item(), rel=1e-6)


@pytest.mark.parametrize(
    ("tensor", "slices", "message"),
    [
        (torch.zeros(3, 3, device="meta"), 1, "w: a tensor on the meta device has no values to measure"),
        (torch.nn.UninitializedParameter(), 1, "w: a lazy parameter has no values before the first forward pass"),
        (torch.zeros(7, 3), 4, r"w: shape \(7, 3\) is not 4 maps of equal size along dimension 0"),
    ],
)
def test_what_cannot_be_measured_is_named(tensor: torch.Tensor, slices: int, message: str) -> None:
    """One line says which tensor and why."""
    with pytest.raises(ValueError, match=f"^{message}$"):
        measure({"w": tensor}, slices={"w": slices})


def test_pooling_adds_and_never_counts_a_copy_twice() -> None:
    """A clone under another name brings no evidence."""
    first, second = draw(500, seed=1), draw(300, seed=2)
    pooled = pool([one(first), one(second), one(first.clone())])
    both = torch.cat([first, second]).double()
    assert pooled.count == 800
    assert pooled.std == pytest.approx(both.std(correction=0).item(), rel=1e-6)
    assert pooled.maximum == both.max().item()


def test_standardised_moments_can_be_pooled_across_scales() -> None:
    """Biases of one rule and many fans become one sample."""
    values = draw(1000)
    found = one(values * 0.02 + 5).standardised(5, 0.02)
    assert found.mean == pytest.approx(values.mean().item(), abs=1e-4)
    assert found.std == pytest.approx(values.std(correction=0).item(), rel=1e-4)
    assert found.kurtosis == pytest.approx(one(values).kurtosis, rel=1e-4)


def test_measuring_changes_nothing() -> None:
    """Neither the values nor the state of the random number generator."""
    weight = torch.nn.Parameter(draw(64, 64))
    before, state = weight.detach().clone(), torch.random.get_rng_state()
    one(weight)
    assert torch.equal(weight, before)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert weight.grad_fn is None
