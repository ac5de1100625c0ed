"""``python -m initlint``."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    # Python puts the current folder in front of what can be imported: the code that is to be read, and never to be run.
    if sys.path[0] == os.getcwd() and not getattr(sys.flags, "safe_path", False):
        del sys.path[0]
    from initlint.cli import script

    script()
