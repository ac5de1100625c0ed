"""JUnit XML: a test suite per file, a failure per finding; notes fail nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from xml.etree import ElementTree as tree

from initlint.findings import Finding, Severity
from initlint.report.paint import safe
from initlint.report.places import relative

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(findings: Sequence[Finding], *, root: str) -> str:
    """An XML document; a run without findings is one test that passed."""
    suites = tree.Element("testsuites", name="initlint")
    for path, group in groupby(findings, key=lambda finding: finding.site.path):
        _suite(suites, _clean(relative(path, root)), list(group))
    if not findings:
        suite = tree.SubElement(suites, "testsuite", _counts(1, 0), name="initlint")
        tree.SubElement(suite, "testcase", name="initlint", classname="initlint")
    suites.attrib |= _counts(max(1, len(findings)), sum(map(_fails, findings)))
    tree.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tree.tostring(suites, encoding="unicode")}\n'


def _suite(suites: tree.Element, path: str, findings: Sequence[Finding]) -> None:
    suite = tree.SubElement(suites, "testsuite", _counts(len(findings), sum(map(_fails, findings))), name=path)
    for finding in findings:
        where = replace(finding.site, path=path)
        line = str(finding.site.file_lines[0])
        case = tree.SubElement(suite, "testcase", name=f"{finding.code} {finding.rule} at {where}", classname=path, file=path, line=line)
        text = "\n".join(map(_clean, filter(None, [f"{where}: {finding.code} {finding.message}", finding.help])))
        if _fails(finding):
            tree.SubElement(case, "failure", type=finding.severity.value, message=_clean(finding.message)).text = text
        else:
            tree.SubElement(case, "system-out").text = text


def _fails(finding: Finding) -> bool:
    return finding.severity is not Severity.NOTE


def _counts(tests: int, failures: int) -> dict[str, str]:
    return {"tests": str(tests), "failures": str(failures), "errors": "0"}


def _clean(text: str) -> str:
    """``text`` on one line, with every character that XML forbids spelled out."""
    return _ILLEGAL.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), safe(text))
