"""Code that expects its values from a file: what it leaves to that is no mistake of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from initlint.contexts.mentions import TooLarge

if TYPE_CHECKING:
    from initlint.contexts.models import Analysis
    from initlint.graph import ModelGraph
    from initlint.interpreter.modules import Module

LOADED = re.compile(
    r"weight_loader|load_weights|_load_from_state_dict|load_state_dict|weight_attrs|skip_init|to_empty"
    r"|(?:\bdef |\b(?:self|cls|super\(\))\.)from_pretrained"
)
"""Words in a class that expects its values from elsewhere; ``Embedding.from_pretrained`` makes a layer inside it."""
QUANTIZED = re.compile(r"quantiz")
"""A word in a class whose weights were found elsewhere and rounded, and in one that looks for the nearest row of a table of its own."""
NEAREST = re.compile(r"\b(?:argmin|cdist)\(")
LOADER = re.compile(r"^[ \t]+def load_weights\(\s*self\b", re.MULTILINE)
"""The method by which an engine for inference hands a model its values; that of the model fills the parts it has in the same file."""
BY_NAME = re.compile(
    r"for[ \t]+\w+,[ \t]*(\w+)[ \t]+in[ \t]+\w[\w.]*\.named_parameters\(\)[ \t]*:[^\n]*\n(?:[ \t]+\S[^\n]*\n|[ \t]*\n){0,40}?[ \t]+\1(?:\.data)?\.copy_\("
)
"""A loop that looks up each parameter of a model under its name, and copies what it finds."""
SKIPPED = re.compile(r"class[ \t]+\w+\([^)]{0,200}?(?:Linear|Conv[123]d)\b[^)]{0,200}\):\s+def reset_parameters\(self\)[^:\n]*:\s+(?:return(?: None)?|pass)\s")
"""A layer of torch's own that draws nothing."""
TRAINING = {
    word: re.compile(pattern)
    for word, pattern in (
        ("backward", r"\.backward\("), ("optim", r"\boptim\b"), ("optimizer", r"optimizer\b"), ("Optimizer", r"Optimizer\b"),
        ("training_step", r"training_step\b"), ("Trainer", r"Trainer\b"), ("autograd", r"\bautograd\.grad\("), ("fit", r"(?:\.|\bdef )fit\("),
    )
}  # fmt: skip
"""Words of code that trains, and what they look like there."""
LOADING = {"safetensors": re.compile(r"\b(?:from|import) safetensors\b")}
"""The same of code that hands models the weights of others."""


def is_loaded(text: str) -> bool:
    """Whether a class expects its values from elsewhere."""
    return LOADED.search(text) is not None or (QUANTIZED.search(text) is not None and NEAREST.search(text) is None)


def fills_by_name(text: str) -> bool:
    """Whether a file fills the models it defines from what it has read."""
    return LOADER.search(text) is not None or BY_NAME.search(text) is not None


def skips_init(analysis: Analysis, module: Module) -> bool:
    """Whether the project around a file builds its models of layers that draw nothing: it trains none, and fills them under ``inference_mode``."""
    try:
        return any(SKIPPED.search(text) for _, text in analysis.texts.naming(module.path, "reset_parameters", module.project))
    except TooLarge:
        return False


def only_runs(analysis: Analysis, module: Module) -> bool:
    """Whether the project around a file reads values from files and trains nothing."""

    def says(words: dict[str, re.Pattern[str]]) -> bool:
        return any(pattern.search(text) for word, pattern in words.items() for _, text in analysis.texts.naming(module.path, word, module.project))

    try:
        return says(LOADING) and not says(TRAINING)
    except TooLarge:
        return False


def drop_unguarded(analysis: Analysis, module: Module, graphs: list[ModelGraph]) -> None:
    """Forget the writes into leaves of a project that runs under ``inference_mode`` throughout, as one whose layers draw nothing does."""
    writing = [graph for graph in graphs if any(mistake.kind == "leaf-in-place" for mistake in graph.mistakes)]
    if writing and skips_init(analysis, module):
        for graph in writing:
            graph.mistakes = [mistake for mistake in graph.mistakes if mistake.kind != "leaf-in-place"]
