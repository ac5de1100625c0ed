"""How well the static table agrees with real models of Keras and Flax: shapes, means, standard deviations and bounds of every trainable weight.

    python benchmarks/declared_vs_live.py [--only NAME,…] [--details]

Builds each model of the list without downloading weights, measures what it starts from, and compares that with what ``initlint.show`` says of
the same call in the package's own source. A parameter

* agrees where shape, mean, std and bounds are claimed and all lie within sampling error of the measurement,
* contradicts where something is claimed that the measurement rules out, or where the model has no such parameter, and
* is unknown otherwise.

The models come from keras (its applications), keras-hub (small configurations) and flaxmodels; what is not installed is left out. Prints one
line per model and the totals. ``KERAS_BACKEND`` decides what Keras runs on.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import initlint
from initlint.graph import Parameter
from initlint.live import targets
from initlint.live.others import kinds
from initlint.live.others.found import Found
from initlint.live.others.kinds import Kind
from initlint.live.others.verifying import framework


@dataclass(frozen=True, slots=True)
class Model:
    """One model: where its source is, the call that builds it, and the input that it needs to have parameters."""

    package: str
    module: str
    expression: str
    kind: Kind = "keras"
    inputs: str | None = None


WORDS = "vocabulary_size=200, num_layers=2, num_heads=4, hidden_dim=32, intermediate_dim=64"
ELECTRA = "vocab_size=200, num_layers=2, num_heads=4, embedding_dim=16, hidden_dim=32, intermediate_dim=64"
LLAMA = "vocabulary_size=200, num_layers=2, num_query_heads=4, num_key_value_heads=2, hidden_dim=32, intermediate_dim=64"
IMAGE = "image_shape=(32, 32, 3), patch_size=8, num_layers=2, num_heads=4, hidden_dim=32"
APPLICATIONS = {
    "vgg16": "VGG16(weights=None, include_top=False, input_shape=(64, 64, 3))", "resnet": "ResNet50(weights=None)", "resnet_v2": "ResNet50V2(weights=None)",
    "densenet": "DenseNet121(weights=None)", "mobilenet": "MobileNet(weights=None)", "mobilenet_v2": "MobileNetV2(weights=None)",
    "mobilenet_v3": "MobileNetV3Small(weights=None)", "inception_v3": "InceptionV3(weights=None)", "inception_resnet_v2": "InceptionResNetV2(weights=None)",
    "xception": "Xception(weights=None)", "nasnet": "NASNet((224, 224, 3), 1056, 4, 32, False, 2, True, None, None, None, 1000, 224)",
    "efficientnet": "EfficientNetB0(weights=None)",
    "efficientnet_v2": "EfficientNetV2B0(weights=None)", "convnext": "ConvNeXtTiny(weights=None)",
}  # fmt: skip
HUB = {
    "bert": f"BertBackbone({WORDS})", "gpt2": f"GPT2Backbone({WORDS})", "roberta": f"RobertaBackbone({WORDS})", "opt": f"OPTBackbone({WORDS})",
    "distil_bert": f"DistilBertBackbone({WORDS})", "electra": f"ElectraBackbone({ELECTRA})", "bart": f"BartBackbone({WORDS})",
    "f_net": "FNetBackbone(vocabulary_size=200, num_layers=2, hidden_dim=32, intermediate_dim=64)",
    "albert": "AlbertBackbone(vocabulary_size=200, num_layers=2, num_heads=4, embedding_dim=16, hidden_dim=32, intermediate_dim=64)",
    "gpt_neo_x": f"GPTNeoXBackbone({WORDS})", "llama": f"LlamaBackbone({LLAMA})", "mistral": f"MistralBackbone({LLAMA})", "qwen": f"QwenBackbone({LLAMA})",
    "gemma": f"GemmaBackbone({LLAMA}, head_dim=8)", "vit": f"ViTBackbone({IMAGE}, mlp_dim=64)", "deit": f"DeiTBackbone({IMAGE}, intermediate_dim=64)",
    "vgg": "VGGBackbone(stackwise_num_repeats=[1, 1], stackwise_num_filters=[8, 16], image_shape=(32, 32, 3))",
}  # fmt: skip
MODELS = (
    *(Model("keras", f"src.applications.{module}", expression) for module, expression in APPLICATIONS.items()),
    *(Model("keras_hub", f"src.models.{module}.{module}_backbone", expression) for module, expression in HUB.items()),
    Model("flaxmodels", "resnet.resnet", "ResNet18(pretrained=None, normalize=False)", "linen", "2,64,64,3"),
    Model("flaxmodels", "resnet.resnet", "ResNet50(pretrained=None, normalize=False)", "linen", "2,64,64,3"),
    Model("flaxmodels", "vgg.vgg", "VGG16(pretrained=None, normalize=False, include_head=False)", "linen", "2,32,32,3"),
)
KURTOSIS = {"normal": 3.0, "uniform": 1.8, "trunc_normal": 2.37, "orthogonal": 3.0}
STRAYS = (3, 1e-4)
"""How many values of a truncated normal may lie beyond its bounds, and which share: on torch, Keras redraws a value three times at most."""
SIGMAS = 6.0
"""Sampling errors within which a claim agrees."""
FEW = 30
"""Fewer values than this say nothing about a standard deviation."""


def verdict(claim: Parameter | None, real: Any) -> str:
    """``agrees``, ``unknown``, or what contradicts the claim; ``real`` is an array."""
    law = claim.distribution if claim is not None else None
    if claim is None or law is None or not _is_known(claim.shape) or not isinstance(law.std, (int, float)) or not isinstance(law.mean, (int, float)):
        return "unknown"
    if claim.shape != real.shape:
        return f"shape {claim.shape}, measured {real.shape}"
    values = real.astype("float64").ravel()
    count, mean, std = values.size, float(values.mean()), float(values.std())
    error = law.std * math.sqrt(max(KURTOSIS.get(law.kind, 9.0) - 1, 0.2) / (4 * count))
    if (count >= FEW or law.std == 0) and abs(std - law.std) > SIGMAS * error + 1e-3 * law.std + 1e-7:
        return f"std {law.std:.5g}, measured {std:.5g}"
    if abs(mean - law.mean) > SIGMAS * law.std / math.sqrt(count) + 1e-3 * abs(law.mean) + 1e-6:
        return f"mean {law.mean:.5g}, measured {mean:.5g}"
    for bound, sign in ((law.low, 1), (law.high, -1)):
        beyond = sign * (values - bound) < -1e-3 * abs(bound) - 1e-6 if isinstance(bound, (int, float)) else values != values
        if int(beyond.sum()) > (STRAYS[0] + STRAYS[1] * count if law.kind == "trunc_normal" else 0):
            return f"bound {bound:.5g}, {int(beyond.sum())} values beyond"
    return "agrees"


def _is_known(shape: tuple[Any, ...] | None) -> bool:
    return shape is not None and all(isinstance(size, int) for size in shape)


def built(model: Model) -> list[Found]:
    """The parameters of the real model."""
    made = framework(model.kind)
    with made.observed(0):
        value = targets.evaluate(targets.load(f"{model.package}.{model.module}"), model.expression, made.names(0), model.kind)
        return list(made.parameters(made.completed(value, model.inputs)))


def compare(model: Model, folder: Path, details: bool) -> tuple[int, int, int]:
    """Agreeing, contradicting and unknown parameters of one model."""
    path = folder.joinpath(*model.module.split(".")).with_suffix(".py")
    claims = {parameter.name: parameter for parameter in initlint.show(f"{path}:{model.expression}").parameters if parameter.requires_grad}
    counts = {"agrees": 0, "contradicts": 0, "unknown": 0}
    for one in built(model):
        outcome = verdict(claims.pop(one.name, None), one.values)
        counts[outcome if outcome in counts else "contradicts"] += 1
        if details and outcome != "agrees":
            print(f"    {one.name}: {outcome}")
    counts["contradicts"] += len(claims)
    if details:
        print(*(f"    {name}: claimed, not there" for name in claims), sep="\n", end="\n" if claims else "")
    return counts["agrees"], counts["contradicts"], counts["unknown"]


def main() -> None:
    """Compare every model and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="names of models, separated by commas")
    parser.add_argument("--details", action="store_true", help="list every parameter that does not agree")
    options = parser.parse_args()
    kinds.settle_backend()
    wanted = set(options.only.split(",")) - {""}
    totals, models = [0, 0, 0], 0
    for model in MODELS:
        name = model.expression.partition("(")[0]
        found = importlib.util.find_spec(model.package) if not wanted or name in wanted else None
        if found is None or found.origin is None:
            continue
        start = time.monotonic()
        counts = compare(model, Path(found.origin).parent, options.details)
        models += 1
        totals = [total + count for total, count in zip(totals, counts, strict=True)]
        print(f"{name}: {counts[0]} of {sum(counts)} agree, {counts[1]} contradict, {counts[2]} unknown, {time.monotonic() - start:.0f} s", flush=True)
    print(f"{models} models, {sum(totals)} parameters: {100 * totals[0] / max(sum(totals), 1):.2f} % agree, {totals[1]} contradict, {totals[2]} unknown")


if __name__ == "__main__":
    main()
