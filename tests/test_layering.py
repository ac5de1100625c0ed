"""The layers of the design, held by the syntax tree of the package itself."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import initlint

PACKAGE = Path(initlint.__path__[0])
MODULES = {".".join(("initlint", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path for path in sorted(PACKAGE.rglob("*.py"))}
MOST_LINES = 400

THEORY = ("initlint.theory", "initlint.symbolic")
ALLOWED = {
    "initlint.theory": THEORY,
    "initlint.symbolic": THEORY,
    "initlint.findings": (),
    "initlint.graph": ("initlint.findings", *THEORY),
    "initlint.evidence": ("initlint.graph", "initlint.findings", *THEORY),
    "initlint.layout": ("initlint.graph", *THEORY),
    "initlint.flow": ("initlint.graph", "initlint.findings", *THEORY),
    "initlint.signal": ("initlint.signal", "initlint.graph", "initlint.flow", "initlint.layout", "initlint.findings", *THEORY),
    "initlint.rules": ("initlint.rules", "initlint.graph", "initlint.flow", "initlint.layout", "initlint.findings", "initlint.evidence", *THEORY),
    "initlint.text.edits": ("initlint.findings",),
    "initlint.text.depth": ("initlint.text.edits", "initlint.text.syntax"),
    "initlint.paths.ignores": (),
    "initlint.errors": (),
    "initlint.paths.git": ("initlint.errors",),
    "initlint.config": ("initlint.findings", "initlint.paths.ignores", "initlint.rules"),
    "initlint.projects": ("initlint.config", "initlint.findings", "initlint.paths.ignores", "initlint.rules"),
    "initlint.rewrite": ("initlint.rewrite", "initlint.text.edits", "initlint.findings", "initlint.text.depth"),
    "initlint.measure": (
        "initlint.measure",
        "initlint.overlays",
        "initlint.adapters.torch.binding",  # signatures of the tables, bound to values
        "initlint.graph",
        "initlint.findings",
        *THEORY,
    ),
    "initlint.report": ("initlint.report", "initlint.text.edits", "initlint.findings", "initlint.graph", "initlint.flow", "initlint.signal", *THEORY),
}
"""What each layer may import of ours; what is not named here may import anything of ours."""
STANDARD_ONLY = (
    *("initlint.theory", "initlint.symbolic", "initlint.findings", "initlint.graph", "initlint.evidence"),
    *("initlint.flow", "initlint.layout", "initlint.signal", "initlint.rules", "initlint.text.edits"),
)
RUNTIME = ("initlint.live", "initlint.measure")
CONTRACTS = ("initlint.overlays.contracts",)
"""Read by the interpreter as the libraries that they stand for, never imported."""
PARSERS = ("initlint.source", "initlint.lower", "initlint.rewrite", "initlint.text.newer")


def within(name: str, packages: tuple[str, ...]) -> bool:
    """Whether ``name`` is one of ``packages`` or inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever the statement stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            name = node.module or ""
            yield from (f"initlint.{alias.name}" for alias in node.names) if name == "initlint" else (name,)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_its_own_layer_and_those_below(name: str) -> None:
    """Data flows one way."""
    ours = [target for target in imports(MODULES[name]) if within(target, ("initlint",))]
    assert not any(within(target, CONTRACTS) for target in ours)
    for layer, allowed in ALLOWED.items():
        if within(name, (layer,)):
            assert [target for target in ours if not within(target, allowed)] == []


@pytest.mark.parametrize("name", MODULES)
def test_libraries_are_imported_where_they_belong(name: str) -> None:
    """LibCST stays with the parsers, torch and its kin with the runtime; theory and rules need the standard library alone."""
    foreign = {target.partition(".")[0] for target in imports(MODULES[name])} - {"initlint", "__future__"}
    assert not {"torch", "numpy", "scipy"} & foreign or within(name, (*RUNTIME, *CONTRACTS))
    assert "libcst" not in foreign or within(name, PARSERS)
    if within(name, STANDARD_ONLY):
        assert foreign <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", MODULES)
def test_only_the_command_line_prints(name: str) -> None:
    """No ``print``, no writing to standard streams anywhere else."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    prints = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "print"]
    streams = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr")]
    assert within(name, ("initlint.cli",)) or not prints + streams


@pytest.mark.parametrize("name", MODULES)
def test_only_what_a_user_starts_knows_settings(name: str) -> None:
    """What analyses and repairs is told; nothing but ``python -m initlint`` uses the command line."""
    if not within(name, ("initlint.cli", "initlint.flake8_plugin", "initlint.config", "initlint.projects")):
        ours = [target for target in imports(MODULES[name]) if within(target, ("initlint.config", "initlint.projects", "initlint.cli"))]
        assert ours == (["initlint.cli"] if name == "initlint.__main__" else [])


@pytest.mark.parametrize("name", MODULES)
def test_no_file_outgrows_a_reader(name: str) -> None:
    """A file that needs more lines is two files."""
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= MOST_LINES
