"""Findings that every format has to render: plain, fixable, hostile, and in a notebook."""

from __future__ import annotations

from initlint.findings import Cell, Edit, Finding, Fix, Safety, Severity, Site

ROOT = "/project"
SOURCE = 'import torch.nn as nn\nß = "日本"; nn.init.xavier_uniform_(w)\n'
SITE = Site("src/net.py", 2, 11, 2, 36)
WARNING = Finding(
    code="INI101",
    rule="scale-nonlinearity-mismatch",
    message="`fc.weight`: 0.4 % of the variance is left",
    site=SITE,
    severity=Severity.WARNING,
    help="Xavier suits tanh",
    model="Net",
    parameter="fc.weight",
    fix=Fix(
        message="Use kaiming_uniform_",
        safety=Safety.SAFE,
        edits=(Edit("kaiming_uniform_", Site("src/net.py", 2, 19, 2, 34)), Edit("nn, torch", Site("src/net.py", 1, 20, 1, 22))),
    ),
    evidence={"sites": [{"path": "/elsewhere/helper.py", "row": 7, "column": 3}]},
)
ERROR = Finding(code="INI902", rule="unreadable-file", message="cannot be read", site=Site("/other/x.py", 1, 1, 1, 1), severity=Severity.ERROR)
NOTE = Finding(code="INI402", rule="missing-norm-init", message="n", site=Site("src/net.py", 1, 1, 2, 3), severity=Severity.NOTE)
CELL = Cell(number=3, first=10, file_lines=(40, 41, 42))
IN_CELL = Finding(
    code="INI201",
    rule="zero-weight",
    message="z",
    site=Site("a.ipynb", 11, 5, 12, 9, CELL),
    severity=Severity.WARNING,
    fix=Fix(message="Use it", safety=Safety.SAFE, edits=(Edit("he", Site("a.ipynb", 11, 5, 11, 7, CELL)),)),
)
EVIL = "\x1b[31m\n::error::x,%\r]]></failure>&\"'\u202e\x00\ufffe\udce9{0}[a](b)"
HOSTILE = Finding(code="INI101", rule="r", message=f"m {EVIL}", site=Site(f"{EVIL}/net.py", 1, 1, 1, 2), severity=Severity.ERROR, help=EVIL, parameter=EVIL)
SOURCES = {"src/net.py": SOURCE, HOSTILE.site.path: f"# {EVIL}", "a.ipynb": "\n" * 12}
ALL = [WARNING, NOTE, ERROR, IN_CELL, HOSTILE]
