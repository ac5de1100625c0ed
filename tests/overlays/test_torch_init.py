"""Every law of the initializer tables against measured values, torch's own errors, and torch itself."""

from __future__ import annotations

import ast
import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from initlint.overlays.torch_init import (
    FACTORIES,
    FILLS,
    INITIALIZERS,
    NO_ELEMENTS,
    UNINITIALISED,
    Initializer,
    InvalidCall,
    UnknownArgument,
    calculate_gain,
    shape_given,
)
from initlint.symbolic import sqrt, symbol
from initlint.theory.laws import Distribution
from initlint.theory.recommend import recommend

GOLDEN = json.loads((Path(__file__).parents[1] / "data" / "golden.json").read_text("utf-8"))
TABLES = INITIALIZERS | FILLS | FACTORIES
n, m, s = symbol("n"), symbol("m"), symbol("s")


def bind(entry: Initializer, *args: Any, **kwargs: Any) -> SimpleNamespace:
    """Arguments by name as the signature binds them, the tensor (first) included."""
    spec = ast.parse(f"def f({entry.signature}): pass").body[0]
    assert isinstance(spec, ast.FunctionDef)
    names = [parameter.arg for parameter in spec.args.args]
    defaults = dict(zip(reversed(names), reversed([ast.literal_eval(d) for d in spec.args.defaults]), strict=False))
    bound = defaults | dict(zip(names, args, strict=False)) | kwargs
    if spec.args.vararg:
        bound[spec.args.vararg.arg] = args[len(names) :]
    return SimpleNamespace(**bound)


def law(name: str, shape: Any, *args: Any, **kwargs: Any) -> Distribution:
    """What ``name(tensor of shape, …)`` draws."""
    entry = TABLES[name]
    first = () if entry.makes not in (None, "input") and not entry.signature.startswith("self") else (object(),)
    return entry.law(shape, bind(entry, *first, *args, **kwargs))


def init(name: str, shape: Any, *args: Any, **kwargs: Any) -> Distribution:
    """The same for a function of ``torch.nn.init``."""
    return law(f"torch.nn.init.{name}", shape, *args, **kwargs)


@pytest.mark.parametrize("case", GOLDEN["initializer_cases"], ids=lambda c: f"{c['name'][14:]}{c['shape']}{c['args']}{c['kwargs']}")
def test_measured_cases(case: dict[str, Any]) -> None:
    """Moments and bounds of the cases verified on millions of draws."""
    found = law(case["name"], case["shape"], *case["args"], **case["kwargs"])
    if "var_expected" in case:
        assert found.std == pytest.approx(math.sqrt(case["var_expected"]), rel=1e-9, abs=1e-9)
    if "mean_expected" in case:
        assert found.mean == pytest.approx(case["mean_expected"], rel=1e-9, abs=1e-9)
    for key in ("low", "high"):
        if key in case:
            assert getattr(found, key) == pytest.approx(case[key], rel=1e-9)


@pytest.mark.parametrize("case", GOLDEN["torch_init_edge_behaviour"], ids=lambda c: str(c["call"]))
def test_edge_behaviour(case: dict[str, Any]) -> None:
    """What torch refuses is refused with its exception; what it does silently is known."""
    if case["outcome"] != "ok":
        with pytest.raises(InvalidCall, match=f"^{case['outcome']}: ") as raised:
            law(case["name"], case["shape"], *case["args"], **case["kwargs"])
        if case["outcome"] in ("ValueError", "ZeroDivisionError"):
            assert str(raised.value) == f"{case['outcome']}: {case['message']}"
        return
    found = law(case["name"], case["shape"], *case["args"], **case["kwargs"])
    if "mean" in case:
        assert found.mean == pytest.approx(case["mean"], abs=4e-3)
        assert found.std == pytest.approx(case["std"], rel=5e-3)


@pytest.mark.parametrize("case", GOLDEN["calculate_gain"], ids=lambda c: str(c["args"]))
def test_calculate_gain(case: dict[str, Any]) -> None:
    """Every spelling tried against torch 2.13."""
    if case["outcome"] == "ok":
        assert calculate_gain(*case["args"]) == pytest.approx(case["value"])
    else:
        with pytest.raises(InvalidCall) as raised:
            calculate_gain(*case["args"])
        assert str(raised.value) == f"{case['outcome']}: {case['message']}"


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("eye_", (2, 2, 2), "ValueError: Only tensors with 2 dimensions are supported"),
        ("dirac_", (2, 2), "ValueError: Only tensors with 3, 4, or 5 dimensions are supported"),
        ("xavier_uniform", (5,), "ValueError: Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"),
    ],
)
def test_wrong_number_of_dimensions(name: str, shape: Any, message: str) -> None:
    """The message is torch's own, under the deprecated names too."""
    with pytest.raises(InvalidCall) as raised:
        init(name, shape)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (init("kaiming_normal_", (n, m), nonlinearity="relu"), "Var = 2 / fan_in"),
        (init("kaiming_uniform_", (n, m), math.sqrt(5)), "Var = 1 / (3·fan_in)"),
        (init("kaiming_normal_", (n, m), mode="FAN_OUT", nonlinearity="tanh"), "Var = (5/3)² / fan_out"),
        (init("kaiming_normal_", (n, m), s), "Var = 2 / ((1 + s²)·fan_in)"),
        (init("kaiming_normal_", (n, m), None), "Var = 2 / ((1 + 0.01²)·fan_in)"),
        (init("xavier_uniform_", (n, m)), "Var = 2 / (fan_in + fan_out)"),
        (init("xavier_normal_", (n, m), 5 / 3), "Var = 2·(5/3)² / (fan_in + fan_out)"),
        (init("orthogonal_", (n, m)), "Var = 1 / max(rows, cols)"),
        (init("orthogonal_", None, math.sqrt(2)), "Var = 2 / max(rows, cols)"),
        (init("uniform_", None, -0.1, 0.1), "U(-0.1, 0.1)"),
        (init("normal_", None, 0, 0.02), "N(0, 0.02²)"),
        (init("trunc_normal_", None, std=0.02), "N(0, 0.02²) cut to [-2, 2]"),
        (init("constant_", None, 0.3), "= 0.3"),
    ],
)
def test_laws_in_words(found: Distribution, text: str) -> None:
    """Each law is the formula people know it by."""
    assert found.law == text


def test_symbolic_sizes() -> None:
    """Sizes that are not known carry through to std and bounds."""
    kaiming = init("kaiming_uniform_", (m, n, 3, 3), math.sqrt(5))
    assert kaiming.std is not None
    assert str(kaiming.std * kaiming.std) == "0.037037/n"
    assert str(init("xavier_normal_", (4 * n, n)).std) == str(sqrt(2 / (5 * n)))
    assert str(init("orthogonal_", (4 * n, n)).std) == "0.5/sqrt(n)"
    assert (kaiming.fan, init("xavier_normal_", (n, m)).fan) == ("fan_in", "fan_avg")
    assert init("xavier_normal_", (n, m), s).gain == s


def test_truncation_in_proportion_is_exact_for_symbols() -> None:
    """±2 std cuts the same share whatever std is; fixed bounds around a symbolic std leave only the mean."""
    found = init("trunc_normal_", None, std=s, a=-2 * s, b=2 * s)
    assert found.mean == 0
    assert found.std == 0.8796256610342398 * s
    fixed = init("trunc_normal_", None, std=s)
    assert (fixed.mean, fixed.std, fixed.low, fixed.high) == (0.0, None, -2.0, 2.0)


@pytest.mark.parametrize("name", ["xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_"])
def test_fans_need_a_shape(name: str) -> None:
    """Laws that divide by a fan say that it is the shape they miss."""
    with pytest.raises(UnknownArgument) as raised:
        init(name, None)
    assert raised.value.argument == "shape"


@pytest.mark.parametrize(
    ("name", "keyword"),
    [
        ("normal_", "std"),
        ("uniform_", "b"),
        ("xavier_uniform_", "gain"),
        ("kaiming_normal_", "a"),
        ("kaiming_normal_", "mode"),
        ("kaiming_normal_", "nonlinearity"),
        ("orthogonal_", "gain"),
        ("sparse_", "sparsity"),
    ],
)
def test_unknown_arguments_are_named(name: str, keyword: str) -> None:
    """A value that is no number leaves the law unknown, and says which."""
    with pytest.raises(UnknownArgument) as raised:
        init(name, (4, 4), **{keyword: object()})
    assert raised.value.argument == keyword


def test_slope_is_ignored_for_other_nonlinearities() -> None:
    """``a`` only matters for leaky_relu, known or not."""
    assert init("kaiming_normal_", (4, 8), object(), nonlinearity="relu").std == pytest.approx(0.5)


@pytest.mark.parametrize(("name", "value"), [("normal_", "0.02"), ("xavier_uniform_", None), ("constant_", (1, 2))])
def test_values_of_the_wrong_type(name: str, value: object) -> None:
    """A string, None or tuple in place of a number raises in torch."""
    with pytest.raises(InvalidCall, match=r"^TypeError"):
        init(name, (4, 4), value)


def test_degenerate_draws_are_constants() -> None:
    """No spread means a point mass, no elements means no law."""
    assert init("normal_", None, 0.5, 0).kind == "constant"
    assert init("xavier_uniform_", (4, 4), 0).kind == "constant"
    assert init("orthogonal_", (4, 4), 0).kind == "constant"
    assert init("uniform_", None, 1, 1).mean == 1
    assert init("sparse_", (10, 4), 1.5).kind == "constant"
    assert init("kaiming_normal_", (0, 4)) is NO_ELEMENTS


def test_identities() -> None:
    """Ones among zeros: their share is the mean."""
    assert init("eye_", (4, 8)).mean == 1 / 8
    assert init("dirac_", (24, 1, 3, 3), 24).mean == pytest.approx(1 / 9)
    assert init("dirac_", (24, 1, 3, 3)).mean == pytest.approx(1 / (24 * 9))
    assert init("dirac_", None).mean is None
    assert init("eye_", (n, n)).mean == 1 / n


def test_sparse_counts() -> None:
    """ceil is taken in floats, as torch does: 0.07·100 gives 8 zeros."""
    assert init("sparse_", (100, 7), 0.07).std == pytest.approx(0.01 * math.sqrt(0.92))
    assert init("sparse_", (n, 7), 0.1).std is None


def test_deprecated_names() -> None:
    """Eleven aliases, each with its successor and its law."""
    aliases = {name.rpartition(".")[2]: entry for name, entry in INITIALIZERS.items() if entry.successor}
    assert set(aliases) == {
        *("uniform", "normal", "constant", "eye", "dirac", "orthogonal", "sparse"),
        *("xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal"),
    }
    for name, entry in aliases.items():
        assert entry.successor == f"torch.nn.init.{name}_"
        assert entry.law is INITIALIZERS[entry.successor].law
    assert len(INITIALIZERS) == 14 + 11


@pytest.mark.parametrize(
    ("name", "args", "mean", "std"),
    [
        ("normal_", (), 0, 1),
        ("uniform_", (-1, 1), 0, 1 / math.sqrt(3)),
        ("zero_", (), 0, 0),
        ("fill_", (0.1,), 0.1, 0),
        ("exponential_", (2,), 0.5, 0.5),
        ("bernoulli_", (0.2,), 0.2, 0.4),
        ("cauchy_", (), None, None),
    ],
)
def test_fills(name: str, args: tuple[float, ...], mean: float | None, std: float | None) -> None:
    """In-place methods of a tensor."""
    found = law(f"torch.Tensor.{name}", None, *args)
    assert found.mean == pytest.approx(mean)
    assert found.std == pytest.approx(std)


@pytest.mark.parametrize(
    ("name", "args", "shape", "mean", "std"),
    [
        ("zeros", (2, 3), (2, 3), 0, 0),
        ("zeros", ((2, 3),), (2, 3), 0, 0),
        ("rand", ([4],), (4,), 0.5, 1 / math.sqrt(12)),
        ("randn", (), (), 0, 1),
        ("full", ((2, 3), 0.1), (2, 3), 0.1, 0),
        ("normal", (0.0, 0.02, (5,)), (5,), 0, 0.02),
        ("randint", (10, (2, 3)), (2, 3), 4.5, math.sqrt(99 / 12)),
        ("randint", (0, 10, (2, 3)), (2, 3), 4.5, math.sqrt(99 / 12)),
        ("eye", (4,), (4, 4), 0.25, math.sqrt(0.25 * 0.75)),
        ("eye", (2, 4), (2, 4), 0.25, math.sqrt(0.25 * 0.75)),
    ],
)
def test_factories(name: str, args: tuple[Any, ...], shape: Any, mean: float, std: float) -> None:
    """Shape and law of a new tensor, from integers or a sequence."""
    entry = FACTORIES[f"torch.{name}"]
    bound = bind(entry, *args)
    assert shape_given(entry, bound) == shape
    found = entry.law(shape, bound)
    assert found.mean == pytest.approx(mean)
    assert found.std == pytest.approx(std)


def test_uninitialised_memory() -> None:
    """``torch.empty`` and the legacy constructors have no law at all; a list given to ``torch.Tensor`` is data."""
    for name in ("torch.empty", "torch.empty_like", "torch.Tensor.new_empty", "torch.Tensor", "torch.FloatTensor"):
        assert law(name, (2, 3), 2, 3) is UNINITIALISED
    with pytest.raises(UnknownArgument):
        shape_given(FACTORIES["torch.Tensor"], SimpleNamespace(size=([1.0, 2.0],)))
    with pytest.raises(UnknownArgument):
        shape_given(FACTORIES["torch.zeros_like"], SimpleNamespace(input=object()))
    with pytest.raises(UnknownArgument):
        shape_given(FACTORIES["torch.zeros"], SimpleNamespace(size=(object(),)))


@pytest.mark.parametrize("nonlinearity", ["relu", "leaky_relu", "prelu", "rrelu", "tanh", "sigmoid", "linear", "selu", "gelu", "softsign", "sin"])
@pytest.mark.parametrize("original", ["torch.nn.init.xavier_uniform_", "torch.nn.init.xavier_normal_"])
def test_recommendations_draw_what_they_promise(nonlinearity: str, original: str) -> None:
    """A recommended call has the law and the gain the recommendation states."""
    found = recommend(nonlinearity, original=original)
    assert found is not None
    arguments = {name: evaluate(text) for name, text in found.arguments.items()}
    drawn = law(found.initializer, (200, 300), **arguments)
    assert drawn.law == found.law
    assert drawn.gain == pytest.approx(found.gain, rel=1e-5)


def evaluate(text: str) -> Any:
    """A literal, or a quotient of two."""
    above, _, below = text.partition(" / ")
    return ast.literal_eval(above) / ast.literal_eval(below) if below else ast.literal_eval(text)


DRAWN: list[tuple[str, dict[str, Any]]] = [
    ("uniform_", {"a": -0.3, "b": 0.5}),
    ("normal_", {"std": 0.02}),
    ("trunc_normal_", {"std": 0.02}),
    ("trunc_normal_", {"std": 1.0}),
    ("trunc_normal_", {"mean": 3.0}),
    ("trunc_normal_", {"std": -1.0}),
    ("constant_", {"val": 0.3}),
    ("ones_", {}),
    ("zeros_", {}),
    ("eye_", {}),
    ("xavier_uniform_", {"gain": 5 / 3}),
    ("xavier_normal_", {"gain": 2}),
    ("kaiming_uniform_", {"a": math.sqrt(5)}),
    ("kaiming_uniform_", {"a": 0.2, "mode": "fan_out"}),
    ("kaiming_normal_", {"nonlinearity": "relu"}),
    ("orthogonal_", {"gain": 1.5}),
    ("sparse_", {"sparsity": 0.3}),
    ("sparse_", {"sparsity": -0.3}),
]


@pytest.mark.parametrize(("name", "arguments"), DRAWN, ids=str)
def test_against_torch(name: str, arguments: dict[str, Any]) -> None:
    """A 300x200 weight drawn by torch has the std its law says, to 2 %."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    found = init(name, (300, 200), **arguments)
    generator = {"generator": torch.Generator().manual_seed(0)} if "generator" in INITIALIZERS[f"torch.nn.init.{name}"].signature else {}
    weight = getattr(torch.nn.init, name)(torch.empty(300, 200), **arguments, **generator).double()
    assert weight.std().item() == pytest.approx(found.std, rel=0.02)
    assert weight.mean().item() == pytest.approx(found.mean, abs=0.02 * float(found.std or 0) + 1e-7)  # type: ignore[arg-type]
    for value, bound in ((weight.max().item(), found.high), (-weight.min().item(), None if found.low is None else -found.low)):
        assert bound is None or value <= bound + 1e-6


def test_every_initializer_of_torch_is_in_the_table() -> None:
    """``torch.nn.init.__all__`` and the table name the same functions with the same parameters."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    assert {f"torch.nn.init.{name}" for name in torch.nn.init.__all__} - {"torch.nn.init.calculate_gain"} == set(INITIALIZERS)
    for name, entry in INITIALIZERS.items():
        current = getattr(torch.nn.init, (entry.successor or name).rpartition(".")[2])
        names = current.__code__.co_varnames[: current.__code__.co_argcount]
        assert tuple(part.split("=")[0].strip() for part in entry.signature.split(",")) == names
