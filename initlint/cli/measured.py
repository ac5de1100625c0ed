"""What the verifier sees when it builds and runs a model, for commands that only read it otherwise."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from initlint.cli.console import Failure

if TYPE_CHECKING:
    from initlint.live.results import TargetResult


def measure(target: str, options: argparse.Namespace, search_path: Sequence[str]) -> TargetResult:
    """Build ``target`` as often as ``--seeds`` says and run it; whatever it does is in the result."""
    if options.seeds < 1:
        raise Failure("--seeds needs at least 1")
    try:
        from initlint.live.options import Options
        from initlint.live.supervisor import Limits, supervise
    except ImportError:
        raise Failure("--run builds the model and needs torch: pip install 'initlint[verify]'") from None
    asked = Options(device=options.device, seeds=options.seeds, inputs=options.input, signal=True, search_path=tuple(search_path))
    return supervise(target, asked, Limits(float(options.timeout)))
