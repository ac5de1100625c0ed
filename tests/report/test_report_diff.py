"""Diffs that keep every newline."""

from __future__ import annotations

from initlint.report.diff import shown, unified
from initlint.report.paint import coloured


def test_a_diff_is_one_that_patch_reads() -> None:
    """Header, hunk and lines; carriage returns are part of the line."""
    assert unified("net.py", "a\r\nb\n", "a\r\nc\n") == "--- net.py\n+++ net.py\n@@ -1,2 +1,2 @@\n a\r\n-b\n+c\n"


def test_a_missing_last_newline_is_said() -> None:
    """The marker that patch expects."""
    marker = "\\ No newline at end of file\n"
    assert unified("net.py", "a", "b") == f"--- net.py\n+++ net.py\n@@ -1 +1 @@\n-a\n{marker}+b\n{marker}"


def test_only_line_feeds_end_lines() -> None:
    """Form feeds and separators inside a line do not split it."""
    assert unified("net.py", "a\x0cb\u2028c\n", "a\x0cb\u2028d\n").endswith("-a\x0cb\u2028c\n+a\x0cb\u2028d\n")


def test_no_change_is_no_diff() -> None:
    """Equal texts give nothing."""
    assert unified("net.py", "a\n", "a\n") == ""


def test_a_terminal_gets_colour_and_no_escapes_of_others() -> None:
    """Control characters are spelled out, tabs and letters stay."""
    diff = unified("n\x1bet.py", "\ta\x1b[2J\r\n", "\tb\r\n")
    assert shown(diff) == "--- n\\x1bet.py\n+++ n\\x1bet.py\n@@ -1 +1 @@\n-\ta\\x1b[2J\n+\tb\n"
    assert "\x1b[32m+\tb\x1b[0m" in shown(diff, coloured())
