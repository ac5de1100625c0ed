"""What a verified target comes to, and how it travels from the process that built it to the one that reports it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from initlint.findings import Finding, Severity, Site
from initlint.report.json import clean, row

Status = Literal["passed", "failed", "error", "timeout"]


@dataclass(slots=True, kw_only=True)
class TargetResult:
    """One target: its table with what was measured, and its findings."""

    target: str
    status: Status
    device: str | None = None
    reason: str | None = None
    """Why it could not be verified, or could only in part."""
    parameters: list[dict[str, Any]] = field(default_factory=list)
    """The rows of ``show`` with measured and expected moments, verdict and question."""
    findings: list[Finding] = field(default_factory=list)
    signal: list[dict[str, Any]] = field(default_factory=list)
    """Moments of the signal and its gradient by layer, where asked for."""
    inputs: list[list[int]] = field(default_factory=list)
    """Shapes of the positional inputs that the signal was measured on."""

    @property
    def ran(self) -> bool:
        """Whether the target could be built."""
        return self.status in ("passed", "failed")


@dataclass(slots=True)
class VerifyResult:
    """All targets of a run, in order."""

    results: list[TargetResult] = field(default_factory=list)

    @property
    def findings(self) -> list[Finding]:
        """Those of every target."""
        return [finding for result in self.results for finding in result.findings]

    @property
    def passed(self) -> bool:
        """Whether every target was built and none has a finding that counts."""
        return all(result.status == "passed" for result in self.results)


def status_of(findings: list[Finding]) -> Status:
    """``failed`` where any finding is more than a note."""
    return "failed" if any(finding.severity is not Severity.NOTE for finding in findings) else "passed"


def to_row(result: TargetResult) -> dict[str, Any]:
    """A result as ``verify --format json`` lists it."""
    made: dict[str, Any] = {name: getattr(result, name) for name in ("target", "status", "device", "reason", "parameters")}
    made["findings"] = [row(finding) for finding in result.findings]
    return made | ({"signal": result.signal, "inputs": result.inputs} if result.signal else {})


def encode(result: TargetResult) -> str:
    """A result as one JSON text."""
    rows = [{**row(finding), "help": finding.help, "parameters": finding.parameters} for finding in result.findings]
    return json.dumps(clean({**to_row(result), "findings": rows}))


def decode(text: str) -> TargetResult:
    """What ``encode`` wrote. Raises ``ValueError`` or ``KeyError`` where something else did."""
    made = json.loads(text)
    findings = [_finding(one) for one in made["findings"]]
    fields = {name: made[name] for name in ("target", "status", "device", "reason", "parameters")}
    return TargetResult(**fields, findings=findings, signal=made.get("signal", []), inputs=made.get("inputs", []))


def _finding(made: dict[str, Any]) -> Finding:
    start, end = made["location"], made["end_location"]
    site = Site(made["filename"], start["row"], start["column"], end["row"], end["column"])
    return Finding(
        code=made["code"],
        rule=made["rule"],
        message=made["message"],
        site=site,
        severity=Severity(made["severity"]),
        model=made["model"],
        parameter=made["parameter"],
        parameters=tuple(made["parameters"]),
        confidence=made["confidence"],
        evidence=made["evidence"],
        help=made["help"],
    )
