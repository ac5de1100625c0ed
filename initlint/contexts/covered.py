"""Classes that need not be built by themselves: a model of the file that holds them shows all that they draw.

What such a class alone would show yields to that model anyway (see ``merging``); so the last classes of a file, which use those
before them, are built first, and a part only where something in it was not reached.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from initlint.adapters.torch.building import named_modules
from initlint.interpreter.values import Class, Instance

if TYPE_CHECKING:
    from initlint.contexts.loose import FileFacts
    from initlint.contexts.models import Model
    from initlint.interpreter.modules import Module
    from initlint.source import Chunk

MAKES = re.compile(r"\bParameter\s*\(|\.(?:data|copy_)\b|\b(?:torch|np|numpy|jnp|tf|random)\.(?:\w+\.)*(?:empty|rand\w*|normal|uniform|(?:Float)?Tensor)\s*\(")
"""What makes or fills a parameter, beside the initializers."""
SPEAKS = re.compile(r"init(?!__)")
"""What a class says that may have its parameters filled elsewhere."""


class Covered:
    """What the models of one file so far show of the classes inside them."""

    def __init__(self, module: Module, facts: FileFacts) -> None:
        self.module = module
        self.facts = facts
        self.inside: dict[int, set[int]] = {}
        """By identity of a class, the lines on which the models that hold it make or fill parameters."""
        self.untouched: set[int] = set()
        """Identities of the classes inside models in which nobody chose an initial value."""

    def note(self, model: Model) -> None:
        """Count in a model, if its forward pass was followed."""
        if model.inside and not model.graph.forward_reason:
            sites = [event.site for parameter in model.graph.parameters for event in parameter.events if event.site is not None]
            lines = {site.line for site in sites if site.path == self.facts.graph.path}
            for one in model.inside:
                self.inside.setdefault(one, set()).update(lines)

    def note_untouched(self, root: Instance) -> None:
        """Count in a module that was built whole, with nothing but defaults in it."""
        self.untouched.update(id(part.cls) for _, part in named_modules(root) if part.cls is not root.cls)

    def hides(self, chunk: Chunk, cls: Class) -> bool:
        """Whether the class alone would show nothing that these models do not."""
        lines = self.inside.get(id(cls))
        if lines is not None:
            return self._made(chunk) <= lines | self.facts.shown
        if id(cls) not in self.untouched or chunk.says(SPEAKS):
            return False
        return not self._made(chunk)

    def _made(self, chunk: Chunk) -> set[int]:
        """Lines of a class that make or fill parameters."""
        text, index = self.module.source.text, self.module.source.index
        return {index.position(match.start())[0] for match in MAKES.finditer(text, chunk.start, chunk.end)} | self.facts.lines_of(self.module, chunk)
