"""Every initializer that some library gives its layers, by canonical dotted name."""

from __future__ import annotations

from initlint.overlays.declared import initializers, tensorflow
from initlint.overlays.declared.initializers import Declared

INITIALIZERS: dict[str, Declared] = {**initializers.INITIALIZERS, **tensorflow.INITIALIZERS}
