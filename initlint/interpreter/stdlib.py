"""The part of the standard library (and of NumPy) that model constructors lean on."""

from __future__ import annotations

import itertools
import keyword
import math
import operator
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from initlint.interpreter.builtins import BUILTINS, Handler
from initlint.interpreter.clone import deep_copy
from initlint.interpreter.expressions import binary
from initlint.interpreter.loops import Endless, elements_of
from initlint.interpreter.values import (
    ABSENT,
    Builtin,
    Class,
    External,
    Function,
    Instance,
    Method,
    OneOf,
    Partial,
    Repeat,
    Unknown,
    is_number,
    join,
    unknown,
)
from initlint.symbolic import opaque, sqrt

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call

CONSTANTS: dict[str, Any] = {
    "math.pi": math.pi, "math.e": math.e, "math.inf": math.inf, "math.tau": math.tau, "math.nan": math.nan,
    "numpy.pi": math.pi, "numpy.e": math.e, "numpy.inf": math.inf, "torch.pi": math.pi, "torch.inf": math.inf, "typing.TYPE_CHECKING": False,
    "sys.version_info": (3, 12, 0), "sys.platform": "linux", "sys.maxsize": 2**63 - 1,
}  # fmt: skip
FUNCTIONS: dict[str, Handler] = {}


def function(*names: str) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        for name in names:
            FUNCTIONS[name] = handler
        return handler

    return register


def _math(name: str) -> Handler:
    def handler(call: Call) -> Any:
        values = call.args
        if all(isinstance(v, (int, float)) for v in values):
            if name in ("factorial", "comb") and max(values, default=0) > 1000:
                return Unknown("the number is too large")
            try:
                return getattr(math, name)(*values)
            except (ValueError, OverflowError, TypeError, ZeroDivisionError):
                return Unknown(f"math.{name}() fails")
        if all(is_number(v) for v in values) and values:
            if name == "sqrt":
                return sqrt(values[0])
            if name == "pow":
                return binary(call.interp, "**", values[0], values[1], call.frame, call.node)
            if name == "prod":
                return values[0]
            return opaque(f"{name}({', '.join(str(v) for v in values)})")
        return Unknown(next((reason for v in values if (reason := unknown(v))), f"math.{name}() of a value that is not known"))

    return handler


for _name in ("sqrt", "log", "exp", "floor", "ceil", "log2", "log10", "log1p", "expm1", "sin", "cos", "tan", "tanh", "pow", "gcd", "isqrt", "erf", "fabs", "atan", "atan2", "isnan", "isinf", "copysign", "lcm", "comb", "factorial", "cbrt", "hypot", "acos", "asin", "degrees", "radians"):  # fmt: skip
    FUNCTIONS[f"math.{_name}"] = _math(_name)
for _name in ("sqrt", "log", "exp", "floor", "ceil", "log2", "log10", "sin", "cos", "tan", "tanh", "expm1", "log1p"):
    FUNCTIONS[f"numpy.{_name}"] = _math(_name)
FUNCTIONS["numpy.power"] = _math("pow")


@function("math.prod", "numpy.prod")
def _prod(call: Call) -> Any:
    items = elements_of(call.interp, call.get(0, "iterable"))
    if items is None or any(isinstance(i, Repeat) for i in items):
        return Unknown("a product of values that are not known")
    total: Any = 1
    for item in items:
        total = binary(call.interp, "*", total, item, call.frame, call.node)
    return total


for _name in ("sum", "max", "min", "abs", "round"):
    FUNCTIONS[f"numpy.{_name}"] = BUILTINS[_name].handler
FUNCTIONS["math.fsum"] = BUILTINS["sum"].handler
for _name in ("int64", "int32", "int"):
    FUNCTIONS[f"numpy.{_name}"] = BUILTINS["int"].handler
for _name in ("float32", "float64"):
    FUNCTIONS[f"numpy.{_name}"] = BUILTINS["float"].handler


@function("functools.partial", "functools.partialmethod")
def _partial(call: Call) -> Any:
    return Partial(call.args[0], call.args[1:], dict(call.kwargs)) if call.args else Unknown("partial()")


@function("functools.reduce")
def _reduce(call: Call) -> Any:
    items = elements_of(call.interp, call.get(1, "iterable"))
    if items is None or any(isinstance(i, Repeat) for i in items):
        return Unknown("reduces a value that is not known")
    if len(call.args) > 2:
        items.insert(0, call.args[2])
    if not items:
        return Unknown("reduces an empty sequence")
    total = items[0]
    for item in items[1:]:
        total = call.interp.call(call.args[0], [total, item], {}, call.frame, call.node)
    return total


@function("functools.lru_cache", "functools.cache", "functools.total_ordering", "functools.singledispatch")
def _transparent_decorator(call: Call) -> Any:
    if len(call.args) == 1 and isinstance(call.args[0], Function):
        return call.args[0]
    return Builtin("transparent", lambda inner: inner.args[0])


@function("functools.wraps")
def _wraps(call: Call) -> Any:
    """The wrapper takes the name of what it wraps, and its signature for those who ask."""
    wrapped = call.get(0, "wrapped")

    def name_after(inner: Call) -> Any:
        wrapper = inner.args[0]
        if isinstance(wrapper, Function):
            wrapper.attrs["__wrapped__"] = wrapped
            wrapper.name = wrapped.name if isinstance(wrapped, Function) else wrapper.name
        return wrapper

    return Builtin("wraps", name_after)


@function("collections.OrderedDict", "typing.OrderedDict")
def _ordered_dict(call: Call) -> Any:
    handler: Handler = BUILTINS["dict"].handler
    return handler(call)


@function("collections.defaultdict")
def _defaultdict(call: Call) -> Any:
    return {"#factory": call.get(0, "default_factory")}


@function("collections.deque")
def _deque(call: Call) -> Any:
    return elements_of(call.interp, call.get(0, "iterable", ())) or []


@function("collections.namedtuple")
def _namedtuple(call: Call) -> Any:
    name, fields = call.get(0, "typename"), call.get(1, "field_names")
    names = fields.replace(",", " ").split() if isinstance(fields, str) else fields
    if not isinstance(name, str) or not isinstance(names, (list, tuple)) or not all(isinstance(n, str) for n in names):
        return Unknown("a named tuple that is not known")
    defaults = call.kwargs.get("defaults")
    padding = list(defaults) if isinstance(defaults, (list, tuple)) else []
    values = [ABSENT] * (len(names) - len(padding)) + padding
    cls = Class(name, [], {}, fields=list(zip(names, values)))
    cls.mro = [cls, _plain_class("typing.NamedTuple")]
    return cls


@function("copy.deepcopy")
def _deepcopy(call: Call) -> Any:
    return deep_copy(call.get(0, "x"), {})


@function("copy.copy")
def _copy(call: Call) -> Any:
    value = call.get(0, "x")
    if isinstance(value, (list, dict, set)):
        return value.copy()
    return deep_copy(value, {}) if isinstance(value, Instance) else value


@function("itertools.chain", "itertools.chain.from_iterable")
def _chain(call: Call) -> Any:
    sources = call.args
    if len(sources) == 1 and isinstance(sources[0], (list, tuple)):
        sources = list(sources[0])
    groups = [elements_of(call.interp, source) for source in sources]
    if any(group is None for group in groups):
        return Unknown("chains values that are not known")
    return [item for group in groups if group is not None for item in group]


@function("itertools.repeat")
def _repeat(call: Call) -> Any:
    value, times = call.get(0, "object"), call.get(1, "times")
    if isinstance(times, int):
        return [value] * times if times <= 10_000 else Unknown("an iterator that is too long")
    return Endless(lambda n: [value] * n) if times is None else [Repeat(value)]


@function("itertools.product")
def _product(call: Call) -> Any:
    import itertools

    groups = [elements_of(call.interp, arg) for arg in call.args]
    known = [g for g in groups if g is not None]
    repeat = call.kwargs.get("repeat", 1)
    if len(known) < len(groups) or not isinstance(repeat, int) or math.prod(len(g) for g in known) ** repeat > 10_000:
        return Unknown("a product of values that are not known")
    return list(itertools.product(*known, repeat=repeat))


@function("itertools.accumulate")
def _accumulate(call: Call) -> Any:
    items = elements_of(call.interp, call.get(0, "iterable"))
    if items is None or len(call.args) > 1:
        return Unknown("accumulates values that are not known")
    total: Any = 0
    if any(isinstance(item, Repeat) for item in items):
        return Unknown("accumulates a list of unknown length")
    return [total := binary(call.interp, "+", total, item, call.frame, call.node) for item in items]


@function("itertools.islice")
def _islice(call: Call) -> Any:
    items = elements_of(call.interp, call.get(0, "iterable"))
    bounds = call.args[1:]
    if items is None or not all(b is None or isinstance(b, int) for b in bounds):
        return Unknown("a slice of values that are not known")
    return items[slice(*bounds)] if not any(isinstance(item, Repeat) for item in items) else Unknown("a slice of a list of unknown length")


def _plainly(make: Callable[..., Any], most: int = 10_000) -> Handler:
    """An iterator over known sequences, as the standard library makes it."""

    def handler(call: Call) -> Any:
        import itertools

        args = [elements_of(call.interp, a) if not isinstance(a, int) else a for a in call.args]
        if any(a is None or isinstance(a, list) and any(isinstance(v, (Repeat, OneOf)) for v in a) for a in args):
            return Unknown("an iterator over values that are not known")
        try:
            made = list(itertools.islice(make(*args, **call.kwargs), most + 1))
        except (TypeError, ValueError):
            return Unknown("an iterator that is not followed")
        return made if len(made) <= most else Unknown("an iterator that is too long")

    return handler


FUNCTIONS["itertools.zip_longest"] = _plainly(itertools.zip_longest)
FUNCTIONS["itertools.pairwise"] = _plainly(itertools.pairwise)
FUNCTIONS["itertools.combinations"] = _plainly(itertools.combinations)
FUNCTIONS["itertools.combinations_with_replacement"] = _plainly(itertools.combinations_with_replacement)
FUNCTIONS["itertools.permutations"] = _plainly(itertools.permutations)


@function("itertools.compress")
def _compress(call: Call) -> Any:
    data, selectors = (elements_of(call.interp, a) for a in (call.get(0, "data"), call.get(1, "selectors")))
    truths = [call.interp.truth(s) for s in selectors or ()]
    if data is None or selectors is None or None in truths:
        return Unknown("a selection that is not known")
    return [item for item, kept in zip(data, truths) if kept]


@function("itertools.starmap")
def _starmap(call: Call) -> Any:
    rows = [elements_of(call.interp, row) for row in elements_of(call.interp, call.get(1, "iterable")) or [None]]
    if any(row is None for row in rows):
        return Unknown("maps over a value that is not known")
    return [call.interp.call(call.args[0], row or [], {}, call.frame, call.node) for row in rows]


def _selected(wanted: Callable[[list[bool]], Iterator[bool]]) -> Handler:
    """Elements chosen by what a function says of each."""

    def handler(call: Call) -> Any:
        items = elements_of(call.interp, call.get(1, "iterable"))
        truths = [call.interp.truth(call.interp.call(call.args[0], [item], {}, call.frame, call.node)) for item in items or ()]
        if items is None or any(isinstance(item, Repeat) for item in items) or None in truths:
            return Unknown("a selection that is not known")
        return [item for item, kept in zip(items, wanted([bool(t) for t in truths])) if kept]

    return handler


FUNCTIONS["itertools.takewhile"] = _selected(lambda truths: itertools.accumulate(truths, operator.and_))
FUNCTIONS["itertools.dropwhile"] = _selected(lambda truths: (not t for t in itertools.accumulate(truths, operator.and_)))
FUNCTIONS["itertools.filterfalse"] = _selected(lambda truths: (not t for t in truths))


@function("itertools.count")
def _count(call: Call) -> Any:
    start, step = call.get(0, "start", 0), call.get(1, "step", 1)
    return Endless(lambda n: [start + i * step for i in range(n)]) if isinstance(start, int) and isinstance(step, int) else Unknown("a count that is not known")


@function("itertools.cycle")
def _cycle(call: Call) -> Any:
    items = elements_of(call.interp, call.get(0, "iterable"))
    if not items or any(isinstance(i, (Repeat, OneOf)) for i in items):
        return Unknown("a cycle of values that are not known")
    return Endless(lambda n: (items * (n // len(items) + 1))[:n])


def _operator(op: str) -> Handler:
    return lambda call: binary(call.interp, op, call.args[0], call.args[1], call.frame, call.node)


for _name, _op in (("add", "+"), ("sub", "-"), ("mul", "*"), ("truediv", "/"), ("floordiv", "//"), ("mod", "%"), ("pow", "**")):
    FUNCTIONS[f"operator.{_name}"] = _operator(_op)


@function("operator.itemgetter", "operator.attrgetter")
def _getter(call: Call) -> Any:
    keys = list(call.args)
    return Builtin("getter", lambda inner: inner.interp.getitem(inner.args[0], keys[0], inner.frame, inner.node)) if len(keys) == 1 else Unknown("itemgetter()")


@function("importlib.import_module")
def _import_module(call: Call) -> Any:
    name = call.get(0, "name")
    return call.interp.import_module(name, call.frame, call.node) if isinstance(name, str) else Unknown("a module whose name is not known")


@function("keyword.iskeyword")
def _iskeyword(call: Call) -> Any:
    text = call.get(0, "s")
    return keyword.iskeyword(text) if isinstance(text, str) else Unknown("iskeyword() of a value that is not known")


@function("operator.index")
def _index(call: Call) -> Any:
    return call.args[0]


@function("typing.cast")
def _cast(call: Call) -> Any:
    return call.get(1, "val")


@function("typing.TypeVar", "typing.NewType", "typing.ParamSpec", "dataclasses.dataclass")
def _typing(call: Call) -> Any:
    return Builtin("transparent", lambda inner: inner.args[0])


@function("dataclasses.field")
def _field(call: Call) -> Any:
    if "default_factory" in call.kwargs:
        return call.interp.call(call.kwargs["default_factory"], [], {}, call.frame, call.node)
    return call.kwargs.get("default", Unknown("a field without a default"))


@function("dataclasses.asdict", "dataclasses.astuple")
def _asdict(call: Call) -> Any:
    value = call.get(0, "obj")
    return {k: v for k, v in value.attrs.items() if not k.startswith("#")} if isinstance(value, Instance) else Unknown("asdict()")


@function("dataclasses.replace", "copy.replace")
def _replace(call: Call) -> Any:
    """A new object from the fields of another, its ``__post_init__`` run again."""
    value = call.get(0, "obj")
    if not isinstance(value, Instance) or value.cls.fields is None:
        return Unknown("replace()")
    fields = {name: value.attrs[name] for name, _ in value.cls.fields if name in value.attrs}
    return call.interp.call(value.cls, [], fields | call.kwargs, call.frame, call.node)


@function("dataclasses.fields")
def _fields(call: Call) -> Any:
    value = call.get(0, "class_or_instance")
    cls = value.cls if isinstance(value, Instance) else value
    if not isinstance(cls, Class) or cls.fields is None:
        return Unknown("the fields of a value that is not known")
    kind = _plain_class("dataclasses.Field")
    return tuple(Instance(kind, {"name": name}) for name, _ in cls.fields)


def _plain_class(name: str) -> Class:
    cls = Class(name, [], {})
    cls.mro = [cls]
    return cls


NAMESPACE = _plain_class("types.SimpleNamespace")


@function("types.SimpleNamespace", "argparse.Namespace")
def _namespace(call: Call) -> Any:
    if "**" in call.kwargs or call.args:
        return Unknown("a namespace of values that are not known")
    return Instance(NAMESPACE, dict(call.kwargs))


@function("dataclasses.is_dataclass")
def _is_dataclass(call: Call) -> Any:
    value = call.get(0, "obj")
    cls = value.cls if isinstance(value, Instance) else value
    return isinstance(cls, Class) and cls.fields is not None


@function("inspect.isfunction", "inspect.ismethod", "inspect.isroutine")
def _isfunction(call: Call) -> Any:
    return isinstance(call.get(0, "object"), (Function, Method))


@function("inspect.isclass")
def _isclass(call: Call) -> Any:
    return isinstance(call.get(0, "object"), Class)


PARAMETER_KINDS = {"positional": "POSITIONAL_ONLY", "either": "POSITIONAL_OR_KEYWORD", "args": "VAR_POSITIONAL", "keyword": "KEYWORD_ONLY", "kwargs": "VAR_KEYWORD"}


@function("inspect.signature")
def _signature(call: Call) -> Any:
    """The parameters of a function that was read, as ``inspect`` would list them."""
    value = call.get(0, "callable")
    skip = 0
    if isinstance(value, Method):
        value, skip = value.function, 1
    if isinstance(value, Class) and value.spec is not None:
        return _described({name: (PARAMETER_KINDS[kind], default) for name, kind, default in call.interp.framework.signature(value)})
    if isinstance(value, Class):
        from initlint.interpreter.classes import find_member

        value, skip = find_member(value, "__init__")[0], 1
    while isinstance(value, Function) and "__wrapped__" in value.attrs:
        value = value.attrs["__wrapped__"]
    if not isinstance(value, Function):
        return Unknown("a signature that is not known")
    empty = External("inspect._empty")
    return _described({param.name: (PARAMETER_KINDS[param.kind], value.defaults.get(param.name, empty)) for param in value.node.params[skip:]})


def _described(parameters: dict[str, tuple[str, Any]]) -> Instance:
    """A signature object with parameters given as name: (kind, default)."""
    kinds = {kind: External(f"inspect.Parameter.{kind}") for kind in PARAMETER_KINDS.values()}
    cls = _plain_class("inspect.Parameter")
    made = {name: Instance(cls, {"name": name, "kind": kinds[kind], "default": default, **kinds}) for name, (kind, default) in parameters.items()}
    return Instance(cls, {"parameters": made})


@function("enum.auto")
def _auto(call: Call) -> Any:
    return External("enum.auto()")


def _silent(call: Call) -> Any:
    return None


for _name in ("warnings.warn", "warnings.filterwarnings", "warnings.simplefilter", "gc.collect", "random.seed", "numpy.random.seed", "os.makedirs"):
    FUNCTIONS[_name] = _silent


def _harmless(name: str) -> Handler:
    return lambda call: External(f"{name}()")


for _name in ("warnings.catch_warnings", "contextlib.suppress", "contextlib.nullcontext", "contextlib.ExitStack", "logging.getLogger", "threading.Lock"):
    FUNCTIONS[_name] = _harmless(_name)


@function("numpy.array", "numpy.asarray")
def _array(call: Call) -> Any:
    value = call.get(0, "object")
    return list(value) if isinstance(value, (list, tuple)) else value if is_number(value) else Unknown("an array that is not followed")


@function("os.environ.get", "os.getenv")
def _environment(call: Call) -> Any:
    return call.get(1, "default")


@function("os.path.exists", "os.path.isfile", "os.path.isdir")
def _exists(call: Call) -> Any:
    return Unknown("the file system is not looked at")


NESTED_QUANTIFIER = re.compile(r"[+*}][^)(]*\)[+*{]")


def _regular(name: str) -> Handler:
    """``re.split`` and its kin on short known strings; patterns that could backtrack for ever are left alone."""

    def handler(call: Call) -> Any:
        pattern = call.args[0] if call.args else None
        if not all(isinstance(a, (str, int)) for a in call.args) or not isinstance(pattern, str) or call.kwargs:
            return Unknown(f"re.{name}() of a value that is not known")
        if len(pattern) > 100 or any(isinstance(a, str) and len(a) > 500 for a in call.args) or NESTED_QUANTIFIER.search(pattern):
            return Unknown(f"re.{name}() of a pattern that is not followed")
        try:
            result = getattr(re, name)(*call.args)
        except re.error:
            return Unknown("a pattern that is not valid")
        return _match(result) if result is None or isinstance(result, re.Match) else result

    return handler


def _match(found: re.Match[str] | None) -> Any:
    if found is None:
        return None
    cls = Class("re.Match", [], {})
    cls.mro = [cls]
    group = Builtin("group", lambda call: found.group(*[a for a in call.args if isinstance(a, (int, str))]))
    return Instance(cls, {"group": group, "groups": Builtin("groups", lambda call: found.groups()), "groupdict": Builtin("groupdict", lambda call: found.groupdict())})


for _name in ("split", "match", "search", "fullmatch", "sub", "findall"):
    FUNCTIONS[f"re.{_name}"] = _regular(_name)


def follow(name: str, call: Call) -> Any:
    """The value of a call into the standard library, or ABSENT where it is not described here."""
    handler = FUNCTIONS.get(name)
    if handler is not None:
        return handler(call)
    if name.startswith(("logging.", "warnings.", "typing.", "abc.")) or ".getLogger()." in name or name.startswith("tqdm"):
        return None
    return ABSENT

