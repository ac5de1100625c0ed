"""The pytest plugin: a fixture to assert how models start, and the targets of ``pyproject.toml`` as tests.

    def test_starts_right(initlint):
        initlint.assert_init(Net, {"hidden.*.weight": "kaiming_normal(nonlinearity='relu')"})

``pytest --initlint`` adds one test per target of ``[tool.initlint.verify]``. Nothing heavy is imported until either is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(name="initlint")
def _initlint() -> ModuleType:
    """The package, for ``initlint.assert_init(model, …)``; skips where torch is not installed."""
    pytest.importorskip("torch", reason="initlint.assert_init builds models and needs torch")
    import initlint

    return initlint


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--initlint``."""
    group = parser.getgroup("initlint", "initialization of models")
    group.addoption("--initlint", action="store_true", help="verify the targets of [tool.initlint.verify] in pyproject.toml, one test each")


def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the targets behind the tests."""
    if config.getoption("--initlint"):
        items.extend(_targets(session, config.rootpath))


def _targets(session: pytest.Session, root: Path) -> Iterator[pytest.Item]:
    from initlint.live import settings
    from initlint.live.jobs import Overrides, plan

    try:
        jobs = list(plan(settings.load(settings.find(root)), (), Overrides()))
    except settings.SettingsError as error:
        raise pytest.UsageError(str(error)) from None
    for job in jobs:
        yield Target.from_parent(session, name=job.target, job=job)


class Target(pytest.Item):
    """One target as a test."""

    def __init__(self, *, job: Any, **options: Any) -> None:
        super().__init__(**options)
        self.job = job

    def runtest(self) -> None:
        """Verify it in a process of its own."""
        from initlint.live.supervisor import supervise

        result = supervise(self.job.target, self.job.options, self.job.limits)
        if result.status != "passed":
            raise _NotVerified(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The report in place of a traceback."""
        if not isinstance(excinfo.value, _NotVerified):
            return super().repr_failure(excinfo, style)
        from initlint.live.examine import text_of
        from initlint.report.verify import to_text

        result = excinfo.value.result
        return to_text([result], sources={finding.site.path: text_of(finding.site.path) for finding in result.findings})

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the target is named."""
        return self.path, None, f"initlint: {self.name}"


class _NotVerified(Exception):
    """A target that did not pass."""

    def __init__(self, result: Any) -> None:
        super().__init__(result.status)
        self.result = result
