"""How well the static table agrees with real models of Keras: shapes, means, standard deviations and bounds of every trainable weight.

    python benchmarks/declared_vs_live.py [--max-parameters N] [--only NAME,…] [--details]

Builds each model of ``keras.applications`` without downloading weights (any backend; set ``KERAS_BACKEND``), measures what it starts
from, and compares that with what ``initlint.show`` says of the same call in the package's own source. A parameter

* agrees where shape, mean, std and bounds are claimed and all lie within sampling error of the measurement,
* contradicts where something is claimed that the measurement rules out, and
* is unknown otherwise.

Prints one line per model and the totals.
"""

from __future__ import annotations

import argparse
import math
import os
from pathlib import Path
from typing import Any

import numpy as np

import initlint
from initlint.graph import Parameter

MODELS = {
    "vgg16": ("VGG16",), "vgg19": ("VGG19",), "resnet": ("ResNet50", "ResNet101", "ResNet152"),
    "densenet": ("DenseNet121", "DenseNet169", "DenseNet201"), "mobilenet": ("MobileNet",), "mobilenet_v2": ("MobileNetV2",),
    "mobilenet_v3": ("MobileNetV3Small", "MobileNetV3Large"), "inception_v3": ("InceptionV3",), "inception_resnet_v2": ("InceptionResNetV2",),
    "xception": ("Xception",), "nasnet": ("NASNetMobile", "NASNetLarge"), "efficientnet": tuple(f"EfficientNetB{size}" for size in range(8)),
    "efficientnet_v2": tuple(f"EfficientNetV2{size}" for size in ("B0", "B1", "B2", "B3", "S", "M")),
    "convnext": ("ConvNeXtTiny", "ConvNeXtSmall", "ConvNeXtBase"),
}  # fmt: skip
"""Modules of ``keras.applications`` and the models they hold."""
KURTOSIS = {"normal": 3.0, "uniform": 1.8, "trunc_normal": 2.37, "orthogonal": 3.0}
SIGMAS = 6.0
"""Sampling errors within which a claim agrees."""
FEW = 30
"""Fewer values than this say nothing about a standard deviation."""


def verdict(claim: Parameter | None, real: np.ndarray[Any, Any]) -> str:
    """``agrees``, ``unknown``, or what contradicts the claim."""
    law = claim.distribution if claim is not None else None
    if claim is None or law is None or not _is_known(claim.shape) or not isinstance(law.std, (int, float)) or not isinstance(law.mean, (int, float)):
        return "unknown"
    if claim.shape != real.shape:
        return f"shape {claim.shape}, measured {real.shape}"
    values = real.astype(np.float64).ravel()
    count, mean, std = values.size, float(values.mean()), float(values.std())
    error = law.std * math.sqrt(max(KURTOSIS.get(law.kind, 9.0) - 1, 0.2) / (4 * count))
    if (count >= FEW or law.std == 0) and abs(std - law.std) > SIGMAS * error + 1e-3 * law.std + 1e-7:
        return f"std {law.std:.5g}, measured {std:.5g}"
    if abs(mean - law.mean) > SIGMAS * law.std / math.sqrt(count) + 1e-3 * abs(law.mean) + 1e-6:
        return f"mean {law.mean:.5g}, measured {mean:.5g}"
    for bound, value, sign in ((law.low, values.min(), 1), (law.high, values.max(), -1)):
        if isinstance(bound, (int, float)) and sign * (value - bound) < -1e-3 * abs(bound) - 1e-6:
            return f"bound {bound:.5g}, measured {value:.5g}"
    return "agrees"


def _is_known(shape: tuple[Any, ...] | None) -> bool:
    return shape is not None and all(isinstance(size, int) for size in shape)


def compare(module: str, name: str, most: float, details: bool) -> tuple[int, int, int] | None:
    """Agreeing, contradicting and unknown parameters of one model; None where it is too large."""
    import keras

    keras.utils.clear_session()
    model = getattr(keras.applications, name)(weights=None)
    if model.count_params() > most:
        return None
    source = Path(keras.__file__).parent / "src" / "applications" / f"{module}.py"
    claims = {parameter.name: parameter for parameter in initlint.show(f"{source}:{name}(weights=None)").parameters}
    counts = {"agrees": 0, "contradicts": 0, "unknown": 0}
    for variable in model.trainable_variables:
        path = ".".join(variable.path.split("/")[-2:])  # layer and role, without the scopes around them
        outcome = verdict(claims.pop(path, None), np.asarray(variable))
        counts[outcome if outcome in counts else "contradicts"] += 1
        if details and outcome != "agrees":
            print(f"    {path}: {outcome}")
    counts["contradicts"] += len(claims)
    if details:
        print(*(f"    {path}: claimed, not there" for path in claims), sep="\n" if claims else "", end="\n" if claims else "")
    return counts["agrees"], counts["contradicts"], counts["unknown"]


def main() -> None:
    """Compare every model and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--max-parameters", type=float, default=1e8, help="skip larger models")
    parser.add_argument("--only", default="", help="names of models, separated by commas")
    parser.add_argument("--details", action="store_true", help="list every parameter that does not agree")
    options = parser.parse_args()
    os.environ.setdefault("KERAS_BACKEND", "jax")
    wanted = set(options.only.split(",")) - {""}
    totals, models = [0, 0, 0], 0
    for module, names in MODELS.items():
        for name in names:
            if wanted and name not in wanted:
                continue
            counts = compare(module, name, options.max_parameters, options.details)
            if counts is None:
                print(f"{name}: larger than {options.max_parameters:.0f} parameters")
                continue
            models += 1
            totals = [total + count for total, count in zip(totals, counts, strict=True)]
            print(f"{name}: {counts[0]} of {sum(counts)} agree, {counts[1]} contradict, {counts[2]} unknown", flush=True)
    print(f"{models} models, {sum(totals)} parameters: {100 * totals[0] / max(sum(totals), 1):.2f} % agree, {totals[1]} contradict, {totals[2]} unknown")


if __name__ == "__main__":
    main()
