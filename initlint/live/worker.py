"""The process that runs a target's code: ``python -m initlint.live.worker FOLDER``.

It reads ``request.json`` in that folder, appends a line to ``progress`` for every step and leaves ``result.json``. What
the target prints goes wherever the parent sends it; what the target does to this process harms nobody else.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from initlint.live.options import Options
from initlint.live.results import TargetResult, encode

REQUEST, PROGRESS, RESULT = "request.json", "progress", "result.json"


def main(folder: str) -> None:
    """Verify the target of one request."""
    place = Path(folder)
    request = json.loads((place / REQUEST).read_text(encoding="utf-8"))
    result = run(request["target"], Options.from_plain(request["options"]), reporter(place / PROGRESS))
    partial = place / f"{RESULT}.partial"
    partial.write_text(encode(result), encoding="utf-8")
    partial.replace(place / RESULT)


def run(target: str, options: Options, progress: Callable[[str], None]) -> TargetResult:
    """The result of one target, whatever it raises."""
    from initlint.live.targets import TargetProblem, explain

    try:
        from initlint.live.verifying import verify_target

        return verify_target(target, options, progress)
    except TargetProblem as problem:
        return TargetResult(target=target, status="error", reason=str(problem))
    except BaseException as error:
        if os.environ.get("INITLINT_DEBUG") == "1":
            raise
        return TargetResult(target=target, status="error", reason=explain(error))


def reporter(path: Path) -> Callable[[str], None]:
    """Write each step to a file that the parent reads."""

    def progress(step: str) -> None:
        with path.open("a", encoding="utf-8") as stream:
            stream.write(f"{step}\n")

    return progress


if __name__ == "__main__":
    main(sys.argv[1])
