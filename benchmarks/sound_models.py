"""Correctly initialised models by the hundred: how many findings do the claim and contract tests invent?

    python benchmarks/sound_models.py                    # 200 generated models over the layers of torch.nn
    python benchmarks/sound_models.py --models 50 --torchvision

Every generated model holds layers and initializers picked at random and demands of each initialised weight the very
law it was given. Any INI801 or INI805 is a false alarm. Exit status 1 where there is one.
"""

from __future__ import annotations

import argparse
import inspect
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

from initlint.live.options import Options
from initlint.live.results import TargetResult
from initlint.live.verifying import verify_build, verify_target

LAYERS: tuple[Callable[[int], Any], ...] = (
    lambda n: nn.Linear(n, 2 * n), lambda n: nn.Linear(3, n), lambda n: nn.Bilinear(n, 5, 7), lambda n: nn.Embedding(4 * n, n),
    lambda n: nn.Embedding(n, 6, padding_idx=2), lambda n: nn.EmbeddingBag(n, n), lambda n: nn.Conv1d(4, n, 3), lambda n: nn.Conv2d(4, n, 3, groups=2),
    lambda n: nn.Conv3d(2, n, 3), lambda n: nn.ConvTranspose1d(n, 4, 4), lambda n: nn.ConvTranspose2d(n, 4, 4, stride=2), lambda n: nn.ConvTranspose3d(n, 2, 2),
    lambda n: nn.LSTM(n, 8, num_layers=2), lambda n: nn.GRU(8, n, bidirectional=True), lambda n: nn.RNN(n, n), lambda n: nn.LSTMCell(8, n),
    lambda n: nn.GRUCell(n, 8), lambda n: nn.RNNCell(n, n), lambda n: nn.MultiheadAttention(4 * n, 4), lambda n: nn.MultiheadAttention(8, 2, kdim=n, vdim=n),
    lambda n: nn.TransformerEncoderLayer(4 * n, 4, 32), lambda n: nn.TransformerDecoderLayer(4 * n, 4, 32), lambda n: nn.BatchNorm1d(n),
    lambda n: nn.BatchNorm2d(n), lambda n: nn.GroupNorm(2, 2 * n), lambda n: nn.LayerNorm(n), lambda n: nn.RMSNorm(n),
    lambda n: nn.InstanceNorm2d(n, affine=True), lambda n: nn.PReLU(n), lambda n: nn.utils.parametrizations.weight_norm(nn.Linear(n, n)),
    lambda n: nn.utils.parametrizations.spectral_norm(nn.Linear(n, n)),
)  # fmt: skip
LAWS = (
    "normal(0.0, 0.02)", "uniform(-0.1, 0.3)", "trunc_normal(std=0.5)", "trunc_normal(std=0.02)", "xavier_uniform(2.0)", "xavier_normal()",
    "kaiming_uniform(a=0.2)", "kaiming_normal(mode='fan_out', nonlinearity='relu')", "orthogonal(1.5)", "constant(0.3)", "zeros()", "ones()",
)  # fmt: skip
MATRIX_LAWS = ("sparse(0.3, std=0.1)", "eye()")
ALARMS = ("INI801", "INI805")


class Generated(nn.Module):
    """Random layers, some of them initialised by random initializers."""

    def __init__(self, number: int) -> None:
        super().__init__()
        chance = random.Random(number)
        torch.manual_seed(10_000 * number + torch.initial_seed() % 10_000)
        self.layers = nn.ModuleList(chance.choice(LAYERS)(chance.choice((4, 8, 16, 32, 64))) for _ in range(chance.randint(3, 9)))
        self.contracts: dict[str, str] = {}
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1 and chance.random() < 0.5:
                law = chance.choice(LAWS + (MATRIX_LAWS if parameter.dim() == 2 else ()))
                function, _, rest = law.partition("(")
                eval(f"initialise(parameter, {rest}", {"initialise": getattr(nn.init, f"{function}_"), "parameter": parameter})
                self.contracts[name] = law


def main(arguments: list[str] | None = None) -> int:
    """Verify, count, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=200, metavar="N", help="generated models (default: 200)")
    parser.add_argument("--torchvision", action="store_true", help="small torchvision models too, with their static claims")
    options = parser.parse_args(arguments)
    start, verdicts, alarms, models = time.perf_counter(), Counter[str](), 0, 0
    for result in results(options.models, options.torchvision):
        models += 1
        verdicts.update(row["verdict"] for row in result.parameters)
        for finding in result.findings:
            if finding.code in ALARMS:
                alarms += 1
                print(f"{result.target}: {finding.code} {finding.message}")
        if not result.parameters:
            print(f"{result.target}: {result.reason}")
    print(f"{models} models, {sum(verdicts.values())} parameters ({dict(verdicts)}), {alarms} false alarms, {time.perf_counter() - start:.0f} s")
    return int(alarms > 0)


def results(count: int, torchvision: bool) -> Iterator[TargetResult]:
    """One result per model."""
    for number in range(count):
        contracts = Generated(number).contracts
        yield verify_build(f"generated {number}", "Generated", lambda n=number: Generated(n), Options(forward=False, contracts=contracts), lambda step: None)  # type: ignore[misc]
    if not torchvision:
        return
    from benchmarks.static_vs_live import builders
    from tests.comparison import keywords

    for _, builder in builders([], 12_000_000):
        call = f"{builder.__name__}({', '.join(f'{name}=None' for name in keywords(builder))})"
        source = inspect.getsourcefile(inspect.unwrap(builder))
        yield verify_target(f"{source}:{call}", Options(forward=False, seeds=1), lambda step: None)


if __name__ == "__main__":
    sys.exit(main())
