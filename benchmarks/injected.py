"""How many mistakes that are put into real code are found?

    python benchmarks/injected.py FOLDER [--per-package 3] [--fault NAME] [--details FILE]

FOLDER holds unzipped packages, one in each folder. In files that initialise something, one place at a time is changed as people get
it wrong (a standard deviation where the mean stands, an ``apply`` left out), and the file is checked as it was and as it is then. A
fault is *found* where a warning or an error comes that was not there before, *noted* where a note comes. Not each of them does harm
where it lands (a class may be overridden, a routine called twice), so that the share that is found is a lower bound. The choice of
places is drawn with a fixed seed, at most so many of each fault in one package.
"""

from __future__ import annotations

import argparse
import ast
import json
import multiprocessing
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from initlint.engine import check
from initlint.findings import Finding, Severity

DRAWS = re.compile(r"(?:kaiming|xavier|orthogonal|trunc_normal|he|glorot)\w*_$")
ROUTINE = re.compile(r"reset_param|init_weight|init_param|initiali[sz]e|_init_|weight_init")
FROZEN = re.compile(r"requires_grad\s*=\s*False")
INITIALIZES = re.compile(r"\binit\.\w+\(|\.(?:data\b|(?:uniform|normal|fill|zero|copy|mul|div)_\()|\w(?:uniform|normal)_?\(|glorot\(")
"""What the text of a routine says that sets parameters."""
MAKES = re.compile(r"\bself\.\w+\s*(?::[^=\n]*)?=[^=\n]*\b(?:[A-Z]\w*|_?(?:make|build)_\w+)\(|register_(?:buffer|parameter)|add_module")
"""What it says if it makes what the model consists of."""
ALLOCATES = {"zeros", "ones", "randn", "rand"}


@dataclass(frozen=True, slots=True)
class Edit:
    """``start`` to ``end`` becomes ``text``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Injection:
    """One fault at one place."""

    fault: str
    path: str
    line: int
    edits: tuple[Edit, ...]


class Source:
    """A file with its tree, and where the nodes of it stand."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self.lines = text.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def _offset(self, line: int, column: int) -> int:
        return self.starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Where a node begins and ends."""
        assert isinstance(node, (ast.expr, ast.stmt)) and node.end_lineno is not None and node.end_col_offset is not None
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def of(self, node: ast.AST) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    def replaced(self, node: ast.AST, text: str) -> Edit:
        """An edit that puts ``text`` in the place of a node."""
        return Edit(*self.span(node), text)

    def around(self, node: ast.AST, kind: type[ast.AST]) -> ast.AST | None:
        """The nearest node of a kind that holds ``node``."""
        parent = self.parents.get(node)
        while parent is not None and not isinstance(parent, kind):
            parent = self.parents.get(parent)
        return parent

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Every call with the dotted name of what it calls."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and (name := dotted(node.func)):
                yield node, name

    def method(self, node: ast.AST) -> tuple[str, ast.ClassDef | None]:
        """The function that ``node`` stands in, and the class of that."""
        function = self.around(node, ast.FunctionDef)
        owner = self.parents.get(function) if function is not None else None
        return (function.name if isinstance(function, ast.FunctionDef) else ""), owner if isinstance(owner, ast.ClassDef) else None


def dotted(node: ast.AST) -> str:
    """``nn.init.normal_`` of a chain of attributes that starts with a name, else nothing."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := dotted(node.value)):
        return f"{base}.{node.attr}"
    return ""


def keyword(call: ast.Call, name: str, position: int) -> ast.expr | None:
    """An argument by name or position."""
    found = next((one.value for one in call.keywords if one.arg == name), None)
    return found if found is not None else call.args[position] if position < len(call.args) else None


def number(node: ast.AST | None) -> float | None:
    """A literal number."""
    return float(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool) else None


def draws_normal(source: Source) -> Iterator[tuple[ast.Call, str, str, float]]:
    """Calls that draw from a normal around 0: what is called, the tensor handed to it if it is an argument, and the standard deviation."""
    for call, name in source.calls():
        last = name.rpartition(".")[2]
        if last not in ("normal_", "trunc_normal_"):
            continue
        method = last == "normal_" and "init" not in name and (not call.args or number(call.args[0]) is not None) and "." in name
        first = 0 if method else 1
        mean, std = keyword(call, "mean", first), number(keyword(call, "std", first + 1))
        if std and std <= 0.5 and (mean is None or number(mean) == 0) and (method or call.args):
            yield call, source.of(call.func), "" if method else source.of(call.args[0]), std


def mean_for_std(source: Source) -> Iterator[tuple[ast.AST, list[Edit]]]:
    """``normal_(w, 0.02)``: the standard deviation where the mean is meant."""
    for call, name, tensor, std in draws_normal(source):
        yield call, [source.replaced(call, f"{name}({tensor}, {std})" if tensor else f"{name}({std})")]


def std_left_out(source: Source) -> Iterator[tuple[ast.AST, list[Edit]]]:
    """``normal_(w)``: a standard deviation of 1."""
    for call, name, tensor, _ in draws_normal(source):
        yield call, [source.replaced(call, f"{name}({tensor})")]


def statements(source: Source, pattern: re.Pattern[str]) -> Iterator[tuple[ast.Expr, ast.Call, ast.ClassDef]]:
    """Statements in a constructor that call a method of the same class."""
    for call, name in source.calls():
        statement = source.parents.get(call)
        where, owner = source.method(call)
        if where == "__init__" and owner is not None and isinstance(statement, ast.Expr) and pattern.fullmatch(name):
            yield statement, call, owner


def applied(source: Source) -> Iterator[tuple[ast.Expr, ast.Call, ast.ClassDef]]:
    """``self.apply(f)`` in a constructor."""
    return (one for one in statements(source, re.compile(r"self\.apply")) if len(one[1].args) == 1)


def apply_left_out(source: Source) -> Iterator[tuple[ast.AST, list[Edit]]]:
    """``self.apply(self._init_weights)`` is not there."""
    for statement, _, _ in applied(source):
        yield statement, [source.replaced(statement, "pass")]


def apply_of_a_result(source: Source) -> Iterator[tuple[ast.AST, list[Edit]]]:
    """``self.apply(self._init_weights())``."""
    for statement, call, _ in applied(source):
        if dotted(call.args[0]):
            yield statement, [source.replaced(call.args[0], f"{source.of(call.args[0])}()")]


def apply_too_early(source: Source) -> Iterator[tuple[ast.AST, list[Edit]]]:
    """``self.apply(...)`` before there are layers; not where a base class, or ``Sequential`` from its arguments, made them all."""
    for statement, _, owner in applied(source):
        init = next(one for one in owner.body if isinstance(one, ast.FunctionDef) and one.name == "__init__")
        supers = [one for one in init.body if isinstance(one, ast.Expr) and "__init__" in source.of(one) and "super" in source.of(one)]
        between = init.body[init.body.index(supers[0]) : init.body.index(statement)] if supers and statement in init.body else []
        if any(MAKES.search(source.of(one)) for one in between[1:]):
            end = source.span(supers[0])[1]
            moved = Edit(end, end, "\n" + " " * supers[0].col_offset + source.of(statement))
            yield supers[0], [moved, source.replaced(statement, "pass")]


def reset_left_out(source: Source) -> Iterator[tuple[ast.AST, list[Edit]]]:
    """``self.reset_parameters()`` is not there; without routines that make what they set, or set no parameters, a model lacks more than initial values."""
    for statement, call, owner in statements(source, re.compile(r"self\.\w+")):
        name = dotted(call.func).rpartition(".")[2]
        routine = next((one for one in owner.body if isinstance(one, ast.FunctionDef) and one.name == name), None)
        if ROUTINE.search(name) and not call.args and routine is not None and INITIALIZES.search(text := source.of(routine)) and not MAKES.search(text):
            yield statement, [source.replaced(statement, "pass")]


def compared_with_a_class(source: Source) -> Iterator[tuple[ast.AST, list[Edit]]]:
    """``if m == nn.Linear``, of what a routine is given or a loop goes through; what options are is no matter of initial values."""
    for call, name in source.calls():
        where, _ = source.method(call)
        if name != "isinstance" or len(call.args) != 2 or not isinstance(call.args[0], ast.Name):
            continue
        routine = ROUTINE.search(where.replace("__init__", "")) or (where == "__init__" and source.around(call, ast.For))
        wanted = dotted(call.args[1])
        if routine and wanted.startswith("nn.") and wanted not in ("nn.Module", "nn.Parameter"):
            yield call, [source.replaced(call, f"{call.args[0].id} == {wanted}")]


def empty_parameter(source: Source) -> Iterator[tuple[ast.AST, list[Edit]]]:
    """``nn.Parameter(torch.empty(...))`` that nothing fills."""
    for call, name in source.calls():
        made = call.args[0] if call.args else None
        if name.rpartition(".")[2] != "Parameter" or not isinstance(made, ast.Call) or dotted(made.func) not in {f"torch.{one}" for one in ALLOCATES}:
            continue
        if not FROZEN.search(source.of(call)) and not filled_later(source, call):
            yield call, [source.replaced(made.func, "torch.empty")]


def filled_later(source: Source, call: ast.Call) -> bool:
    """Whether the class writes to the parameter by name once it is made: then it may as well be made of anything."""
    statement, owner = source.around(call, ast.Assign), source.around(call, ast.ClassDef)
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if owner is None or not isinstance(target, ast.Attribute):
        return False
    name = rf"self\.{target.attr}\b"
    return re.search(rf"\w_\(\s*{name}|{name}(?:\.data)?(?:\[[^\]]*\])?\.\w+_\(|{name}\.data\b|{name}\[[^\]]*\] *=[^=]", source.of(owner)) is not None


def fill_left_out(source: Source) -> Iterator[tuple[ast.AST, list[Edit]]]:
    """The one statement that fills a parameter is not there."""
    for owner in ast.walk(source.tree):
        if isinstance(owner, ast.ClassDef):
            text = source.of(owner)
            for made in re.finditer(r"self\.(\w+)\s*=\s*(?:nn\.)?Parameter\(\s*torch\.(?:empty|Tensor|FloatTensor)\([^\n]*(?:\n[^\n]*){0,2}", text):
                attribute = made[1]
                if FROZEN.search(made[0].split("self.", 2)[1]):
                    continue
                fills = [
                    statement
                    for statement in ast.walk(owner)
                    if isinstance(statement, ast.Expr)
                    and isinstance(statement.value, ast.Call)
                    and re.search(rf"_\(self\.{attribute}\b|self\.{attribute}(?:\.data)?\.\w+_\(", source.of(statement))
                ]
                if len(fills) == 1 and not re.search(r"\b(?:clamp|clip|mul|add|div)\w*_\(", source.of(fills[0])):
                    yield fills[0], [source.replaced(fills[0], "pass")]


def dead_norm(source: Source) -> Iterator[tuple[ast.AST, list[Edit]]]:
    """The weights of all norms start at 0."""
    for call, name in source.calls():
        test = source.around(call, ast.If)
        if not isinstance(test, ast.If) or "Norm" not in source.of(test.test) or not isinstance(source.parents.get(call), ast.Expr):
            continue
        last = name.rpartition(".")[2]
        if last == "ones_" and call.args and "weight" in source.of(call.args[0]):
            yield call, [source.replaced(call, f"{source.of(call.args[0])}.data.zero_()")]
        elif last == "constant_" and len(call.args) == 2 and "weight" in source.of(call.args[0]) and number(call.args[1]) == 1:
            yield call, [source.replaced(call.args[1], "0")]
        elif last == "fill_" and "weight" in name and number(keyword(call, "value", 0)) == 1:
            yield call, [source.replaced(call, f"{source.of(call.func)}(0)")]


def random_fills(source: Source) -> Iterator[tuple[ast.Call, str, str]]:
    """Statements that draw a whole tensor: what is called, and the tensor."""
    for call, name in source.calls():
        last = name.rpartition(".")[2]
        if DRAWS.match(last) and call.args and isinstance(source.parents.get(call), ast.Expr) and dotted(call.args[0]):
            yield call, name, source.of(call.args[0])


def zero_weights(source: Source) -> Iterator[tuple[ast.AST, list[Edit]]]:
    """All weights start at 0: those of layers, for tables that are added or looked up may."""
    for call, _, tensor in random_fills(source):
        test = source.around(call, ast.If)
        table = isinstance(test, ast.If) and re.search(r"Embedding(?!.*(?:Linear|Conv))", source.of(test.test))
        if not table and not re.search(r"emb|pos|token|table|bias|prototype|transition|quer", tensor, re.IGNORECASE):
            yield call, [source.replaced(call, f"{tensor}.data.zero_()")]


def fill_of_a_copy(source: Source) -> Iterator[tuple[ast.AST, list[Edit]]]:
    """``xavier_uniform_(m.weight.clone())``."""
    for call, _, tensor in random_fills(source):
        yield call, [source.replaced(call.args[0], f"{tensor}.clone()")]


def gain_as_slope(source: Source) -> Iterator[tuple[ast.AST, list[Edit]]]:
    """``kaiming_normal_(w, a=calculate_gain("relu"))``."""
    for call, name, tensor in random_fills(source):
        base, _, last = name.rpartition(".")
        if last.startswith("kaiming") and base.endswith("init"):
            yield call, [source.replaced(call, f'{name}({tensor}, a={base}.calculate_gain("relu"))')]


def xavier_for_relu(source: Source) -> Iterator[tuple[ast.AST, list[Edit]]]:
    """Xavier where Kaiming for ReLU stood."""
    for call, name, tensor in random_fills(source):
        base, _, last = name.rpartition(".")
        slope = number(keyword(call, "a", 1))
        if last.startswith("kaiming") and base.endswith("init") and not slope and "sqrt" not in source.of(call) and "linear" not in source.of(call):
            yield call, [source.replaced(call, f"{base}.{last.replace('kaiming', 'xavier')}({tensor})")]


def variance_as_std(source: Source) -> Iterator[tuple[ast.AST, list[Edit]]]:
    """``normal_(0, 2 / n)`` for ``normal_(0, math.sqrt(2 / n))``."""
    for call, name in source.calls():
        if name.rpartition(".")[2] in ("normal_", "trunc_normal_"):
            for value in [*call.args, *(one.value for one in call.keywords)]:
                if isinstance(value, ast.Call) and dotted(value.func) in ("math.sqrt", "np.sqrt") and isinstance(value.args[0], ast.BinOp):
                    yield call, [source.replaced(value, source.of(value.args[0]))]


def drawn_bias(source: Source) -> Iterator[tuple[ast.AST, list[Edit]]]:
    """Biases from N(0, 1)."""
    for call, name in source.calls():
        last = name.rpartition(".")[2]
        zero = last in ("zeros_", "zero_") or (last in ("constant_", "fill_") and call.args and number(call.args[-1]) == 0)
        tensor = source.of(call.args[0]) if last in ("zeros_", "constant_") and call.args else name.rpartition(".")[0]
        if zero and isinstance(source.parents.get(call), ast.Expr) and re.search(r"\bbias(?:\.data)?$", tensor):
            test = source.around(call, ast.If)
            while isinstance(test, ast.If) and "isinstance" not in source.of(test.test):
                test = source.around(test, ast.If)
            if not isinstance(test, ast.If) or "Norm" not in source.of(test.test):
                yield call, [source.replaced(call, f"{tensor.removesuffix('.data')}.data.normal_()")]


def blanket_loop(source: Source) -> Iterator[tuple[ast.AST, list[Edit]]]:
    """One loop over all parameters, norms and biases too, in the place of ``apply``."""
    for statement, _, owner in applied(source):
        if "Norm" in source.of(owner):
            indent = " " * statement.col_offset
            yield statement, [source.replaced(statement, f"for each in self.parameters():\n{indent}    each.data.normal_(0, 0.02)")]


FAULTS: dict[str, Callable[[Source], Iterator[tuple[ast.AST, list[Edit]]]]] = {
    one.__name__: one
    for one in (
        mean_for_std, std_left_out, apply_left_out, apply_of_a_result, apply_too_early, reset_left_out, compared_with_a_class, empty_parameter, fill_left_out,
        dead_norm, zero_weights, fill_of_a_copy, gain_as_slope, xavier_for_relu, variance_as_std, drawn_bias, blanket_loop,
    )
}  # fmt: skip


def injections(package: Path, most: int, wanted: set[str]) -> list[Injection]:
    """What is put into one package: at most so many of each fault."""
    found: dict[str, list[Injection]] = {name: [] for name in FAULTS if name in wanted}
    for path in sorted(package.rglob("*.py")):
        if re.search(r"tests?/|/test_|conftest", str(path)):
            continue
        data = path.read_bytes()
        if b"torch" not in data or not re.search(rb"_\(|Parameter|apply\(|reset_parameters", data):
            continue
        try:
            source = Source(data.decode())
        except (SyntaxError, ValueError, RecursionError):
            continue
        for name, places in found.items():
            for node, edits in FAULTS[name](source):
                places.append(Injection(name, str(path), node.lineno, tuple(edits)))  # type: ignore[attr-defined]
    chosen = []
    for name, places in found.items():
        chosen += random.Random(f"{package.name} {name}").sample(places, min(most, len(places)))
    return sorted(chosen, key=lambda one: one.path)


def edited(text: str, edits: tuple[Edit, ...]) -> str:
    """``text`` after the edits."""
    for edit in sorted(edits, key=lambda one: -one.start):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def findings(path: str, text: str) -> list[Finding]:
    """What is found in a file that reads so."""
    return check([], stdin=text.encode(), stdin_filename=path).findings


def run(job: tuple[str, list[Injection]]) -> list[dict[str, object]]:
    """All faults of one file."""
    path, faults = job
    text = Path(path).read_bytes().decode()  # line ends as they are, which edits count
    before = Counter((one.code, one.severity) for one in findings(path, text))
    rows = []
    for fault in faults:
        after = findings(path, edited(text, fault.edits))
        come = Counter((one.code, one.severity) for one in after) - before
        loud = sorted({code for code, severity in come if severity is not Severity.NOTE and not code.startswith("INI9")})
        row = {"fault": fault.fault, "path": path, "line": fault.line, "found": loud, "noted": sorted({code for code, _ in come} - set(loud))}
        rows.append(row | {"text": text.split("\n")[fault.line - 1].strip()})
    return rows


def main() -> int:
    """Inject, check, and print how many were found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="unzipped packages, one in each folder")
    parser.add_argument("--per-package", type=int, default=3, help="at most so many of each fault in one package")
    parser.add_argument("--fault", action="append", choices=FAULTS, help="only this one; may be repeated")
    parser.add_argument("--details", type=Path, help="write each of them to this file, a JSON object a line")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    jobs: list[tuple[str, list[Injection]]] = []
    for package in sorted(one for one in options.folder.iterdir() if one.is_dir()):
        by_file: dict[str, list[Injection]] = {}
        for one in injections(package, options.per_package, set(options.fault or FAULTS)):
            by_file.setdefault(one.path, []).append(one)
        jobs += by_file.items()
    rows: list[dict[str, object]] = []
    with multiprocessing.Pool(options.jobs) as pool:
        for done in pool.imap_unordered(run, jobs):
            rows += done
    if options.details:
        options.details.write_text(
            "".join(json.dumps(row) + "\n" for row in sorted(rows, key=lambda row: (row["fault"], row["path"], row["line"]))), encoding="utf-8"
        )
    print("| fault | put in | found | noted | missed |")
    print("|---|---|---|---|---|")
    for name in [*FAULTS, "all"]:
        mine = [row for row in rows if name in ("all", row["fault"])]
        found, noted = sum(bool(row["found"]) for row in mine), sum(bool(row["noted"]) and not row["found"] for row in mine)
        if mine:
            print(f"| {name.replace('_', ' ')} | {len(mine)} | {found} ({found / len(mine):.0%}) | {noted} | {len(mine) - found - noted} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
