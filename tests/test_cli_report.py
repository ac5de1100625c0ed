"""``initlint report`` as its users run it."""

from __future__ import annotations

import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from initlint.cli import main

NET = """import torch.nn as nn
import torch.nn.functional as F

NOTE = "</td><script>alert(1)</script>"


class Net(nn.Module):
    def __init__(self, width=256, depth=8):
        super().__init__()
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.head = nn.Linear(width, 10)
        for layer in self.hidden:
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        for layer in self.hidden:
            x = F.relu(layer(x))
        return self.head(x)


class Open(nn.Module):
    def __init__(self, inputs, width):
        super().__init__()
        self.a = nn.Linear(inputs, width)

    def forward(self, x):
        return F.relu(self.a(x))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(100, 96)
        self.cell = nn.LSTM(96, 128, batch_first=True)
        self.head = nn.Linear(128, 10)

    def forward(self, x):
        return self.head(self.cell(self.tokens(x))[0])


class Odd(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.b = nn.Linear(4, 4)

    def forward(self, x):
        return self.b(x.undreamt_of(self.a(x)))
"""
VOID = {"meta", "line", "path"}


class Balance(HTMLParser):
    """Follows the open elements, and remembers what a reader of the page needs."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in (*VOID, "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and self.open.pop() != tag:
            self.wrong.append(tag)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def page(folder: Path, target: str, *more: str) -> str:
    assert main(["report", target, "-o", "out.html", "--force", *more]) == 0
    return (folder / "out.html").read_text(encoding="utf-8")


def test_the_page_stands_alone_and_shows_everything(folder: Path) -> None:
    text = page(folder, "net.py:Net")
    balance = Balance()
    balance.feed(text)
    assert not balance.wrong and not balance.open
    assert "Suboptimal: at hidden.7 the second moment of the signal is 0.00781 times" in text
    assert "After the fixes: ok: " in text and "predicted after the fixes" in text
    assert "<ins class='ins'>+" in text and "kaiming_uniform_" in text
    assert 'id="L13"' in text and "xavier_uniform_: uniform(±0.1083), std 0.0625 (hidden.0.weight, hidden.1.weight, hidden.2.weight and 5 more)" in text
    assert not re.search(r'(?:src|href)="(?!#)', text) and "<script" not in text and "@import" not in text


def test_a_screen_reader_finds_its_way(folder: Path) -> None:
    balance = Balance()
    balance.feed(page(folder, "net.py:Net"))
    tags = [tag for tag, _ in balance.seen]
    assert tags.count("caption") == tags.count("table") == 3
    assert all("scope" in attrs for tag, attrs in balance.seen if tag == "th")
    pictures = [attrs for tag, attrs in balance.seen if tag == "svg" and attrs.get("aria-hidden") != "true"]
    assert len(pictures) == 3 and all(attrs["role"] == "img" and attrs["aria-label"] for attrs in pictures)
    assert all("hidden.0" in (attrs["aria-label"] or "") for attrs in pictures[:2]) and "after the fix" in (pictures[2]["aria-label"] or "")
    targets = {attrs.get("id") for _, attrs in balance.seen}
    assert all((attrs["href"] or "")[1:] in targets for tag, attrs in balance.seen if tag == "a")


def test_what_is_not_followed_is_marked_on_the_curve_and_says_why(folder: Path) -> None:
    text = page(folder, "net.py:Odd")
    assert "1 operation could not be followed" in text or "operations could not be followed" in text
    assert "not known, see the notes" in text


def test_json_holds_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "net.py:Net", "--format", "json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["verdict"] == "suboptimal" and [one["code"] for one in content["findings"]] == ["INI101"]
    first = content["parameters"][0]
    assert first["name"] == "hidden.0.weight" and first["ratio"] == pytest.approx(0.5**0.5) and first["verdict"] == "smaller"
    hidden = [point["second_moment"] for point in content["curve"] if point["name"].startswith("hidden")]
    assert hidden == pytest.approx([0.5**depth for depth in range(8)])
    after = [point["second_moment"] for point in content["curve_after_fixes"] if point["name"].startswith("hidden")]
    assert after == pytest.approx([2.0] * 8)
    (remedy,) = content["remedies"]
    assert remedy["code"] == "INI101" and remedy["verdict_after"] == "ok" and "+            nn.init.kaiming_uniform_(" in remedy["diff"]


def test_the_suffix_chooses_the_format(folder: Path) -> None:
    assert main(["report", "net.py:Net", "-o", "out.svg"]) == 0
    assert ElementTree.parse(folder / "out.svg").getroot().tag.endswith("svg")
    assert main(["report", "net.py:Net", "-o", "out.md"]) == 0
    assert (folder / "out.md").read_text(encoding="utf-8").startswith("# Initialization of `net.py:Net`\n")


def test_a_png_needs_matplotlib_and_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["report", "net.py:Net", "-o", "out.png"]) == 2
    captured = capsys.readouterr()
    assert "--format png needs matplotlib: pip install" in captured.err and captured.err.count("\n") == 1
    assert not (folder / "out.png").exists()


def test_a_png_is_drawn_where_matplotlib_is(folder: Path) -> None:
    pytest.importorskip("matplotlib")
    assert main(["report", "net.py:Net", "-o", "out.png"]) == 0
    assert (folder / "out.png").read_bytes().startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["net.py:Net", "-o", "net.py"], "net.py exists; --force replaces it"),
        (["net.py:Net", "-o", "nowhere/out.html"], "cannot write nowhere/out.html"),
        (["net.py:Nope"], "defines no Nope"),
        (["net.py"], "is not a target"),
    ],
)
def test_bad_input_gets_one_clear_line(folder: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", *arguments]) == 2
    captured = capsys.readouterr()
    assert message in captured.err and captured.err.count("\n") == 1 and not captured.out
    assert (folder / "net.py").read_text(encoding="utf-8") == NET


def test_a_run_puts_measured_beside_predicted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    assert main(["report", "net.py:Net", "--run", "--seeds", "2", "--device", "cpu", "--format", "json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["builds"] == 2 and content["reason"] is None
    for point in content["curve"]:
        if point["name"].startswith("hidden"):
            assert point["measured_second_moment"] == pytest.approx(point["second_moment"], rel=0.4)
            assert point["measured_gradient"] == pytest.approx(point["gradient"], rel=0.5)
    first = content["layers"][0]
    assert first["second_moment_min"] <= first["second_moment_median"] <= first["second_moment_max"]
    assert sum(first["histogram"]["counts"]) > 0 and len(first["histogram"]["counts"]) == len(first["gradient_histogram"]["counts"])
    assert first["dead"] < 0.02 and first["saturated"] is None
    assert content["parameters"][0]["measured_std"] == pytest.approx(content["parameters"][0]["std"], rel=0.05)
    text = page(folder, "net.py:Net", "--run", "--seeds", "1", "--device", "cpu")
    assert text.count('<path class="x"') == 9 and text.count('<path class="g"') == 9 and "measured std" in text
    assert re.search(r"E x² from 0\.00391 to 1, measured from 0\.\d+ to [\d.]+<", text) and re.search(r"measured std/law from 0\.99\d* to 1(\.0\d+)?<", text)
    assert "measured, median and range of 1 build" in text and "Measured over predicted E x² at 9 layers, 1 build: median" in text


def test_a_model_that_cannot_run_is_reported_without(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    assert main(["report", "net.py:Odd", "--run", "--seeds", "1", "--device", "cpu", "--format", "json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert "undreamt_of" in content["reason"] and content["curve"]
    assert all(point["measured_second_moment"] is None for point in content["curve"])


@pytest.mark.parametrize("name", ["html", "md", "json", "svg"])
def test_sizes_that_are_not_known_are_said_to_be_unknown(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "net.py:Open", "--format", name]) == 0
    out = capsys.readouterr().out
    assert name == "svg" or ("Not known: every layer rests on operations that are not followed" in out and "a.weight has no moments in numbers" in out)


def test_tables_and_recurrent_layers_are_measured_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    assert main(["report", "net.py:Recurrent", "--run", "--seeds", "3", "--device", "cpu", "--format", "json"]) == 0
    points = {point["name"]: point for point in json.loads(capsys.readouterr().out)["curve"]}
    assert list(points) == ["tokens", "cell", "head"]
    for point in points.values():
        assert point["measured_second_moment"] == pytest.approx(point["second_moment"], rel=0.4)
        assert point["measured_gradient"] == pytest.approx(point["gradient"], rel=0.6)
