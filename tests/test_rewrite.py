"""Actions become minimal edits in the author's own spelling, or are declined with a reason."""

from __future__ import annotations

import ast
import re

import pytest

from initlint.findings import (
    Action,
    AppendStatement,
    Fix,
    InsertAfter,
    InsertBranch,
    LoopOver,
    MoveToEnd,
    RemoveStatement,
    ReplaceCall,
    ReplaceExpression,
    ScaleDraw,
    Site,
    ThroughData,
    WrapCall,
)
from initlint.rewrite import Refusal, rewrite
from initlint.text.edits import LineIndex, apply_edits, apply_fixes

XAVIER = ("tensor", "gain")
KAIMING = "torch.nn.init.kaiming_uniform_"
NN = "import torch.nn as nn\n"
RELU = (("nonlinearity", '"relu"'),)


def site(text: str, piece: str) -> Site:
    """Where ``piece`` stands in ``text``, the only time it does."""
    assert text.count(piece) == 1
    start = text.index(piece)
    return LineIndex(text).site("net.py", start, start + len(piece))


def run(text: str, *actions: Action) -> str:
    """``text`` after one fix; the result has to be Python."""
    [edits] = rewrite(text, [Fix(message="", actions=actions)])
    assert not isinstance(edits, Refusal), edits.reason
    after = apply_edits(text, edits)
    ast.parse(after)
    return after


def refusal(text: str, *actions: Action) -> str:
    """Why the fix is declined."""
    [edits] = rewrite(text, [Fix(message="", actions=actions)])
    assert isinstance(edits, Refusal)
    return edits.reason


def kaiming(text: str, call: str, **changes: object) -> ReplaceCall:
    """The flagship fix: Xavier becomes Kaiming for relu."""
    options: dict[str, object] = {"function": KAIMING, "parameters": XAVIER, "drop": ("gain",), "set": RELU, **changes}
    return ReplaceCall(site=site(text, call), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("imports", "before", "after"),
    [
        ("import torch.nn as nn", "nn.init.xavier_uniform_(w)", "nn.init.kaiming_uniform_(w)"),
        ("import torch", "torch.nn.init.xavier_uniform_(w)", "torch.nn.init.kaiming_uniform_(w)"),
        ("from torch import nn as N", "N.init.xavier_uniform_(w)", "N.init.kaiming_uniform_(w)"),
        ("from torch.nn import init", "init.xavier_uniform_(w)", "init.kaiming_uniform_(w)"),
        ("import torch.nn.init as I", "I . xavier_uniform_ (w)", "I . kaiming_uniform_ (w)"),
        ("from torch.nn.init import *", "xavier_uniform_(w)", "kaiming_uniform_(w)"),
        ("import torch\ninit = torch.nn.init", "init.xavier_uniform_(w)", "init.kaiming_uniform_(w)"),
        ("import torch\nfill = torch.nn.init.xavier_uniform_", "fill(w)", "torch.nn.init.kaiming_uniform_(w)"),
        ("from torch.nn.init import kaiming_uniform_ as ku, xavier_uniform_ as xu", "xu(w)", "ku(w)"),
        ("import torch.nn as nn", "(nn.init\n .xavier_uniform_)(w)", "(nn.init\n .kaiming_uniform_)(w)"),
    ],
)
def test_the_new_function_is_spelled_like_the_old(imports: str, before: str, after: str) -> None:
    """Any alias of torch.nn.init keeps its prefix."""
    text = f"{imports}\n{before}\n"
    assert run(text, kaiming(text, before, set=())) == f"{imports}\n{after}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from torch.nn.init import xavier_uniform_", "from torch.nn.init import xavier_uniform_, kaiming_uniform_"),
        ("from torch.nn.init import zeros_, xavier_uniform_  # noqa", "from torch.nn.init import zeros_, xavier_uniform_, kaiming_uniform_  # noqa"),
        ("from torch.nn.init import (xavier_uniform_)", "from torch.nn.init import (xavier_uniform_, kaiming_uniform_)"),
        ("from torch.nn.init import (\n    xavier_uniform_,\n)", "from torch.nn.init import (\n    xavier_uniform_,\n    kaiming_uniform_,\n)"),
        (
            "from torch.nn.init import (\n    xavier_uniform_,  # Glorot\n    zeros_ as z  # nil\n)",
            "from torch.nn.init import (\n    xavier_uniform_,  # Glorot\n    zeros_ as z,  # nil\n    kaiming_uniform_\n)",
        ),
        ("from torch.nn.init import zeros_, \\\n    xavier_uniform_", "from torch.nn.init import zeros_, \\\n    xavier_uniform_, kaiming_uniform_"),
        ("import torch\nfrom torch.nn.init import xavier_uniform_", "import torch\nfrom torch.nn.init import xavier_uniform_, kaiming_uniform_"),
    ],
)
def test_a_bare_import_gains_the_new_name(before: str, after: str) -> None:
    """The call stays bare and the import statement is extended in its own layout."""
    text = f"{before}\nxavier_uniform_(w)\n"
    assert run(text, kaiming(text, "xavier_uniform_(w)", set=())) == f"{after}\nkaiming_uniform_(w)\n"


def test_two_fixes_share_one_import() -> None:
    """The import is added once, and both fixes land."""
    text = "from torch.nn.init import xavier_uniform_\nxavier_uniform_(a)\nxavier_uniform_(b)\n"
    fixes = [Fix(message="", actions=(kaiming(text, f"xavier_uniform_({name})", set=()),)) for name in "ab"]
    edits = [item for item in rewrite(text, fixes) if not isinstance(item, Refusal)]
    after, landed = apply_fixes(text, edits)
    assert after == "from torch.nn.init import xavier_uniform_, kaiming_uniform_\nkaiming_uniform_(a)\nkaiming_uniform_(b)\n"
    assert landed == [0, 1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("xavier_uniform_(w)", 'kaiming_uniform_(w, nonlinearity="relu")'),
        ("xavier_uniform_(w, gain=1.0)", 'kaiming_uniform_(w, nonlinearity="relu")'),
        ("xavier_uniform_(w, 1.0)", 'kaiming_uniform_(w, nonlinearity="relu")'),
        ("xavier_uniform_(w, (1.0),)", 'kaiming_uniform_(w, nonlinearity="relu",)'),
        ("xavier_uniform_(w,)", 'kaiming_uniform_(w, nonlinearity="relu",)'),
        ("xavier_uniform_(tensor=w, gain = 1)", 'kaiming_uniform_(tensor=w, nonlinearity="relu")'),
        ("xavier_uniform_(gain=1, tensor=w)", 'kaiming_uniform_(nonlinearity="relu", tensor=w)'),
        ("xavier_uniform_((w))", 'kaiming_uniform_((w), nonlinearity="relu")'),
        ("xavier_uniform_(p['a'])", "kaiming_uniform_(p['a'], nonlinearity='relu')"),
        ("xavier_uniform_(\n    w,\n)", 'kaiming_uniform_(\n    w,\n    nonlinearity="relu",\n)'),
        ("xavier_uniform_(\n    w\n)", 'kaiming_uniform_(\n    w,\n    nonlinearity="relu"\n)'),
        ("xavier_uniform_(\n\tw,  # it\n)", 'kaiming_uniform_(\n\tw,  # it\n\tnonlinearity="relu",\n)'),
        ("xavier_uniform_(\n    w  # it\n)", 'kaiming_uniform_(\n    w,  # it\n    nonlinearity="relu"\n)'),
        ("xavier_uniform_(w  # it\n)", 'kaiming_uniform_(w, nonlinearity="relu"  # it\n)'),
        ("xavier_uniform_(\n    w,  # it\n    gain=1.0,  # unit\n)", 'kaiming_uniform_(\n    w,  # it\n    nonlinearity="relu",  # unit\n)'),
        ("xavier_uniform_(w,\n    gain=('1'\n    '2'))", "kaiming_uniform_(w,\n    nonlinearity='relu')"),
    ],
)
def test_arguments_keep_their_layout(before: str, after: str) -> None:
    """A dropped argument makes room for the new one; commas, comments, parentheses and quotes stay."""
    text = f"{NN}nn.init.{before}  # keep"
    assert run(text, kaiming(text, f"nn.init.{before}")) == f"{NN}nn.init.{after}  # keep"


@pytest.mark.parametrize(
    ("before", "drop", "after"),
    [
        ("f(w, a=1, b=2)", ("a",), "f(w, b=2)"),
        ("f(w, a=1, b=2)", ("b",), "f(w, a=1)"),
        ("f(w, a=1, b=2,)", ("b",), "f(w, a=1,)"),
        ("f(w, a=1, b=2, c=3)", ("a", "b"), "f(w, c=3)"),
        ("f(w, a=1, b=2, c=3)", ("a", "c"), "f(w, b=2)"),
        ("f(w, a=1, b=2)", ("a", "b"), "f(w)"),
        ("f(a=1)", ("a",), "f()"),
        ("f(a=1, )", ("a",), "f( )"),
        ("f(w, 1, 2)", ("y", "x"), "f(w)"),
        ("f(\n    w,\n    a=1,\n    b=2,\n)", ("b",), "f(\n    w,\n    a=1,\n)"),
        ("f(\n    w,\n    a=1,\n    b=2,\n)", ("a",), "f(\n    w,\n    b=2,\n)"),
        ("f(w,  # it\n  a=1)", ("a",), "f(w,  # it\n  )"),
        ("f(w, a=1,  # one\n  b=2)", ("a",), "f(w,   # one\n  b=2)"),
    ],
)
def test_arguments_are_dropped_with_one_comma(before: str, drop: tuple[str, ...], after: str) -> None:
    """By keyword or by position, first, middle or last, with comments left standing."""
    action = ReplaceCall(site=site(before, before), parameters=("w", "x", "y"), drop=drop)
    assert run(before, action) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('f(w, mode="fan_out")', 'f(w, mode="fan_in")'),
        ("f(w, 'fan_out')", "f(w, 'fan_in')"),
        ("f(w, mode = ('fan_' 'out'))", "f(w, mode = 'fan_in')"),
        ("f()", 'f(mode="fan_in")'),
        ("f(  # nothing\n)", 'f(mode="fan_in"  # nothing\n)'),
        ("f(lambda: 1)", 'f(lambda: 1, mode="fan_in")'),
        ("f (w)", 'f (w, mode="fan_in")'),
        ("(f)(w)", '(f)(w, mode="fan_in")'),
    ],
)
def test_an_argument_is_set_in_place_or_appended(before: str, after: str) -> None:
    """An argument that is there keeps its place and form; another is added at the end."""
    action = ReplaceCall(site=site(before, before), parameters=("tensor", "mode"), set=(("mode", '"fan_in"'),))
    assert run(before, action) == after


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_new_lines_end_as_the_old_ones(newline: str) -> None:
    """Multi-line calls keep the newline of the file."""
    text = "import torch.nn as nn\nnn.init.xavier_uniform_(\n\tw,\n)\nx = 'é'\n".replace("\n", newline)
    call = text[text.index("nn.init") : text.index(")") + 1]
    expected = "import torch.nn as nn\nnn.init.kaiming_uniform_(\n\tw,\n\tnonlinearity='relu',\n)\nx = 'é'\n".replace("\n", newline)
    assert run(text, kaiming(text, call)) == expected


def test_a_file_of_bare_carriage_returns_is_declined() -> None:
    """What the parser cannot reproduce byte for byte is not edited."""
    text = "import torch.nn as nn\rnn.init.xavier_uniform_(w)\r"
    assert refusal(text, kaiming(text, "nn.init.xavier_uniform_(w)")) == "the file cannot be reproduced exactly"


def test_what_is_left_unread_moves_nothing() -> None:
    """Edits land on the lines of the file, not on those that were parsed."""
    text = "import torch.nn as nn\n\n\nclass Other:\n    def f(self):\n        return 1\n\n\n\x0c\ntable = {\n    1: 2,\n}\n\n\nnn.init.ones_(w)  # here\n"
    start, end, table = text.index("class"), text.index("\n\n\x0c") + 1, text.index("table")
    unread = [[(start, end, "Other")], [(start, end, "Other"), (table, text.index("nn.init"), "table")]]
    place = LineIndex(text).site("net.py", text.index("nn.init"), text.index("  # here"))
    fix = Fix(message="Use another number", actions=(ReplaceCall(site=place, set=(("a", "1"),)),))
    expected = rewrite(text, [fix])
    assert not isinstance(expected[0], Refusal)
    assert apply_edits(text, expected[0]) == text.replace("ones_(w)", "ones_(w, a=1)")
    for spans in unread:
        assert rewrite(text, [fix], spans) == expected


def test_mixed_newlines_and_form_feeds_keep_positions_right() -> None:
    """Positions count characters of the exact text."""
    text = 'import torch.nn as nn\r\n\x0c\ns = """a\r\nb\rc\n"""; nn.init.xavier_uniform_(w); t = "日"'
    expected = text.replace("xavier_uniform_(w)", 'kaiming_uniform_(w, nonlinearity="relu")')
    assert run(text, kaiming(text, "nn.init.xavier_uniform_(w)")) == expected


@pytest.mark.parametrize(
    ("text", "call", "reason"),
    [
        ("nn.init.xavier_uniform_(*args)", None, "the call unpacks its arguments"),
        ("nn.init.xavier_uniform_(w, **options)", None, "the call unpacks its arguments"),
        ("nn.init.xavier_uniform_(x for x in y)", None, "the only argument is a bare generator expression"),
        ("nn.init.xavier_uniform_(w, gain=(1  # one\n))", None, "a comment stands inside the argument"),
        ("w.data.xavier_uniform_()", None, "the function is not called by a name the file imports"),
        ("table['xavier'](w)", None, "the function is not called by a name the file imports"),
        ("f'{nn.init.xavier_uniform_(w)}'", "nn.init.xavier_uniform_(w)", "the call stands inside an f-string"),
        ("nn.init.xavier_uniform_(w)\nx = (", "nn.init.xavier_uniform_(w)", "the file does not parse"),
        ("nn.init.xavier_uniform_(w) ", "nn.init.xavier_uniform_(w) ", "the call is not where it was"),
    ],
)
def test_what_is_not_plain_is_declined(text: str, call: str | None, reason: str) -> None:
    """Each shape the rewriter does not understand has its own reason."""
    source = NN + text
    assert refusal(source, kaiming(source, call or text)) == reason


def test_positional_arguments_do_not_shift() -> None:
    """Dropping an argument in front of a positional one is declined."""
    text = "f(w, 1, 2)"
    action = ReplaceCall(site=site(text, text), parameters=("w", "a", "b"), drop=("a",))
    assert refusal(text, action) == "a positional argument follows the one to drop"


@pytest.mark.parametrize(
    ("imports", "reason"),
    [
        ("from torch.nn.init import xavier_uniform_\ndef kaiming_uniform_(w): ...", "kaiming_uniform_ already means something else in this file"),
        (
            "try:\n    from torch.nn.init import xavier_uniform_\nexcept ImportError:\n    from old import xavier_uniform_",
            "xavier_uniform_ is imported more than once",
        ),
        ("from layers import xavier_uniform_", "the file has no name for torch.nn.init"),
    ],
)
def test_an_import_is_extended_only_where_that_is_certain(imports: str, reason: str) -> None:
    """A name in use, a second import or a foreign module cancels the fix."""
    text = f"{imports}\nxavier_uniform_(w)\n"
    assert refusal(text, kaiming(text, "xavier_uniform_(w)")) == reason


def test_an_import_inside_a_function_counts_only_there() -> None:
    """Imports are looked up by scope."""
    text = "def a():\n    from torch.nn import init\ndef b():\n    init.xavier_uniform_(w)\n"
    assert refusal(text, kaiming(text, "init.xavier_uniform_(w)")) == "the function is not called by a name the file imports"
    text = "def a():\n    from torch.nn import init\n    init.xavier_uniform_(w)\n"
    assert "init.kaiming_uniform_(w)" in run(text, kaiming(text, "init.xavier_uniform_(w)", set=()))


def test_a_site_outside_the_file_is_declined() -> None:
    """A stale position is a reason, not a crash."""
    action = RemoveStatement(site=Site("net.py", 99, 1, 99, 2))
    assert refusal("x = 1\n", action) == "the file has changed"


def test_a_fix_without_effect_is_declined() -> None:
    """No edits is not a fix."""
    text = 'f(mode="fan_in")'
    assert refusal(text, ReplaceCall(site=site(text, text), set=(("mode", "'fan_in'"),))) == "there is nothing to change"
    assert refusal(text) == "there is nothing to change"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f():\n    a()\n    zap(x)  # why\n    b()\n", "def f():\n    a()\n    b()\n"),
        ("def f():\n    zap(x)  # why\n", "def f():\n    pass  # why\n"),
        ("if y: zap(x)\n", "if y: pass\n"),
        ("if y:\n\tzap(x);\n", "if y:\n\tpass;\n"),
        ('def f():\n    """Doc."""\n    zap(x)', 'def f():\n    """Doc."""\n'),
        ("a()\r\nzap(x)\r\nb()\n", "a()\r\nb()\n"),
    ],
)
def test_a_statement_is_removed_with_its_line(before: str, after: str) -> None:
    """``pass`` stays where a block would be empty."""
    assert run(before, RemoveStatement(site=site(before, "zap(x)"))) == after


def test_a_statement_over_several_lines_is_removed_whole() -> None:
    """The last line of the call goes too."""
    text = "a()\nzap(\n    x,\n)\nb()\n"
    assert run(text, RemoveStatement(site=site(text, "zap(\n    x,\n)"))) == "a()\nb()\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a(); zap(x)\n", "several statements share the line"),
        ("if y: zap(x); b()\n", "several statements share the line"),
        ("y = zap(x)\n", "the call is part of a larger expression"),
        ("b(zap(x))\n", "the call is part of a larger expression"),
    ],
)
def test_a_statement_that_is_not_alone_stays(text: str, reason: str) -> None:
    """What shares its line or its value with others is left to the author."""
    assert refusal(text, RemoveStatement(site=site(text, "zap(x)"))) == reason


ROUTINE = """\
import torch.nn as nn
from torch.nn import init

def weights(m):
    if isinstance(m, nn.Conv2d):
        {first}
    elif isinstance(m, nn.Linear):
        {second}
"""
NORM = ("torch.nn.BatchNorm2d",)
AFFINE = (("torch.nn.init.ones_", "weight", ""), ("torch.nn.init.zeros_", "bias", ""))


def norm_branch(text: str, test: str = "isinstance(m, nn.Linear)", classes: tuple[str, ...] = NORM) -> InsertBranch:
    """The branch that ``missing-norm-init`` adds."""
    return InsertBranch(site=site(text, test), variable="m", classes=classes, statements=AFFINE)


@pytest.mark.parametrize(
    ("first", "second", "weight", "bias"),
    [
        ("nn.init.normal_(m.weight)", "nn.init.zeros_(m.bias)", "nn.init.ones_(m.weight)", "nn.init.zeros_(m.bias)"),
        ("init.normal_(m.weight)", "init.xavier_normal_(m.weight)", "init.ones_(m.weight)", "init.zeros_(m.bias)"),
        ("init.normal_(m.weight)", "init.constant_(m.bias, 0)", "init.constant_(m.weight, 1)", "init.constant_(m.bias, 0)"),
        ("init.normal_(m.weight)", "init.constant_(m.bias, val=0.0)", "init.constant_(m.weight, 1.0)", "init.constant_(m.bias, 0.0)"),
        ("init.normal_(m.weight.data)", "init.constant_(m.bias.data, 0.)", "init.constant_(m.weight.data, 1.)", "init.constant_(m.bias.data, 0.)"),
        ("m.weight.data.normal_(0, 0.02)", "m.bias.data.zero_()", "m.weight.data.fill_(1)", "m.bias.data.zero_()"),
        ("m.weight.normal_(0, 0.02)", "m.bias.fill_(0.)", "m.weight.fill_(1.)", "m.bias.zero_()"),
        ("m.weight.data.normal_(0, 0.02)", "pass", "m.weight.data.fill_(1)", "m.bias.data.zero_()"),
        ("pass", "pass", "init.ones_(m.weight)", "init.zeros_(m.bias)"),
    ],
)
def test_a_branch_is_written_like_its_siblings(first: str, second: str, weight: str, bias: str) -> None:
    """Function, constant or method; ``.data`` or not; ``1``, ``1.`` or ``1.0``."""
    text = ROUTINE.format(first=first, second=second)
    assert run(text, norm_branch(text)) == f"{text}    elif isinstance(m, nn.BatchNorm2d):\n        {weight}\n        {bias}\n"


def test_several_classes_become_a_tuple() -> None:
    """Classes are spelled with the alias of the file."""
    text = ROUTINE.format(first="pass", second="pass")
    after = run(text, norm_branch(text, "isinstance(m, nn.Conv2d)", ("torch.nn.BatchNorm2d", "torch.nn.GroupNorm")))
    assert "    elif isinstance(m, (nn.BatchNorm2d, nn.GroupNorm)):\n" in after


def test_bare_imports_gain_the_class_and_the_functions() -> None:
    """Where names are imported one by one, so are the new ones."""
    text = "from torch.nn import Linear\nfrom torch.nn.init import normal_\ndef f(m):\n  if isinstance(m, Linear):\n    normal_(m.weight)"
    expected = (
        "from torch.nn import Linear, BatchNorm2d\nfrom torch.nn.init import normal_, ones_, zeros_\ndef f(m):\n  if isinstance(m, Linear):\n"
        "    normal_(m.weight)\n  elif isinstance(m, BatchNorm2d):\n    ones_(m.weight)\n    zeros_(m.bias)"
    )
    assert run(text, norm_branch(text, "isinstance(m, Linear)")) == expected


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_branch_goes_behind_the_comments_of_the_last_one(newline: str) -> None:
    """Comments at the depth of the branch belong to it; blank lines and what follows do not."""
    head = "import torch.nn as nn\nfor m in net:\n\tif isinstance(m, nn.Linear): nn.init.ones_(m.weight)  # one\n"
    tail = "\n\t\t# two\n\n\t# three\nx = 1\n"
    branch = "\telif isinstance(m, nn.BatchNorm2d):\n\t\tnn.init.ones_(m.weight)\n\t\tnn.init.zeros_(m.bias)\n"
    text, expected = (piece.replace("\n", newline) for piece in (head + tail, head + "\n\t\t# two\n" + branch + tail[len("\n\t\t# two\n") :]))
    assert run(text, norm_branch(text)) == expected


def test_a_test_may_be_part_of_a_larger_one() -> None:
    """The guard is found inside ``and`` and ``or`` as well."""
    text = "from torch import nn\nif x and (isinstance(m, nn.Linear)):\n    m.bias.data.zero_()\n"
    assert run(text, norm_branch(text)).endswith("elif isinstance(m, nn.BatchNorm2d):\n    m.weight.data.fill_(1)\n    m.bias.data.zero_()\n")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (ROUTINE.format(first="pass", second="pass") + "    else:\n        pass\n", "the if statement ends in an else"),
        ("import torch.nn as nn\nx = [m for m in y if isinstance(m, nn.Linear)]\n", "the test is not that of an if statement"),
        ("import other as nn\nif isinstance(m, nn.Linear):\n    pass\n", "the file has no name for torch.nn"),
    ],
)
def test_a_branch_that_has_no_place_is_declined(text: str, reason: str) -> None:
    """A final ``else``, a comprehension or an unknown namespace is left to the author."""
    assert refusal(text, norm_branch(text)) == reason


CONSTRUCTOR = "class Net:\n    def __init__(self, deep):\n        self.x = 1\n{end}\n    def start(self):\n        pass\n"


@pytest.mark.parametrize(
    ("end", "after"),
    [
        ("", "        self.x = 1\n        self.start()\n\n    def start"),
        ("        self.y = 2  # last\n", "        self.y = 2  # last\n        self.start()\n\n    def start"),
        ("        if deep:\n            pass\n        else:\n            self.y = 2\n\n", "            self.y = 2\n        self.start()\n\n\n    def start"),
        ("        for i in deep:\n            self.y = (\n                2\n            )\n", "            )\n        self.start()\n\n    def start"),
        ("        return\n", "        self.start()\n        return\n\n    def start"),
    ],
)
def test_a_statement_is_added_at_the_end_of_a_function(end: str, after: str) -> None:
    text = CONSTRUCTOR.format(end=end)
    assert after in run(text, AppendStatement(site=site(text, "__init__"), text="self.start()"))


@pytest.mark.parametrize("function", ["def __init__(self): pass", "def __init__(self):\n    return 1", "def __init__(self):\n    raise ValueError"])
def test_a_statement_is_not_added_where_it_would_not_run(function: str) -> None:
    assert refusal(function + "\n", AppendStatement(site=site(function, "__init__"), text="self.start()"))


def test_an_expression_is_replaced_whole() -> None:
    text = "net.apply(start())\n"
    assert run(text, ReplaceExpression(site=site(text, "start()"), content="start")) == "net.apply(start)\n"
    broken = "net.apply(start(\n))\n"
    assert refusal(broken, ReplaceExpression(site=site(broken, "start(\n)"), content="start")) == "the expression spans several lines"


def test_a_method_writes_through_data() -> None:
    text = "self.w.normal_(0, 1)\n"
    assert run(text, ThroughData(site=site(text, "self.w.normal_(0, 1)"))) == "self.w.data.normal_(0, 1)\n"
    assert refusal("f(w)\n", ThroughData(site=site("f(w)\n", "f(w)"))) == "the call is not one of a method"


def test_a_statement_moves_to_the_end_of_its_function() -> None:
    text = "def f(self):\n    self.a = 1\n    self.start()  # early\n    self.b = 2\n\n\nx = 1\n"
    after = "def f(self):\n    self.a = 1\n    self.b = 2\n    self.start()  # early\n\n\nx = 1\n"
    assert run(text, MoveToEnd(site=site(text, "self.start()"))) == after
    inner = "def f(self):\n    if self:\n        self.start()\n    self.b = 2\n"
    assert refusal(inner, MoveToEnd(site=site(inner, "self.start()"))) == "the function is not a plain block"


def test_a_call_becomes_an_argument() -> None:
    text = NN + "import torch\nw = nn.Parameter(torch.empty(3, 3))\nclip(w, 1)\n"
    drawn = run(text, WrapCall(site=site(text, "torch.empty(3, 3)"), function="torch.nn.init.xavier_uniform_"))
    assert "nn.Parameter(nn.init.xavier_uniform_(torch.empty(3, 3)))" in drawn
    assert "w.data.copy_(clip(w, 1))" in run(text, WrapCall(site=site(text, "clip(w, 1)"), method="w.data.copy_"))


@pytest.mark.parametrize(
    ("before", "axis", "after"),
    [
        ("w = P(torch.randn(a, b))\n", 1, "w = P(torch.randn(a, b) * b ** -0.5)\n"),
        ("w = P(torch.randn((a, b), device=d))\n", 0, "w = P(torch.randn((a, b), device=d) * a ** -0.5)\n"),
        ("w = P(torch.randn(size=(a, b)))\n", 0, "w = P(torch.randn(size=(a, b)) * a ** -0.5)\n"),
        ("w = P(torch.randn(a, 4 * b), False)\n", 1, "w = P(torch.randn(a, 4 * b) * (4 * b) ** -0.5, False)\n"),
        ("w = P(torch.randn(a, b).cuda())\n", 1, "w = P((torch.randn(a, b) * b ** -0.5).cuda())\n"),
        ("w = torch.randn(a, (b + c))\n", 1, "w = torch.randn(a, (b + c)) * (b + c) ** -0.5\n"),
    ],
)
def test_a_draw_is_divided_by_the_root_of_a_size(before: str, axis: int, after: str) -> None:
    call = re.search(r"torch\.randn(\((?:[^()]|\([^()]*\))*\))", before)
    assert call is not None
    assert run(before, ScaleDraw(site=site(before, call[0]), axis=axis, rank=2)) == after


@pytest.mark.parametrize("call", ["torch.randn(*shape)", "torch.randn(shape)", "torch.randn((a, *rest))", "torch.randn(a, b, c)"])
def test_sizes_that_are_not_written_out_are_declined(call: str) -> None:
    assert refusal(f"w = P({call})\n", ScaleDraw(site=site(f"w = P({call})\n", call), axis=0, rank=2)) == "the sizes are not written out one by one"


def test_lines_behind_a_statement_stand_in_its_block() -> None:
    text = "def f(m):\n    if m:\n        m.w.normal_()  # wide\n\n    return m\n"
    after = run(text, InsertAfter(site=site(text, "m.w.normal_()"), lines=((0, "if m.i is not None:"), (1, "m.w[m.i].zero_()"))))
    assert after == "def f(m):\n    if m:\n        m.w.normal_()  # wide\n        if m.i is not None:\n            m.w[m.i].zero_()\n\n    return m\n"


@pytest.mark.parametrize("text", ["x = m.w.normal_()\n", "m.w.normal_(); y = 1\n", "if m: m.w.normal_()\n"])
def test_no_lines_behind_what_is_not_a_line_of_its_own(text: str) -> None:
    assert refusal(text, InsertAfter(site=site(text, "m.w.normal_()"), lines=((0, "pass"),)))


def test_a_method_of_a_tensor_becomes_another() -> None:
    text = "w.bias.data.normal_(0, 1)\n"
    action = ReplaceCall(site=site(text, text.strip()), function="torch.Tensor.zero_", parameters=("mean", "std"), drop=("mean", "std"))
    assert run(text, action) == "w.bias.data.zero_()\n"
    assert "imports" in refusal("unknown(w)\n", ReplaceCall(site=site("unknown(w)\n", "unknown(w)"), function="torch.Tensor.zero_"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    nn.init.xavier_normal_(self.w, gain=2)  # why\n", "    for weight in self.w:\n        nn.init.xavier_normal_(weight, gain=2)  # why\n"),
        ("    weight = 1\n    nn.init.xavier_normal_(self.w)\n", "    weight = 1\n    for w in self.w:\n        nn.init.xavier_normal_(w)\n"),
    ],
)
def test_a_call_on_a_stack_becomes_a_loop(before: str, after: str) -> None:
    text = f"{NN}def f(self):\n{before}"
    call = "nn.init.xavier_normal_(self.w, gain=2)" if "gain" in before else "nn.init.xavier_normal_(self.w)"
    assert run(text, LoopOver(site=site(text, call))) == f"{NN}def f(self):\n{after}"


@pytest.mark.parametrize(
    "line", ["x = nn.init.ones_(w)", "nn.init.ones_(w); y = 1", "nn.init.ones_(w + 1)", "nn.init.ones_(tensor=w)", "nn.init.ones_(\n    w)"]
)
def test_loops_are_made_of_plain_statements(line: str) -> None:
    text = f"{NN}{line}\n"
    call = text[text.index("nn.init.ones_") : text.rindex(")") + 1]
    assert refusal(text, LoopOver(site=site(text, call)))


@pytest.mark.parametrize(
    ("call", "change", "after"),
    [
        ("f(w, a=1)", {"rephrase": (("a", "b={}"),)}, "f(w, b=1)"),
        ("f(w, 1 + x)", {"rephrase": (("gain", "-{}, {}"),)}, "f(w, -(1 + x), 1 + x)"),
        ("f(w, 2 / n)", {"rephrase": (("gain", "std={} ** 0.5"),)}, "f(w, std=(2 / n) ** 0.5)"),
        ("f(2, 3)", {"inside": "torch.nn.init.ones_"}, "nn.init.ones_(f(2, 3))"),
        ("m.weight()", {"bare": True}, "m.weight"),
    ],
)
def test_other_changes_of_a_call(call: str, change: dict[str, object], after: str) -> None:
    text = f"{NN}{call}\n"
    options: dict[str, object] = {"parameters": XAVIER, **change}
    assert run(text, ReplaceCall(site=site(text, call), **options)) == f"{NN}{after}\n"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "change"),
    [("f(w, 1, 2)", {"rephrase": (("gain", "std={}"),)}), ("f(w, gain=1)", {"rephrase": (("gain", "-{}, {}"),)}), ("f(w)", {"bare": True})],
)
def test_changes_of_a_call_that_are_declined(call: str, change: dict[str, object]) -> None:
    text = f"{NN}{call}\n"
    options: dict[str, object] = {"parameters": XAVIER, **change}
    assert refusal(text, ReplaceCall(site=site(text, call), **options))  # type: ignore[arg-type]
