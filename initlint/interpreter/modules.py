"""Python modules of the analysed code: found on the file system, never imported, evaluated name by name."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.interpreter import contracts
from initlint.interpreter.scope import Frame
from initlint.interpreter.values import ABSENT, External, ModuleValue, OutOfBudget, Unknown
from initlint.paths import files, lookup
from initlint.paths.consulted import UNREADABLE, Consulted
from initlint.source import Chunk, ClassChunk, SourceFile
from initlint.text.edits import SourceError, digest

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter

DESCRIBED = {"torch", "numpy", "einops", "jax", "flax", "tensorflow", "keras", "tf_keras", "tf_slim", "haiku", "equinox", "scipy"}
"""Libraries that tables stand for."""
WITHOUT_MODELS = {
    "PIL", "IPython", "beartype", "boto3", "cv2", "imageio", "ipywidgets", "librosa", "matplotlib", "networkx", "nltk", "numba", "onnx",
    "pandas", "plotly", "psutil", "pyarrow", "pydantic", "pydantic_settings", "pytest", "ray", "requests", "rich", "safetensors", "seaborn", "sentencepiece",
    "setuptools", "skimage", "sklearn", "soundfile", "sympy", "tensorboard", "tokenizers", "tqdm", "wandb", "yaml",
}  # fmt: skip
"""Libraries of images, tables, sounds, files, plots and types, often installed beside models and large: nothing in them holds weights."""
MODELS_OF_DESCRIBED = ("keras.src.applications",)
"""Parts of such libraries that are models as anybody else's: they are read, where one of them is asked for."""
REGISTERS = re.compile(r"\w*regist\w*\((?:[^()\n]*,\s*)?(\w+)\)")
"""A statement that does no more than to register what it names last."""
MOST_STARS = 32
"""Star imports that nothing runs, of which all are followed to find out which a name came with."""
NEVER_READ = frozenset(sys.stdlib_module_names) | DESCRIBED | WITHOUT_MODELS


@dataclass(eq=False)
class Module:
    """One file as a namespace. Top-level statements run when a name that they bind is first asked for."""

    name: str
    path: Path
    source: SourceFile
    project: Project
    package: bool = False
    promised: bool = False
    """Whether it is a contract of a library, so that what it writes is written where it is called."""
    stands_in: bool = False
    """Whether it is a contract in place of a library that was not found: what it does not name, the library may."""
    contract: Optional[Module] = None
    """What its names are to be taken for, where reading them would only be the longer way."""
    names: dict[str, Any] = field(default_factory=dict)
    done: set[tuple[int, str]] = field(default_factory=set)
    """Identities of the chunks that have run, with the name for which an import has."""
    settled: set[str] = field(default_factory=set)
    """Names whose statements have all run."""

    def __post_init__(self) -> None:
        self.frame = Frame(self, self.names)
        self.names["__name__"] = self.name
        self.names["__file__"] = str(self.path)

    def get(self, name: str) -> Any:
        """The value of a global, or ABSENT."""
        value = self._get(name)
        if self.project.interpreter.memory.readings:
            self.project.interpreter.memory.read_global(name, self.names)
        return value

    def _get(self, name: str) -> Any:
        value = self.names.get(name, ABSENT)
        if name in self.settled:
            return value if value is not ABSENT else self._starred(name)
        chunks = self.source.bindings.get(name, ())
        if all(_run_for(chunk, name) in self.done for chunk in chunks):
            self.settled.add(name)
            return value if value is not ABSENT else self._starred(name)
        for chunk in chunks:
            self.run(chunk, name)
        return self.names.get(name, ABSENT)

    def run(self, chunk: Chunk, name: str = "") -> None:
        """Evaluate the statements of a chunk, if they were not yet; of an import what binds ``name``, if one is given: nobody may ask for the others."""
        run = _run_for(chunk, name)
        if run not in self.done:
            self.done.add(run)
            self.project.interpreter.run_chunk(self, chunk, run[1])
            if self.contract is not None:
                contracts.amend(self, self.contract, [name] if run[1] else chunk.names)

    def register(self) -> None:
        """Run the calls that hand classes of the file to others: nobody asks for a name that they bind, but what others look up may be in their hands."""
        classes = {chunk.name for chunk in self.source.classes()}
        for chunk in self.source.chunks:
            match = REGISTERS.match(self.source.text, chunk.start) if chunk.kind == "other" and not chunk.names else None
            if match is not None and match[1] in classes:
                try:
                    self.run(chunk)
                except OutOfBudget:
                    self.project.interpreter.reset()

    def _starred(self, name: str) -> Any:
        """A name that came with ``from x import *``."""
        if "*" not in self.source.bindings or name.startswith("__"):
            return ABSENT
        searches = self.project.searches
        outermost, searched = name not in searches, searches.setdefault(name, set())
        if id(self) in searched:
            return ABSENT  # it was found to lack the name, or is looking for it
        searched.add(id(self))
        try:
            for statement in self._stars(name):
                value = self.project.starred(self, statement, name)
                if value is not ABSENT:
                    self.names[name] = value
                    return value
            return ABSENT
        finally:
            if outermost:
                del searches[name]

    def _stars(self, name: str) -> list[p.ImportFrom]:
        """The statements that ``name`` may have come with. Where nothing runs them, as ``if TYPE_CHECKING``, a long list is a list of packages by model."""
        chunks = self.source.bindings.get("*", ())
        found = [(chunk, s) for chunk in chunks for s in chunk.statements if isinstance(s, p.ImportFrom) and s.names[0][0] == "*"]
        if len(found) > MOST_STARS and all(chunk.wrapped for chunk, _ in found):
            start = name.lower()
            found = [(chunk, s) for chunk, s in found if start.startswith(s.module.rpartition(".")[2].replace("_", ""))]
            found.sort(key=lambda one: -len(one[1].module))
        return [statement for _, statement in found]

    def classes(self) -> list[tuple[ClassChunk, Any]]:
        """Every class statement at the top level with its value."""
        return [(chunk, self.reach(chunk.name)) for chunk in self.source.classes()]

    def everything(self) -> dict[str, Any]:
        """The names of the file with their values, but for those that came with ``from x import *``."""
        values = {name: self.get(name) for name in self.source.bindings if name != "*"}
        return {name: value for name, value in values.items() if value is not ABSENT}

    def reach(self, name: str) -> Any:
        """The value of a global that no code asks for; ABSENT also where it takes too much to find out."""
        try:
            return self.get(name)
        except OutOfBudget:
            self.project.interpreter.reset()
            return ABSENT

    def absolute(self, target: str, level: int) -> str:
        """The dotted name that ``from <level dots><target>`` means here."""
        if not level:
            return target
        parts = self.name.split(".") if self.package else self.name.split(".")[:-1]
        parts = parts[: len(parts) - (level - 1)] if level > 1 else parts
        return ".".join([*parts, target] if target else parts)


def _run_for(chunk: Chunk, name: str) -> tuple[int, str]:
    """What of ``chunk`` has to run before ``name`` is bound."""
    return id(chunk), name if chunk.kind == "import" else ""


class Project:
    """Where modules are looked for, and those found so far."""

    def __init__(self, interpreter: Interpreter, search_path: Sequence[str] = ()) -> None:
        self.interpreter = interpreter
        self.roots: list[Path] = [lookup.absolute(entry) for entry in search_path]
        self.places = lookup.Places()
        self.consulted = Consulted()
        self.by_name: dict[str, Optional[Module]] = {}
        self.by_path: dict[Path, Module] = {}
        self.files: dict[Path, SourceFile] = {}
        self.searches: dict[str, set[int]] = {}
        """By name that is looked for among what ``from x import *`` brings, the modules that were asked: they may import each other in many ways."""

    def open(self, path: Path, data: Optional[bytes] = None) -> Module:
        """The module of a file. Raises ``SourceError`` or ``OSError`` where it cannot be read."""
        path = lookup.absolute(path)
        if path not in self.by_path:
            root, name = self.places.locate(path)
            self.consulted.roots[path] = root
            if root not in self.roots:
                self.roots.insert(0, root)
            module = self._make(name, path, data)
            self.by_name.setdefault(name, module)
        return self.by_path[path]

    def find(self, dotted: str) -> Optional[Module]:
        """The module called ``dotted``, where it exists as readable source."""
        if dotted not in self.by_name:
            known = dotted.partition(".")[0] in NEVER_READ and not dotted.startswith(MODELS_OF_DESCRIBED)
            self.by_name[dotted] = None if known else self._search(dotted)
        return self.by_name[dotted]

    def resolve(self, dotted: str) -> Any:
        """The value of an imported dotted module name: analysed, a library's, or unknown."""
        module = self.find(dotted)
        return ModuleValue(module) if module else External(dotted)

    def attribute(self, module: Module, name: str) -> Any:
        """``module.name``: a global of it, or a submodule."""
        value = module.get(name)
        if value is ABSENT and module.package:
            child = self.find(f"{module.name}.{name}")
            value = ModuleValue(child) if child else ABSENT
        return External(f"{module.name}.{name}") if value is ABSENT and module.stands_in else value

    def import_from(self, module: Module, target: str, level: int, name: str) -> Any:
        """``from target import name`` evaluated in ``module``."""
        dotted = module.absolute(target, level)
        source = self.find(dotted)
        if source is None:
            return External(f"{dotted}.{name}") if not level else Unknown(f"{dotted} was not found")
        if source is module:
            child = self.find(f"{dotted}.{name}")
            value = ModuleValue(child) if child else module.get(name)
            return value if value is not ABSENT else Unknown("circular import")
        value = self.attribute(source, name)
        return value if value is not ABSENT else Unknown(f"{dotted} has no name {name}")

    def starred(self, module: Module, statement: p.ImportFrom, name: str) -> Any:
        source = self.find(module.absolute(statement.module, statement.level))
        if source is None and not statement.level:
            return self.interpreter.framework.starred(statement.module, name)
        if source is None or source is module or name.startswith("_"):
            return ABSENT
        return source.get(name)

    def _search(self, dotted: str) -> Optional[Module]:
        path = self._place(dotted, (*self.roots, *self._beyond(dotted)))
        if path is None and (vendored := self._vendored(dotted)):
            path = self._place(dotted, vendored)
        contract = contracts.find(dotted, found=path is not None)
        try:
            made = self._make(dotted, path, None) if path is not None else None
            if contract is None:
                return made
            promise = self._make(dotted, contract, None)
            promise.promised, promise.stands_in = True, made is None
            if made is not None:
                made.contract = promise
        except (SourceError, OSError):
            return None
        return made or promise

    def _place(self, dotted: str, roots: tuple[Path, ...]) -> Optional[Path]:
        found = self.consulted.modules[roots, dotted] = self.places.search(dotted, roots)
        return found

    def _vendored(self, dotted: str) -> tuple[Path, ...]:
        """Folders inside of packages that hold the package of ``dotted``, and in it a file that was read: copies of projects import themselves as they did."""
        first, _, rest = dotted.partition(".")
        if not rest:
            return ()
        inside = [(path, root) for path in self.by_path for root in self.roots if path.is_relative_to(root)]
        return tuple(dict.fromkeys(folder.parent for path, root in inside for folder in path.parents if folder.name == first and root in folder.parents))

    def _beyond(self, dotted: str) -> list[Path]:
        """Folders above the roots that ``dotted`` may be imported from."""
        found = [folder for root in self.roots for folder in (*lookup.namespaces(root, dotted), *self.places.project_roots(root))]
        return [folder for folder in dict.fromkeys(found) if folder not in self.roots]

    def _make(self, name: str, path: Path, data: Optional[bytes]) -> Module:
        if path in self.by_path:
            return self.by_path[path]
        source = self.files.get(path)
        if source is None or (data is not None and source.digest != digest(data)):
            self.consulted.files[path] = UNREADABLE
            if data is None:
                data = files.read(str(path))
            self.consulted.files[path] = digest(data)
            source = SourceFile(str(path), data, source)
        self.files.pop(path, None)
        self.files[path] = source  # the last in line to be forgotten
        self.consulted.files[path] = source.digest
        module = Module(name, path, source, self, path.name == "__init__.py")
        self.by_path[path] = module
        return module
