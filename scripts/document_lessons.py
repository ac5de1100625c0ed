"""Write docs/learn from what the commands really print: ``python scripts/document_lessons.py [--check]``."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from initlint.cli import main as initlint

ROOT = Path(__file__).resolve().parent.parent
LEARN = ROOT / "docs" / "learn"
CLAIMS = ROOT / "scripts" / "tutorial_claims.json"
STACK = "propagate --layers 2-200-300-400-300-2"
DEEP = "propagate --layers 100-100-100-100-100-100-100-100-100-100-10"
VERDICTS = {True: "true", False: "false"}


class Lesson(NamedTuple):
    """A title, what to look for, and the command that shows it."""

    key: str
    title: str
    text: str
    command: str


LESSONS = (
    Lesson(
        "zero",
        "Zero",
        "Weights of zero pass nothing on: behind tanh the signal is 0, behind sigmoid it is 1/2 whatever the input, and no gradient gets past the last layer.",
        f"{STACK} --activation sigmoid --init zeros",
    ),
    Lesson(
        "small",
        "Small",
        "With σ = 0.01 every layer multiplies the second moment by σ²·fan_in, here 0.02 to 0.04. Both signal and gradient die within five layers.",
        f"{STACK} --activation tanh --init 'normal(std=0.01)'",
    ),
    Lesson(
        "large",
        "Large",
        "With σ = 1 tanh saturates, and the usual story ends there: no slope, no gradient. But each layer also multiplies the gradient by "
        "σ²·fan_out, "
        "hundreds of it. One step shrinks it, then it grows, and arrives at the first layer larger than it started.",
        f"{STACK} --activation tanh --init 'normal(std=1)'",
    ),
    Lesson(
        "xavier",
        "Xavier",
        "Variance 2/(fan_in + fan_out) is the compromise between 1/fan_in, which keeps the signal, and 1/fan_out, which keeps the "
        "gradient, of a curve "
        "of slope 1 at 0.",
        f"{STACK} --activation tanh --init xavier_normal --init 'normal(std=0.01)'",
    ),
    Lesson(
        "sigmoid",
        "Xavier is not for every curve",
        "A sigmoid has slope 1/4 at 0, so each layer leaves 1/16 of the gradient's second moment, or less. The forward pass looks healthy; "
        "the backward pass is not.",
        f"{STACK} --activation sigmoid --init xavier_normal",
    ),
    Lesson(
        "relu",
        "Why ReLU breaks it, and He",
        "ReLU throws half the second moment away at every layer. Doubling the variance, 2/fan_in, makes up for it exactly, at every scale.",
        f"{DEEP} --activation relu --init xavier_normal --init kaiming_normal",
    ),
    Lesson(
        "leaky",
        "Leaky",
        "A slope a below zero keeps (1 + a²)/2, so the variance to draw is 2/((1 + a²)·fan_in). A gain for another slope than the model's "
        "is off by a little in every layer.",
        f'{DEEP} --activation leaky_relu=0.3 --init "kaiming_normal(a=0.3)" --init "kaiming_normal(a=1)"',
    ),
    Lesson(
        "fan",
        "Fan modes",
        "fan_in keeps the signal, fan_out the gradient. Where widths are equal there is no difference; where they change, one of the two "
        "moves with the widths and comes back "
        "when they do.",
        f"{STACK} --activation relu --init kaiming_normal --init \"kaiming_normal(mode='fan_out')\"",
    ),
    Lesson(
        "default",
        "What a layer draws by itself",
        "PyTorch's own default has variance 1/(3·fan_in): a sixth of what ReLU needs. Shallow models do not notice.",
        f"{DEEP} --activation relu --init default --init kaiming_normal",
    ),
)
WHAT_IF = (
    Lesson(
        "what-if",
        "What if",
        "A model of your own needs no rewriting to try another initializer: a glob on its parameter names and a call will do.",
        "propagate examples/mlp.py:MLP --what-if 'hidden.*.weight=xavier_uniform'",
    ),
    Lesson(
        "width",
        "Width",
        "A sweep over an argument of the constructor fits how each layer scales. A readout of fixed spread breaks the law, and every gradient "
        "in front of it follows.",
        "propagate 'examples/mlp.py:MLP(depth=4)' --sweep width=64,128,256,512 --law standard --what-if 'head.weight=normal(std=0.05)'",
    ),
)
MODELS = (
    Lesson(
        "norm",
        "Normalisation",
        "A norm sets the scale anew, whatever entered. The curve of a normalised model is a saw, not a slope, and the scale of the weights "
        "before a norm is free.",
        "report examples/resnet.py:ResNet",
    ),
    Lesson(
        "residual",
        "Residual streams",
        "Each branch adds its variance to the stream. With branches that start small, the stream grows by little over all of its depth.",
        "report examples/transformer.py:Transformer",
    ),
)
DECIDES = {
    "all-zero init": f"{STACK} --activation sigmoid --init zeros",
    "sigma=0.01": f"{STACK} --activation tanh --init 'normal(std=0.01)'",
    "sigma=1": f"{STACK} --activation tanh --init 'normal(std=1)'",
    "Xavier (fan_in or avg) with sigmoid": f"{STACK} --activation sigmoid --init xavier_normal",
    "Xavier+ReLU": f"{STACK} --activation relu --init xavier_normal",
    "He avg": f"{STACK} --activation relu --init 'xavier_normal(gain=sqrt(2))'",
    "leaky generalisation": f"{DEEP} --activation leaky_relu=0.3 --init 'kaiming_normal(a=0.3)'",
    "A model of slope 0.1": f"{STACK} --activation leaky_relu=0.1 --init \"xavier_normal(gain=calculate_gain('leaky_relu', 0.3))\"",
    "the derivative of tanh": f"{STACK} --activation tanh --init \"kaiming_normal(nonlinearity='linear')\" --derivative-at-output",
    "xavier suits any": f"{STACK} --activation sigmoid --init xavier_normal",
    "np.random.randn": f"{STACK} --activation tanh --init normal",
    "Dense(relu": f"{DEEP} --activation relu --init xavier_uniform",
}
"""Beginning of a claim to the command that decides it."""


def pages() -> Iterator[tuple[Path, str]]:
    """Every file of docs/learn."""
    lines = [
        "# A short tour of initialization",
        "",
        "Made by `scripts/document_lessons.py` from what the commands print; a test holds it to that.",
        "`E h²` and `E δ²` are the second moments of the signal and of the gradient behind each layer.",
        "Add `--draws 2000` to any `propagate` command and the measurement stands beside the prediction.",
        "",
        "What is often told otherwise is in [what tutorials get wrong](tutorials.md).",
    ]
    for lesson in (*LESSONS, *WHAT_IF):
        lines += ["", f"## {lesson.title}", "", lesson.text, "", "```console", f"$ initlint {lesson.command}", run(lesson.command).rstrip("\n"), "```"]
        lines += ["", f"![{lesson.title}: second moments by layer](figures/{lesson.key}.svg)"]
        yield LEARN / "figures" / f"{lesson.key}.svg", run(f"{lesson.command} --format svg")
    for lesson in MODELS:
        lines += ["", f"## {lesson.title}", "", lesson.text, "", "```console", f"$ initlint {lesson.command} -o {lesson.key}.svg", "```"]
        lines += ["", f"![{lesson.title}: second moments by depth](figures/{lesson.key}.svg)"]
        yield LEARN / "figures" / f"{lesson.key}.svg", run(f"{lesson.command} --format svg")
    yield LEARN / "README.md", "\n".join(lines) + "\n"
    yield LEARN / "tutorials.md", tutorials()


def tutorials() -> str:
    """Claims that circulate, and what decides each."""
    lines = [
        "# What tutorials get wrong",
        "",
        "Claims found in tutorials and answers, those that hold among them. Where a command decides, it is given; the others are decided "
        "by a library's source or by arithmetic.",
        "",
        "| claim | verdict | what is so | decided by |",
        "| --- | --- | --- | --- |",
    ]
    for row in json.loads(CLAIMS.read_text(encoding="utf-8")):
        claim, command = row["claim"], next((text for start, text in DECIDES.items() if row["claim"].startswith(start)), "")
        cells = (claim, VERDICTS.get(row["verdict"], row["verdict"]), row["truth"], f"`initlint {command}`" if command else "")
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|').replace('*', chr(92) + '*') if '`' not in cell else cell for cell in cells)} |")
    return "\n".join(lines) + "\n"


def run(command: str) -> str:
    """What a command prints, with the repository as the working folder."""
    before, out = Path.cwd(), io.StringIO()
    os.chdir(ROOT)
    try:
        with contextlib.redirect_stdout(out):
            status = initlint(shlex.split(command))
    finally:
        os.chdir(before)
    if status not in (0, 1):
        raise SystemExit(f"initlint {command} ended with {status}")
    return out.getvalue()


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or say which are not what they should be."""
    stale = []
    for path, text in pages():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path)
            if "--check" not in arguments:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    for path in stale:
        print(f"{'stale' if '--check' in arguments else 'wrote'}: {path.relative_to(ROOT)}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
