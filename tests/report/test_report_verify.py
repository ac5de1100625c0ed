"""What is said of verified targets, for people and for programs."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

from initlint.findings import Finding, Severity, Site
from initlint.live.results import TargetResult
from initlint.report.verify import render

ROW: dict[str, Any] = {
    "name": "fc.weight", "shape": [4, 3], "distribution": "normal", "mean": 0.0, "std": 0.5, "low": None, "high": None, "law": "Var = 1 / fan_in",
    "initializer": "torch.nn.init.normal_", "origin": "call", "site": {"path": "src/net.py", "line": 7, "column": 9}, "layer": "Linear",
    "nonlinearity": "relu", "gain": 1.414, "reason": None, "measured_mean": 0.01, "measured_std": 0.25, "expected_std": 0.5, "ratio": 0.5,
    "verdict": "fails", "question": "claim",
}  # fmt: skip
BIAS = {**ROW, "name": "fc.bias", "shape": [4], "distribution": "constant", "std": 0.0, "expected_std": 0.0, "ratio": None, "verdict": "untested", "site": None}
FINDING = Finding(
    code="INI801", rule="claim-differs", message="50 % off, says <a & b>", site=Site("src/net.py", 7, 9, 7, 20), severity=Severity.ERROR,
    model="Net", parameter="fc.weight", parameters=("Net:fc.weight",),
)  # fmt: skip
RESULTS = [
    TargetResult(target="net.py:Net", status="failed", device="cpu", parameters=[ROW, BIAS], findings=[FINDING]),
    TargetResult(target="slow.py:Slow", status="timeout", reason="took longer than --timeout allows\nwhile building"),
]


def test_json_has_the_keys_of_the_contract() -> None:
    made = json.loads(render(RESULTS, "json"))
    assert list(made) == ["schema_version", "results"] and made["schema_version"] == 1
    failed, slow = made["results"]
    assert list(failed) == ["target", "status", "device", "reason", "parameters", "findings"]
    assert failed["parameters"] == [ROW, BIAS] and failed["findings"][0]["parameter"] == "fc.weight"
    assert (slow["status"], slow["device"], slow["parameters"], slow["findings"]) == ("timeout", None, [], [])


def test_text_shows_expected_beside_measured() -> None:
    text = render(RESULTS, "text", sources={"src/net.py": "\n" * 6 + "        nn.init.normal_(w)\n"})
    assert "net.py:Net failed on cpu" in text and "slow.py:Slow timeout" in text
    assert "fc.weight  4×3    normal 0.5  0.25      0.500  fails     claim     net.py:7" in text
    assert "2 parameters: 0 as expected, 1 not, 1 untested" in text
    assert "src/net.py:7:9: INI801 50 % off" in text and "^^^^^^^^^^^ INI801" in text
    assert text.endswith("2 targets: 1 failed, 1 timed out.\n")
    assert all(len(line) <= 84 for line in render(RESULTS[:1], "text", columns=84).splitlines() if line.startswith(("fc", "parameter")))


def test_junit_is_xml_with_one_case_per_parameter() -> None:
    suites = list(ElementTree.fromstring(render(RESULTS, "junit")))
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures"), suite.get("errors")) for suite in suites] == [
        ("net.py:Net", "2", "1", "0"),
        ("slow.py:Slow", "1", "0", "1"),
    ]
    failure = suites[0].find("testcase/failure")
    assert failure is not None and (failure.get("type"), failure.get("message"), failure.text) == ("INI801", "50 % off, says <a & b>", "src/net.py:7")
    assert suites[0].find("testcase[@name='fc.bias']/skipped") is not None


def test_github_annotations_stand_at_their_lines() -> None:
    lines = render(RESULTS, "github").splitlines()
    assert lines[0] == "::error file=src/net.py,line=7,endLine=7,col=9,endColumn=20,title=INI801 claim-differs::50 %25 off, says <a & b>"
    assert lines[1] == "::error title=initlint verify::slow.py:Slow: took longer than --timeout allows%0Awhile building"


def test_signal_is_shown_where_it_was_measured() -> None:
    row = {
        "layer": "fc",
        "kind": "Linear",
        "mean": 0.0,
        "second_moment": 0.5,
        "factor": 0.25,
        "predicted": 0.26,
        "gradient": None,
        "dead": 0.125,
        "saturated": None,
    }
    result = TargetResult(target="net.py:Net", status="passed", device="cpu", parameters=[ROW], signal=[row])
    assert "fc     0.5     0.25       0.26                 12.5%" in render([result], "text")
    assert json.loads(render([result], "json"))["results"][0]["signal"] == [row]
