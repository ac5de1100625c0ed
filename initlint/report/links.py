"""Where the manual is published."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, metadata


def documentation() -> str | None:
    """The address of ``docs`` that the installed package gives; None where it gives none."""
    try:
        links = metadata("initlint").get_all("Project-URL") or ()
    except PackageNotFoundError:
        return None
    pairs = (str(link).partition(",") for link in links)
    return next((address.strip() for label, _, address in pairs if label.strip().lower() == "documentation"), None)
