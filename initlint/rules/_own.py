"""What the tool says about files it cannot use and comments it does not understand: codes like those of rules, without a check."""

from __future__ import annotations

SYNTAX_ERROR = (
    "INI901",
    "syntax-error",
    "File that is not valid Python",
    """\
## What it does
Names the first place at which a file stops being Python of the version initlint runs on.

## What to do
Mend the file, run initlint on a newer Python, or leave the file out with `extend-exclude`. No comment in the file can silence this.""",
)
UNREADABLE_FILE = (
    "INI902",
    "unreadable-file",
    "File that cannot be read as source",
    """\
## What it does
Says why a file was not read: permissions, an encoding that is not the declared one, null bytes, or more than 4 MB.

## What to do
Mend the file, or leave it out with `extend-exclude`. No comment in the file can silence this.""",
)
ANALYSIS_FAILED = (
    "INI903",
    "analysis-failed",
    "File whose analysis was given up",
    """\
## What it does
Says that nothing is known about the models of a file: it nests too deeply, or initlint has a fault. Other files are not affected.

## What to do
INITLINT_DEBUG=1 shows where an internal fault is; please report it. No comment in the file can silence this.""",
)
UNUSED_SUPPRESSION = (
    "INI904",
    "unused-suppression",
    "Comment that silences nothing",
    """\
## What it does
Finds `# initlint: ignore[CODE]` where the rule ran and has nothing to say. A comment that outlives its reason would hide the next fault.

## What to do
Remove the code from the comment, or the comment.""",
)
UNKNOWN_SUPPRESSION = (
    "INI905",
    "unknown-suppression",
    "Comment that names no rule",
    """\
## What it does
Finds `# initlint: ignore[CODE]` whose code is that of no rule: it silences nothing, and its author believes it does.

## What to do
Write a code or name that `initlint rules` lists.""",
)
OWN = (SYNTAX_ERROR, UNREADABLE_FILE, ANALYSIS_FAILED, UNUSED_SUPPRESSION, UNKNOWN_SUPPRESSION)
