"""A contract is read as the initializer it names, and one that cannot hold says why in one line."""

from __future__ import annotations

import math

import pytest

from initlint.graph import InitEvent, Layer, Origin, Parameter
from initlint.measure.contract import ContractError, parse
from initlint.theory.laws import Distribution, constant, uniform


def law(text: str, *shape: int) -> Distribution:
    return parse(text).law(shape)


@pytest.mark.parametrize(
    ("text", "shape", "kind", "std"),
    [
        ("kaiming_normal(mode='fan_in', nonlinearity='relu')", (64, 128), "normal", math.sqrt(2 / 128)),
        ("nn.init.kaiming_normal_(nonlinearity='relu')", (64, 3, 5, 5), "normal", math.sqrt(2 / 75)),
        ("torch.nn.init.xavier_uniform_", (64, 128), "uniform", math.sqrt(2 / 192)),
        ("xavier_normal(gain=calculate_gain('tanh'))", (64, 64), "normal", 5 / 3 / 8),
        ("kaiming_uniform(a=sqrt(5))", (64, 128), "uniform", math.sqrt(1 / 384)),
        ("normal(std=2 / 10**2)", (7,), "normal", 0.02),
        ("normal(0, math.pi)", (7,), "normal", math.pi),
        ("uniform(-1, +1)", (7,), "uniform", 1 / math.sqrt(3)),
        ("orthogonal(gain=sqrt(2))", (20, 50), "orthogonal", math.sqrt(2 / 50)),
        ("constant(1)", (7,), "constant", 0.0),
        (" zeros ", (7,), "constant", 0.0),
        ("dirac(groups=2)", (4, 2, 3), "dirac", math.sqrt(1 / 6 * 5 / 6)),
    ],
)
def test_contracts_as_laws(text: str, shape: tuple[int, ...], kind: str, std: float) -> None:
    """With or without module, underscore and parentheses."""
    found = law(text, *shape)
    assert found.kind == kind
    assert found.std == pytest.approx(std)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kaimin_normal()", "kaimin_normal(): no initializer is called 'kaimin_normal', did you mean 'kaiming_normal'?"),
        ("defualt", "defualt: no initializer is called 'defualt', did you mean 'default'?"),
        ("glorot_banana", "glorot_banana: no initializer is called 'glorot_banana', did you mean 'glorot_normal'?"),
        ("normal(sdt=0.02)", "normal(sdt=0.02): normal has no argument 'sdt', did you mean 'std'?"),
        ("kaiming_normal(nonlinearity='rellu')", "kaiming_normal(nonlinearity='rellu'): Unsupported nonlinearity rellu, did you mean 'relu'?"),
        (
            "kaiming_normal(mode='fan_avg')",
            "kaiming_normal(mode='fan_avg'): Mode fan_avg not supported, please use one of ['fan_in', 'fan_out']",
        ),
        ("constant()", "constant(): misses the argument val; it takes val"),
        ("constant(1, 2)", "constant(1, 2): got an unexpected argument; it takes val"),
        ("normal(std=-1)", "normal(std=-1): normal expects std >= 0.0, but found std -1"),
        ("normal(std=width)", "normal(std=width): 'width' is not a literal; write numbers, arithmetic on them, pi, sqrt(…) or calculate_gain('…')"),
        ("normal(std=1 / 0)", "normal(std=1 / 0): 1 / 0 has no value"),
        ("normal(std=9**9**9**9)", "normal(std=9**9**9**9): 9 ** 9 ** 9 has no value"),
        ("normal(std=2 * 'a')", "normal(std=2 * 'a'): 'a' is not a number to reckon with"),
        ("normal(std='wide')", "normal(std='wide'): std must be a number, not str"),
        ("xavier_normal(calculate_gain('gelu'))", "xavier_normal(calculate_gain('gelu')): Unsupported nonlinearity gelu"),
        ("std = 0.02", "'std = 0.02' is not the call of an initializer, such as kaiming_normal(nonlinearity='relu')"),
        ("", "'' is not the call of an initializer, such as kaiming_normal(nonlinearity='relu')"),
        ("__import__('os').getcwd()", "__import__('os').getcwd(): no initializer is called \"__import__('os').getcwd\""),
        ("normal(**{'std': 1})", "normal(**{'std': 1}): {'std': 1} is not a literal; write numbers, arithmetic on them, pi, sqrt(…) or calculate_gain('…')"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str, message: str) -> None:
    """With the name that was meant, where one is near."""
    with pytest.raises(ContractError) as raised:
        parse(text)
    assert str(raised.value).replace("'{'std': 1}'", "{'std': 1}").replace("\"{'std': 1}\"", "{'std': 1}") == message


def test_a_shape_the_initializer_refuses() -> None:
    """Kaiming has no fans on a bias."""
    with pytest.raises(ContractError) as raised:
        law("kaiming_normal", 64)
    assert str(raised.value) == (
        "kaiming_normal: cannot hold for a tensor of shape 64: Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
    )


def linear() -> Layer:
    """A layer as a front-end records it: its default first, then what the model's author does."""
    layer = Layer(path="fc", kind="Linear", class_name="Linear", arguments={})
    drawn = InitEvent(initializer="torch.nn.Linear", origin=Origin.DEFAULT, distribution=uniform(-0.5, 0.5), site=None)
    zeroed = InitEvent(initializer="torch.nn.init.zeros_", origin=Origin.CALL, distribution=constant(0.0), site=None)
    layer.parameters["weight"] = Parameter(name="fc.weight", shape=(8, 4), role="weight", layer=layer, events=[drawn, zeroed])
    return layer


def test_default_is_what_the_layer_drew_before_anybody_touched_it() -> None:
    """A layer without one says so."""
    assert parse("default").law((8, 4), linear()) == uniform(-0.5, 0.5)
    with pytest.raises(ContractError, match=r"^default: Linear\.bias has no default that is known; name an initializer$"):
        parse("default").law((8,), linear(), "bias")
    with pytest.raises(ContractError, match=r"^default: weight has no default that is known"):
        parse("default").law((8, 4))
