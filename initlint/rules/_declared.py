"""The initializers that Keras, JAX, Haiku and TensorFlow have for what the theory asks for."""

from __future__ import annotations

from initlint.findings import NameInitializer, ReplaceCall, Site
from initlint.graph import InitCall, InitEvent, Parameter
from initlint.rules._sites import INITIALIZER_ARGUMENTS
from initlint.theory.recommend import Recommendation

KERAS, JAX, HAIKU, TENSORFLOW = "keras.initializers.", "jax.nn.initializers.", "haiku.initializers.", "tensorflow."
SCALES = {("kaiming", "'relu'"): ("he", 2.0, "fan_in"), ("kaiming", "'linear'"): ("lecun", 1.0, "fan_in"), ("xavier", ""): ("glorot", 1.0, "fan_avg")}
"""By function and argument of torch: the name of the scheme, its scale and its fan."""
ARGUMENTS = {
    "kernel": "kernel_initializer", "recurrent_kernel": "recurrent_initializer", "depthwise_kernel": "depthwise_initializer",
    "pointwise_kernel": "pointwise_initializer", "embeddings": "embeddings_initializer", "bias": "bias_initializer",
}  # fmt: skip
"""What layers of Keras call the initializer of each parameter."""
KEPT = ("seed", "dtype")
"""Arguments that another initializer takes, too."""


def other_draw(parameter: Parameter, event: InitEvent, needed: Recommendation) -> NameInitializer | ReplaceCall | None:
    """What the author would write to draw ``parameter`` by the scheme that is ``needed``, where the library has one."""
    family = "uniform" if "uniform" in event.initializer or (event.distribution.kind == "uniform") else "normal"
    stem = needed.initializer.rpartition(".")[2].partition("_")[0]
    arguments = tuple(value for name, value in needed.arguments.items() if name != "mode")
    scheme = SCALES.get((stem, arguments[0] if arguments else "")) if len(arguments) < 2 else None
    if scheme is None or event.site is None or "mode" in needed.arguments:
        return None
    name, scale, mode = scheme
    if event.initializer.startswith(KERAS):
        return _of_keras(parameter, event, f"{name.title()}{family.title()}")
    if event.initializer.startswith(JAX):
        alias = "kaiming" if name == "he" and event.initializer.startswith((f"{JAX}xavier", f"{JAX}kaiming")) else name
        return _called(event, f"{JAX}{alias}_{family}")
    if event.initializer.startswith(HAIKU):
        wanted = {"scale": f"{scale}", "mode": f"'{mode}'", "distribution": "'uniform'" if family == "uniform" else "'truncated_normal'"}
        return _called(event, f"{HAIKU}VarianceScaling", **wanted)
    if event.initializer.startswith(f"{TENSORFLOW}contrib."):
        wanted = {"uniform": "True"} if family == "uniform" else {}
        new = f"{TENSORFLOW}contrib.layers.{'xavier' if name == 'glorot' else 'variance_scaling'}_initializer"
        return _called(event, new, **({} if name != "lecun" else {"factor": "1.0"}), **(wanted if name != "glorot" else {"uniform": str(family == "uniform")}))
    if event.initializer.startswith(TENSORFLOW) and event.initializer.endswith("_initializer"):
        if name == "glorot":
            return _called(event, f"{TENSORFLOW}glorot_{family}_initializer")
        wanted = {"distribution": "'uniform'"} if family == "uniform" else {}
        return _called(event, f"{TENSORFLOW}variance_scaling_initializer", scale=f"{scale}", mode=f"'{mode}'", **wanted)
    return None


def _of_keras(parameter: Parameter, event: InitEvent, name: str) -> NameInitializer | ReplaceCall | None:
    """An initializer that was made at a place of its own is replaced there, one that a layer was named is named anew."""
    assert event.site is not None
    layer = parameter.layer
    if event.made:
        return _called(event, f"{KERAS}{name}")
    argument = ARGUMENTS.get(parameter.role) if layer is not None and layer.kind else "initializer"
    return NameInitializer(site=event.site, argument=argument, name=name) if argument is not None else None


def by_fan_in(call: InitCall) -> ReplaceCall | None:
    """The initializer of the same library that divides by the fan of the inputs, for one that was made to be handed over."""
    if call.initializer.startswith(HAIKU):
        return _replaced(call.initializer, call.site, f"{HAIKU}VarianceScaling", {})
    if call.initializer.startswith(KERAS) and call.arguments:
        return _replaced(call.initializer, call.site, f"{KERAS}LecunNormal", {})
    return _replaced(call.initializer, call.site, f"{JAX}lecun_normal", {}) if call.initializer.startswith(JAX) else None


def _called(event: InitEvent, function: str, **wanted: str) -> ReplaceCall | None:
    """The call that makes the initializer, of another function and with other arguments."""
    return _replaced(event.initializer, event.site, function, wanted) if event.made and event.site is not None else None


def _replaced(initializer: str, site: Site, function: str, wanted: dict[str, str]) -> ReplaceCall:
    old = INITIALIZER_ARGUMENTS.get(initializer, ())
    dropped = tuple(name for name in old if name not in KEPT and name not in wanted)
    same = function.rpartition(".")[2] == initializer.rpartition(".")[2]
    return ReplaceCall(site=site, function=None if same else function, parameters=old, drop=dropped, set=tuple(wanted.items()), beside=True)
