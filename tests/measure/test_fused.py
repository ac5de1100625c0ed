"""The kernels give the numbers that a CPU gives: run by Triton's interpreter, compiled for a card, and run on one where there is one."""

from __future__ import annotations

import importlib.util
import io
import math
import multiprocessing
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

import pytest

pytest.importorskip("torch", reason="torch is not installed: there is nothing to measure")

import torch

from initlint.measure import fused, passes
from initlint.measure.moments import measure
from initlint.measure.reduction import Reduced
from tests.measure import interpreted

needs_triton = pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="triton is not installed")
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
TYPES = [torch.float32, torch.bfloat16, torch.float16, torch.float64]
STEP = fused.LOADED // 4
Kernels = Callable[[Sequence[torch.Tensor]], list[Reduced]]


@pytest.fixture(scope="module")
def kernels() -> Iterator[Kernels]:
    """``fused.reduced`` by the interpreter, in a process of its own: Triton decides when it is imported."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:

        def run(tensors: Sequence[torch.Tensor]) -> list[Reduced]:
            stream = io.BytesIO()
            torch.save(list(tensors), stream)
            return [Reduced(*one) for one in process.submit(interpreted.reduced, stream.getvalue()).result()]

        yield run


@pytest.fixture(scope="module")
def compiler() -> Iterator[Callable[[str, int], str]]:
    """``interpreted.compiled``, in a process where Triton does not interpret."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        yield lambda kind, card: process.submit(interpreted.compiled, kind, card).result()


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 0.3 + 0.1


def agree(found: Reduced, tensor: torch.Tensor, accuracy: float = 1e-6) -> None:
    """``found`` are the numbers of ``tensor``, computed by torch in float64."""
    exact = tensor.double().flatten()
    exact = exact[exact.isfinite()]
    *sums, nonzero, low, high = found.row
    for power, total in enumerate(sums, start=1):
        assert total == pytest.approx((exact**power).sum().item(), abs=accuracy * (exact**power).abs().sum().item())
    assert (nonzero, found.lost) == (exact.count_nonzero(), tensor.numel() - exact.numel())
    assert (low, high) == ((exact.min(), exact.max()) if exact.numel() else (math.inf, -math.inf))


@needs_triton
@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_every_size_and_type(kernels: Kernels, dtype: torch.dtype) -> None:
    """One value, part of a step, steps and a rest, spans and a rest; all at once, and each is told apart."""
    sizes = [1, 7, STEP, STEP + 1, 3 * STEP - 1, 4 * STEP + 5, fused.SPAN, fused.SPAN + 1, 2 * fused.SPAN + 4 * STEP + 3]
    tensors = [draw(size).to(dtype) for size in sizes]
    for found, tensor in zip(kernels(tensors), tensors, strict=True):
        agree(found, tensor)
        assert found.digest == passes.reduced([tensor])[0].digest


@needs_triton
@pytest.mark.parametrize(
    "view",
    [
        lambda t: t.T,
        lambda t: t.reshape(20, 15, 10, 10).to(memory_format=torch.channels_last),
        lambda t: t[1:],
        lambda t: t.flatten()[3:],
        lambda t: t.permute(1, 0)[None],
        lambda t: t[0, 0],
    ],
    ids=["transposed", "channels last", "slice", "unaligned", "with a dimension of one", "scalar"],
)
def test_values_are_read_where_they_lie(kernels: Kernels, view: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """Whatever the order of dimensions and wherever in its storage a tensor begins."""
    tensor = view(draw(300, 100))
    assert fused.readable(tensor)
    (found,) = kernels([tensor])
    agree(found, tensor)
    assert found.digest == passes.reduced([tensor.contiguous()])[0].digest


@needs_triton
def test_types_and_alignments_in_one_call(kernels: Kernels) -> None:
    """Each launch takes tensors of one kind; what comes back is in the order asked for."""
    tensors = [draw(50).to(TYPES[index % 4])[index % 3 :] + index for index in range(12)]
    for found, tensor in zip(kernels(tensors), tensors, strict=True):
        agree(found, tensor)


@needs_triton
@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_values_that_are_not_finite_are_counted_apart(kernels: Kernels, dtype: torch.dtype) -> None:
    """One among many, in the rest of a step, and nothing but."""
    tensors = [draw(size).to(dtype) for size in (100, 5 * STEP, fused.SPAN + 10)] + [torch.full((9,), math.nan, dtype=dtype)]
    tensors[0][99], tensors[1][STEP], tensors[2][[0, -1]] = math.nan, math.inf, -math.inf
    for found, tensor in zip(kernels(tensors), tensors, strict=True):
        agree(found, tensor)


@needs_triton
@pytest.mark.parametrize(("mean", "std"), [(1.0, 1e-4), (0.0, 1e-12), (0.0, 1e20), (-3e8, 1e6), (0.5, 0.0), (0.0, 0.0)])
def test_a_spread_that_float32_cannot_sum(kernels: Kernels, mean: float, std: float) -> None:
    """Values far from 0, or far from 1, and constants are summed in float64."""
    tensor = mean + std * draw(20_000)
    (found,) = kernels([tensor])
    agree(found, tensor, accuracy=1e-12)


@needs_triton
@pytest.mark.parametrize(("kind", "card"), [("float32", 90), ("bfloat16", 90), ("float64", 80)])
def test_the_kernel_compiles_and_loads_whole_lines(compiler: Callable[[str, int], str], kind: str, card: int) -> None:
    """The interpreter takes what the compiler does not; and only loads of 16 bytes keep up with memory."""
    made = compiler(kind, card)
    if not made:
        pytest.skip("triton comes without an assembler here")
    wide = len(re.findall(r"ld\.global\S*\.v4\.b32", made))
    assert wide >= fused.UNROLLED or kind == "float64"


def test_what_the_kernels_cannot_read_is_left_to_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gaps, nothing at all, and types of eight bits; the others are handed over."""
    handed: list[torch.Tensor] = []

    def reduced(tensors: Sequence[torch.Tensor]) -> list[Reduced]:
        handed.extend(tensors)
        return passes.reduced(tensors)

    monkeypatch.setattr(fused, "reduced", reduced)
    tensors = [draw(40, 30)[:, ::2], draw(0), draw(50), draw(30).expand(20, -1)]
    for found, tensor in zip(passes.by_kernels(tensors), tensors, strict=True):
        agree(found, tensor)
    assert [len(tensor) for tensor in handed] == [50]


def test_a_triton_that_cannot_compile_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch's own operations do it then."""

    def fails(tensors: object) -> None:
        raise RuntimeError("Failed to find C compiler")

    monkeypatch.setattr(fused, "reduced", fails)
    (found,) = passes.by_kernels([draw(50)])
    agree(found, draw(50))


@needs_gpu
@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_a_gpu_gives_what_the_cpu_gives(dtype: torch.dtype) -> None:
    """By the kernels for many values and by torch for few, with the same digest."""
    few = [draw(size).to(dtype) for size in (1, 1000, 70_000)]
    many = [draw(fused.WORTHWHILE // 2 + 5).to(dtype) for _ in range(2)]
    for tensors in (few, many):
        assert fused.worthwhile([tensor.cuda() for tensor in tensors]) == (tensors is many and importlib.util.find_spec("triton") is not None)
        here = measure({str(index): tensor for index, tensor in enumerate(tensors)})
        there = measure({str(index): tensor.cuda() for index, tensor in enumerate(tensors)})
        for name, one in here.items():
            assert there[name].std == pytest.approx(one.std, rel=1e-6)
            assert (there[name].minimum, there[name].maximum, there[name].zeros, there[name].digest) == (one.minimum, one.maximum, one.zeros, one.digest)
