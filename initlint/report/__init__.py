"""Reports: pure functions from findings, graphs and texts to strings. Nothing here prints."""

from __future__ import annotations

FORMATS = ("text", "concise", "json", "sarif", "github", "gitlab", "junit", "rdjson")
"""What findings can be reported as; ``formats`` knows how."""
