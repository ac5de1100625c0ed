"""The three questions, on models that are right and on models that are wrong in one way each."""

from __future__ import annotations

import copy
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch", reason="torch is not installed: nothing can be built")

from torch import nn  # noqa: E402

import initlint  # noqa: E402
from initlint.findings import Finding, Severity  # noqa: E402
from initlint.live.options import Options  # noqa: E402
from initlint.live.results import TargetResult, decode, encode  # noqa: E402
from initlint.live.verifying import verify_target  # noqa: E402

FAULTS = Path(__file__).parent / "models" / "faults.py"


def verify(target: str, **options: Any) -> TargetResult:
    return verify_target(target, Options(**options), lambda step: None)


def verify_text(folder: Path, text: str, expression: str = "Net", **options: Any) -> TargetResult:
    path = folder / f"net_{abs(hash(text))}.py"
    path.write_text("import copy\nimport torch\nfrom torch import nn\n\n" + dedent(text), encoding="utf-8")
    return verify(f"{path}:{expression}", **options)


def faults_by_line() -> dict[int, str]:
    lines = FAULTS.read_text(encoding="utf-8").splitlines()
    return {number: line.partition("# fault: ")[2] for number, line in enumerate(lines, 1) if "# fault: " in line}


def only(findings: list[Finding]) -> Finding:
    assert len(findings) == 1, [f"{f.code} {f.site.line} {f.message}" for f in findings]
    return findings[0]


def test_five_faults_are_named_with_their_lines() -> None:
    result = verify(f"{FAULTS}:Faulty")
    assert result.status == "failed" and {finding.site.line for finding in result.findings} == set(faults_by_line())


def test_a_sound_model_has_no_findings() -> None:
    result = verify(f"{FAULTS}:Sound", seeds=3)
    assert (result.status, result.findings, result.reason) == ("passed", [], None)
    rows = {row["name"]: row for row in result.parameters}
    assert {row["verdict"] for row in rows.values()} <= {"ok", "untested"}
    assert rows["fc1.weight"]["ratio"] == pytest.approx(1, rel=0.05) and rows["words.weight"]["verdict"] == "ok"


def test_what_travels_between_processes_arrives_as_it_was() -> None:
    result = verify(f"{FAULTS}:Faulty", signal=True)
    again = decode(encode(result))
    assert [(f.code, f.site, f.message, f.severity) for f in again.findings] == [(f.code, f.site, f.message, f.severity) for f in result.findings]
    assert again.parameters == result.parameters and again.status == "failed" and len(again.signal) == len(result.signal) > 4


def test_a_write_that_source_does_not_show_is_a_broken_claim(tmp_path: Path) -> None:
    text = """
        class Base(nn.Module):
            def __setattr__(self, name, value):
                super().__setattr__(name, value)
                if isinstance(value, nn.Linear) and name == "fc":
                    globals()["late"] = value

        class Net(Base):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(64, 64)
                nn.init.kaiming_normal_(self.fc.weight, nonlinearity="relu")
                getattr(nn.init, "".join(["uni", "form_"]))(late.weight)
    """
    result = verify_text(tmp_path, text, forward=False)
    overwritten, finding = result.findings
    assert (overwritten.code, overwritten.site.line) == ("INI505", 16)
    assert (finding.code, finding.parameter, finding.severity) == ("INI801", "fc.weight", Severity.ERROR)
    assert "source says normal of mean 0 and std 0.1768" in finding.message and ":16 was overwritten: uniform_ at" in finding.message
    assert {row["name"]: row["verdict"] for row in result.parameters}["fc.weight"] == "fails"


def test_an_init_after_weight_norm_has_no_effect(tmp_path: Path) -> None:
    text = """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.utils.parametrizations.weight_norm(nn.Linear(64, 64))
                nn.init.normal_(self.fc.weight, std=3.0)
    """
    finding = only([f for f in verify_text(tmp_path, text, forward=False).findings if f.code == "INI506"])
    assert finding.site.line == 10 and "normal_ has no effect" in finding.message


def test_memory_filled_in_part_is_found(tmp_path: Path) -> None:
    text = """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.table = nn.Parameter(torch.empty(10, 4))
                with torch.no_grad():
                    self.table[:7].normal_()
    """
    finding = only(verify_text(tmp_path, text, forward=False).findings)
    assert (finding.code, finding.site.line) == ("INI802", 9) and "12 of its 40 values are not ever set" in finding.message


def test_copies_are_found_and_tied_or_frozen_ones_left_alone() -> None:
    class Copies(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            block = nn.Linear(16, 16)
            self.blocks = nn.ModuleList(copy.deepcopy(block) for _ in range(3))
            self.tied = nn.Linear(16, 16)
            self.tied.weight = self.blocks[0].weight
            self.teacher = copy.deepcopy(self.tied).requires_grad_(False)

    finding = only(initlint.verify(Copies, forward=False).findings)
    assert (finding.code, finding.severity) == ("INI806", Severity.WARNING)
    assert finding.message.startswith("`blocks.*.weight` and `blocks.*.bias` start from") and "teacher" not in finding.message


def test_torchs_own_copies_are_a_note() -> None:
    result = initlint.verify(lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 2, 32, batch_first=True), 3), forward=False)
    assert {(f.code, f.severity) for f in result.findings} == {("INI806", Severity.NOTE)} and result.passed


def test_a_seed_in_the_constructor_is_found() -> None:
    class Seeded(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.fc = nn.Linear(16, 16)

    finding = only([f for f in initlint.verify(Seeded, forward=False).findings if f.code == "INI807"])
    assert "under each of 2 seeds they hold the same numbers" in finding.message
    assert not [f for f in initlint.verify(Seeded, forward=False, seeds=1).findings if f.code == "INI807"]


def test_contracts() -> None:
    def build() -> Any:
        return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64))

    kept = initlint.verify(build, expect={"*.weight": "kaiming_uniform(a=sqrt(5))", "*.bias": "default"})
    assert kept.passed and {row["question"] for row in kept.results[0].parameters} == {"contract"}
    broken = initlint.verify(build, expect={"0.weight": "kaiming_normal(nonlinearity='relu')"})
    finding = only(broken.findings)
    assert finding.code == "INI805" and "`0.weight` demands kaiming_normal(nonlinearity='relu')" in finding.message
    assert broken.results[0].parameters[0]["question"] == "contract" and broken.results[0].parameters[0]["verdict"] == "fails"


@pytest.mark.parametrize(
    ("expect", "reason"),
    [
        ({"nothing.*": "zeros"}, "'nothing.*' matches no parameter; the first is called '0.weight'"),
        ({"*": "kaming_normal"}, "did you mean 'kaiming_normal'?"),
        ({"*.bias": "xavier_normal"}, "on 0.bias: xavier_normal"),
    ],
)
def test_contracts_that_cannot_hold_are_told(expect: dict[str, str], reason: str) -> None:
    result = initlint.verify(lambda: nn.Sequential(nn.Linear(4, 4)), expect=expect).results[0]
    assert result.status == "error" and result.reason is not None and reason in result.reason


def test_assert_init_fails_with_the_report() -> None:
    initlint.assert_init(lambda: nn.Sequential(nn.Linear(64, 64)), {"0.bias": "default"})
    with pytest.raises(AssertionError, match=r"INI805 `0\.bias`: `0\.bias` demands zeros"):
        initlint.assert_init(lambda: nn.Sequential(nn.Linear(64, 64)), {"0.bias": "zeros"})


def test_a_model_that_exists_is_judged_and_left_alone() -> None:
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    before = copy.deepcopy(model.state_dict())
    result = initlint.verify(model, expect={"0.weight": "normal(std=5)"}, signal=True)
    assert only(result.findings).code == "INI805"
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert {p.grad for p in model.parameters()} == {None} and model.training


def test_signal_measured_is_signal_foretold() -> None:
    def build() -> Any:
        layers = [layer for _ in range(6) for layer in (nn.Linear(512, 512), nn.ReLU())]
        for layer in layers[::2]:
            nn.init.xavier_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
        return nn.Sequential(*layers)

    rows = initlint.verify(build, inputs="64,512", signal=True, seeds=4).results[0].signal
    assert [row["layer"] for row in rows] == [str(number) for number in range(0, 12, 2)]
    for row in rows[1:]:
        assert row["predicted"] == pytest.approx(0.5) and row["factor"] == pytest.approx(0.5, rel=0.15)
    assert rows[0]["gradient"] < rows[-1]["gradient"] and all(row["dead"] < 0.2 for row in rows)


def test_the_clamped_value_of_a_truncated_normal_is_no_fault(tmp_path: Path) -> None:
    text = """
        import helper

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(100, 100)
                helper.trunc_normal_(self.fc.weight)
    """
    helper = """
        import torch

        def trunc_normal_(tensor, std=0.02, a=-2.0, b=2.0):
            with torch.no_grad():
                tensor.uniform_(-1, 1).erfinv_().mul_(std * 2**0.5).clamp_(a, b)
                tensor.numpy()[0, 0] = b  # as where the generator returns 1, once in 2**24 draws
    """
    (tmp_path / "helper.py").write_text(dedent(helper), encoding="utf-8")
    result = verify_text(tmp_path, text, forward=False)
    assert not result.findings and result.parameters[0]["measured_std"] > 0.02
    assert (result.parameters[0]["verdict"], result.parameters[0]["expected_std"]) == ("ok", pytest.approx(0.02))


def test_half_precision(tmp_path: Path) -> None:
    result = verify_text(tmp_path, "def net():\n    return nn.Sequential(nn.Linear(64, 64), nn.LayerNorm(64))\n", "net()", dtype="bfloat16")
    assert result.status == "passed" and {row["verdict"] for row in result.parameters} == {"ok"}


def test_by_parts_draws_what_the_whole_would_hold() -> None:
    whole, parts = (verify(f"{FAULTS}:Sound", by_parts=by_parts) for by_parts in (False, True))
    assert parts.status == "passed" and parts.reason is not None and "one parameter at a time" in parts.reason
    assert [(row["name"], row["verdict"]) for row in parts.parameters] == [(row["name"], row["verdict"]) for row in whole.parameters]
    faulty = verify(f"{FAULTS}:Faulty", by_parts=True)
    assert {finding.site.line for finding in faulty.findings} == set(faults_by_line())


def test_by_parts_says_what_it_cannot_draw() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.orthogonal, self.cut, self.scaled = nn.Linear(32, 32), nn.Linear(32, 32), nn.Parameter(torch.randn(32, 32) * 2)
            nn.init.orthogonal_(self.orthogonal.weight)
            nn.init.trunc_normal_(self.cut.weight, std=0.02)

    rows = {row["name"]: row for row in initlint.verify(Net, by_parts=True, forward=False).results[0].parameters}
    assert {name: row["verdict"] for name, row in rows.items() if "bias" not in name} == {"orthogonal.weight": "ok", "cut.weight": "ok", "scaled": "untested"}
    assert rows["orthogonal.weight"]["distribution"] == "orthogonal" and rows["scaled"]["measured_std"] is None


@pytest.mark.parametrize(("device", "reason"), [("gpu0", "is not a device: write auto, cpu"), ("cuda:99", "no such device; use --device auto")])
def test_devices_that_are_not_there(device: str, reason: str) -> None:
    result = initlint.verify(lambda: nn.Linear(2, 2), device=device).results[0]
    assert result.status == "error" and result.reason is not None and reason in result.reason


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU: the same code runs on the CPU above")
def test_on_a_gpu() -> None:
    result = verify(f"{FAULTS}:Sound", device="cuda")
    assert (result.status, result.device) == ("passed", "cuda")
