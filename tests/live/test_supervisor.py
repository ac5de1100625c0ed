"""Targets that misbehave: each is a clear result, and the rest of the run goes on."""

from __future__ import annotations

import time
from pathlib import Path
from textwrap import dedent

import pytest

pytest.importorskip("torch", reason="torch is not installed: nothing can be built")

from initlint.live.options import Options
from initlint.live.results import TargetResult
from initlint.live.supervisor import Limits, parse_size, supervise

HOSTILE = """
    import os, subprocess, time
    import torch
    from torch import nn


    class Sleeps(nn.Module):
        def __init__(self):
            super().__init__()
            self.child = subprocess.Popen(["sleep", "600"])
            open("child", "w").write(str(self.child.pid))
            time.sleep(1e6)


    class Exits(nn.Module):
        def __init__(self):
            super().__init__()
            print("last words")
            os._exit(7)


    class Eats(nn.Module):
        def __init__(self):
            super().__init__()
            self.kept = []
            while True:
                self.kept.append(torch.ones(1 << 20))


    class Raises(nn.Module):
        def __init__(self):
            super().__init__()
            raise ValueError("too wide\\nfor the door")


    class Quits(nn.Module):
        def __init__(self):
            raise SystemExit(3)


    class Needs(nn.Module):
        def __init__(self, width, *, depth):
            super().__init__()


    class Good(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(300, 40)
            print("noise")
"""
LIMITS = Limits(120.0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "hostile.py").write_text(dedent(HOSTILE), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(name: str, limits: Limits = LIMITS) -> TargetResult:
    return supervise(f"hostile.py:{name}", Options(forward=False, seeds=1), limits)


def test_one_that_sleeps_for_ever_is_ended_with_its_children(folder: Path) -> None:
    steps: list[str] = []
    result = supervise("hostile.py:Sleeps", Options(), Limits(25.0), steps.append)
    assert result.status == "timeout" and result.reason is not None and "--timeout" in result.reason
    if steps[-1].startswith("building"):  # a machine may be too busy to get that far
        child = Path(f"/proc/{(folder / 'child').read_text(encoding='utf-8')}/status")
        time.sleep(0.2)
        assert not child.exists() or "zombie" in child.read_text(encoding="utf-8")


def test_one_that_eats_memory_is_ended(folder: Path) -> None:
    result = run("Eats", Limits(120.0, parse_size("1G")))
    assert result.status == "error" and result.reason is not None
    assert "more than 1.0 GiB of memory while building 1/1; --memory-limit" in result.reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Exits", "its code ended the process with status 7 while building 1/1: last words"),
        ("Raises", "Raises raises ValueError: too wide for the door (hostile.py:33)"),
        ("Quits", "SystemExit: 3 (hostile.py:38)"),
        ("Needs", "Needs needs arguments: write Needs(width=…, depth=…)"),
    ],
)
def test_others_say_what_happened(folder: Path, name: str, reason: str) -> None:
    result = run(name)
    assert result.status == "error" and result.reason is not None and reason in result.reason
    assert "\n" not in result.reason


def test_a_good_one_passes_whatever_it_prints(folder: Path) -> None:
    result = run("Good")
    assert (result.status, result.device, [p["verdict"] for p in result.parameters]) == ("passed", "cpu", ["ok", "ok"])


@pytest.mark.parametrize(("text", "size"), [("8G", 8 << 30), ("512m", 512 << 20), ("1.5GiB", 3 << 29), ("100", 100)])
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size
    with pytest.raises(ValueError, match=f"{text}x"):
        parse_size(f"{text}x")
