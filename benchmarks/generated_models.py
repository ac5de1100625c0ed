"""Is static = live on models that nobody wrote? Generates their code, builds and runs them, and compares both graphs.

    python benchmarks/generated_models.py                   # 2,000 models
    python benchmarks/generated_models.py --models 50 --first 700 --keep FOLDER

Names, shapes, laws, initializers, lines, nonlinearities and findings are compared; a law that is not known counts as a difference,
for everything in these models can be decided. Exit status 1 where there is any. ``--keep`` leaves the files of such models in a folder.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.comparison import FACTS
from tests.generated import differences


def main() -> int:
    """Compare, and print every difference and the totals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=2_000, metavar="N", help="how many (default: 2,000)")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="of the first one (default: 0)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the files of models that differ are left")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    totals: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    models = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.first, options.first + options.models):
            claims, found, path = differences(seed, Path(folder))
            totals.update(claims)
            wrong.update(fact for fact, _ in found)
            models += bool(found)
            for fact, text in found:
                print(f"{seed}: {fact}: {text}", flush=True)
            if found and options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, options.keep)
    print(f"{options.models} models, {models} with differences; {', '.join(f'{fact} {totals[fact] - wrong[fact]}/{totals[fact]}' for fact in FACTS)}")
    return int(models > 0)


if __name__ == "__main__":
    sys.exit(main())
