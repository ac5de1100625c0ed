"""The README shows what the commands really print."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from initlint.cli import main

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
NET = re.search(r"```python\n# net\.py\n(.*?)```", README, re.DOTALL)
EXAMPLES = re.findall(r"```console\n\$ initlint ([^\n]*)\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds the README's model, as the current one, on a terminal of 100 columns."""
    assert NET is not None
    (tmp_path / "net.py").write_text(NET[1], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


@pytest.mark.parametrize(("command", "output"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_the_console_examples_are_real(folder: Path, capsys: pytest.CaptureFixture[str], command: str, output: str) -> None:
    """Every console block is the output of its command."""
    main(command.split())
    shown = "".join(f"{line.rstrip()}\n" for line in capsys.readouterr().out.splitlines())
    assert shown == "".join(f"{line.rstrip()}\n" for line in output.splitlines())


def test_the_example_runs_and_its_repair_does_what_it_says(folder: Path) -> None:
    """With the fix the signal of the first network survives eight layers; without it, 0.4 % of its variance does."""
    pytest.importorskip("torch")
    code = "import torch; torch.manual_seed(0); from net import Net; x = torch.randn(512, 256); y = x\nfor h in Net().hidden: y = h(y).relu()\n"
    code += "print(float(y.square().mean() / x.square().mean()))"

    def ratio() -> float:
        return float(subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True).stdout)

    assert 0.001 < ratio() < 0.016
    assert main(["fix", "--apply", "net.py"]) == 0
    assert 0.25 < ratio() < 4


def test_two_commands_set_up() -> None:
    """One to use it, one to develop it; `.ci/run` runs both."""
    assert len(re.findall(r"^python -m venv ", README, re.MULTILINE)) == 2
    assert len(EXAMPLES) == 3
