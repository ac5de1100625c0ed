"""Slips that the spelling of a call or an assignment gives away, whatever model it belongs to."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

from initlint import program as p
from initlint.graph import Mistake
from initlint.interpreter.trees import walk
from initlint.text.initcalls import INITIALIZES, commented

if TYPE_CHECKING:
    from initlint.interpreter.modules import Module
    from initlint.source import Chunk

FAN_IN = re.compile(r"fan_?in|in_features|in_channels|in_dim|in_size|input_dim|input_size|n_in|n_inputs|num_inputs|d_in|dim_in", re.IGNORECASE)
"""Names for the number of inputs of a layer."""
SLOPE = re.compile(r"\bsqrt\(\s*5(?:\.0?)?\s*\)[ \t]*[*/]|[*/][ \t]*\(?(?:\w+\.)*sqrt\(\s*5(?:\.0?)?\s*\)")
NAMED = re.compile(r"\.weight(?:\.data)?\.(?:shape\[\s*0|size\(\s*(?:0|\)\[\s*0))")
WHOLE = re.compile(
    r"\b(fan_?in)[ \t]*=[ \t]*(?:(?:int|float)\()?(?:\w+\.)*prod\(\s*(?:(?:\w+\.)*tensor\(\s*)?"
    r"(?:\w+\.)*weight(?:\.data)?\.(?:shape|size\(\))(?:\[0?:\])?\s*\)",
    re.IGNORECASE,
)
BOUND = re.compile(r"uniform_\([^#\n]{1,200}?\bb[ \t]*=")
SIZED = re.compile(r"torch\.(?:rand|randn|zeros|ones|empty)\(\s*(?:\[[^\[\]]{0,200}\]|\([^()]{0,200}\))\s*,\s*(?!\w+\s*=)[\w\"']")
SCALED = re.compile(r"_\([^#\n]{0,200}?\)[ \t]*[*/+-](?!=)")
"""What these slips look like: only functions with something of the kind are parsed for them.

Each but the first begins with a word that ``re`` can look for."""
SPREAD = re.compile(r"\bsqrt\(|\*\*[ \t]*-?[ \t]*(?:0?\.5|\(1)|\brsqrt\(")
FILL = re.compile(r"(?:(?:xavier|kaiming|trunc)_)?(?:normal|uniform)_|(?:orthogonal|ones|eye|dirac|sparse)_")
MADE = frozenset({"rand", "randn", "zeros", "ones", "empty"})
TYPES = re.compile(r"\b(?:Linear|Conv[123]d|Lazy\w+)\b")
TRAINED = re.compile(r"weight|kernel|embed|bias|proj|matrix", re.IGNORECASE)


def misspelled(module: Module) -> Iterator[Mistake]:
    """Slopes meant as scales, fans taken from the wrong axis, uniform draws without a lower bound, sizes with something behind them, scales that go nowhere."""
    text = module.source.text
    if "torch" not in text:
        return
    yield from _whole_shape(module)
    signs = ((SLOPE, _scaled_slope), (NAMED, _misnamed_fan), (BOUND, _one_bound), (SIZED, _behind_a_size), (SCALED, _dropped_scale))
    asked = [check for sign, check in signs if (sign is not SLOPE or "sqrt(" in text) and sign.search(text)]
    if not asked:
        return
    for one, _ in module.source.parts():
        if any(one.says(sign) for sign, _ in signs):
            for node in walk(one.statements):
                for check in asked:
                    yield from check(module, one, node)


def _scaled_slope(module: Module, chunk: Chunk, node: p.Node) -> Iterator[Mistake]:
    """``kaiming_uniform_(w, a=math.sqrt(5) * scale)``: the slope that stands for torch's default, times what should multiply the weights."""
    if not isinstance(node, p.Call) or not _called(node).startswith("kaiming_"):
        return
    slope = argument(node, "a", 1)
    if not isinstance(slope, p.BinOp):
        return
    factors = list(_operands(slope, ("*", "/")))
    if any(_is_default_slope(one) for one in factors) and any(isinstance(one, (p.Name, p.Attr)) for one in factors):
        said = f"`a` is a slope, not a scale: Var = 2/((1 + a²)·fan), so `{module.source.spelled(slope)}` makes the weights smaller the larger the factor is"
        yield Mistake(kind="scaled-slope", site=module.source.site(node), text=said)


def _misnamed_fan(module: Module, chunk: Chunk, node: p.Node) -> Iterator[Mistake]:
    """``fan_in = layer.weight.size(0)``, which is the number of outputs of a linear layer, and of a convolution."""
    if not isinstance(node, p.Assign) or len(node.targets) != 1 or not isinstance(node.targets[0], p.Name) or not FAN_IN.fullmatch(node.targets[0].id):
        return
    weight = _first_axis(node.value)
    if weight is None or weight.attr != "weight" or not isinstance(weight.value, (p.Name, p.Attr, p.Subscript)):
        return
    text = module.source.text[chunk.start : chunk.end]
    owner = module.source.spelled(weight.value)
    tests = re.findall(rf"isinstance\(\s*{re.escape(owner)}\s*,([^:\n]*)", text)
    if owner == "self" or "Transpose" in text or not (SPREAD.search(text) or INITIALIZES.search(text)) or (tests and not any(map(TYPES.search, tests))):
        return
    said = f"`{node.targets[0].id}` is the number of outputs: the weight of a linear or convolution layer is (out, in, …), its inputs are `.shape[1]`"
    yield Mistake(kind="misnamed-fan", site=module.source.site(node.value), text=said)


def _whole_shape(module: Module) -> Iterator[Mistake]:
    """``fan_in = np.prod(self.weight.shape)``, which counts the outputs, too."""
    for match in WHOLE.finditer(module.source.text) if "prod(" in module.source.text else ():
        if not commented(module.source.text, match.start()):
            said = f"`{match[1]}` is the size of the whole weight, its outputs included: the inputs of one output are the product of `.shape[1:]`"
            yield Mistake(kind="misnamed-fan", site=module.source.index.site(module.source.path, *match.span()), text=said)


def _one_bound(module: Module, chunk: Chunk, node: p.Node) -> Iterator[Mistake]:
    """``uniform_(w, b=bound)``: the lower bound is 0 unless it is given."""
    if not isinstance(node, p.Call) or _called(node) != "uniform_" or {arg.keyword for arg in node.args} & {"a", None} != {None}:
        return
    tensor, bound = node.args[0].value, argument(node, "b", None)
    if len(node.args) != 2 or bound is None or isinstance(bound, p.UnaryOp) or (isinstance(bound, p.Const) and bound.value == 1):
        return
    if isinstance(tensor, p.Attr) and TRAINED.search(tensor.attr):
        upper = module.source.spelled(bound)
        said = f"`{module.source.spelled(tensor)}` is drawn from U(0, {upper}): without `a` the lower bound is 0, and every value is positive"
        yield Mistake(kind="one-bound", site=module.source.site(node), text=said, detail={"bound": upper})


def _behind_a_size(module: Module, chunk: Chunk, node: p.Node) -> Iterator[Mistake]:
    """``torch.randn([n, m], device)``: a size given as a list is all that may be given by position."""
    if not isinstance(node, p.Call) or not isinstance(node.func, p.Attr) or node.func.attr not in MADE or module.source.spelled(node.func.value) != "torch":
        return
    given = [arg.value for arg in node.args if arg.keyword is None and not arg.star]
    if len(given) > 1 and isinstance(given[0], p.Sequence) and not any(arg.star for arg in node.args):
        name, second = f"torch.{node.func.attr}", module.source.spelled(given[1])
        said = f"`{name}` takes nothing by position behind a size that is a list: `{second}` raises TypeError, name the argument"
        yield Mistake(kind="behind-a-size", site=module.source.site(node), text=said)


def _dropped_scale(module: Module, chunk: Chunk, node: p.Node) -> Iterator[Mistake]:
    """``uniform_(w, -1, 1) * scale`` on a line of its own: the weight keeps what was drawn, and the product goes nowhere."""
    if not isinstance(node, p.ExprStmt) or not isinstance(node.value, p.BinOp):
        return
    drawn = [one for one in _operands(node.value) if isinstance(one, p.Call) and FILL.fullmatch(_called(one))]
    if len(drawn) == 1:
        call = module.source.spelled(drawn[0].func)
        said = f"`{call}` fills its tensor in place, and nothing keeps what is computed from it here: the tensor stays as it was drawn"
        yield Mistake(kind="dropped-scale", site=module.source.site(node.value), text=said)


def _called(call: p.Call) -> str:
    return call.func.attr if isinstance(call.func, p.Attr) else call.func.id if isinstance(call.func, p.Name) else ""


def argument(call: p.Call, name: str, position: int | None) -> p.Expr | None:
    """An argument by keyword or position."""
    named = next((arg.value for arg in call.args if arg.keyword == name), None)
    if named is None and position is not None and len(call.args) > position and not any(arg.keyword or arg.star for arg in call.args[: position + 1]):
        return call.args[position].value
    return named


def _operands(node: p.Expr, operators: Container[str] | None = None) -> Iterator[p.Expr]:
    """What an expression is computed from, by these operators or by any."""
    if isinstance(node, p.BinOp) and (operators is None or node.op in operators):
        yield from _operands(node.left, operators)
        yield from _operands(node.right, operators)
    else:
        yield node


def _is_default_slope(node: p.Expr) -> bool:
    """Whether an expression is ``math.sqrt(5)`` or ``5 ** 0.5``."""
    if isinstance(node, p.Call):
        return _called(node) == "sqrt" and len(node.args) == 1 and isinstance(node.args[0].value, p.Const) and node.args[0].value.value == 5
    return isinstance(node, p.BinOp) and node.op == "**" and isinstance(node.left, p.Const) and node.left.value == 5


def _first_axis(node: p.Expr) -> p.Attr | None:
    """``weight`` of ``weight.shape[0]``, ``weight.size(0)``, ``weight.data.size()[0]``."""
    inner: p.Expr | None = None
    if isinstance(node, p.Subscript) and isinstance(node.index, p.Const) and node.index.value == 0:
        value = node.value
        if isinstance(value, p.Attr) and value.attr == "shape":
            inner = value.value
        elif isinstance(value, p.Call) and isinstance(value.func, p.Attr) and value.func.attr == "size" and not value.args:
            inner = value.func.value
    elif isinstance(node, p.Call) and isinstance(node.func, p.Attr) and node.func.attr == "size":
        inner = node.func.value if len(node.args) == 1 and isinstance(node.args[0].value, p.Const) and node.args[0].value.value == 0 else None
    if isinstance(inner, p.Attr) and inner.attr == "data":
        inner = inner.value
    return inner if isinstance(inner, p.Attr) else None
