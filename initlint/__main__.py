"""``python -m initlint``."""

from __future__ import annotations

import sys

from initlint.cli import main

if __name__ == "__main__":
    sys.exit(main())
