"""The report in a real browser: headless Chromium opens the page inside a page that looks at it and writes down what it sees."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from initlint.cli import main
from tests.test_cli_report import NET

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "headless_shell")
CHROMIUM = os.environ.get("CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH, nor in the variable CHROMIUM")

LOOK = """<!DOCTYPE html><body><iframe id="f" style="border:0;width:WIDTHpx;height:900px"></iframe><pre id="seen"></pre><script>
const f = document.getElementById("f");
f.onload = () => {
  const d = f.contentDocument, w = f.contentWindow, root = d.documentElement;
  for (const one of d.querySelectorAll("details")) one.open = true;
  const wide = [...d.querySelectorAll("body *")].filter(e => !e.closest(".wide, nav") && e.getBoundingClientRect().right > WIDTH + 1);
  const keys = [...d.querySelectorAll("a[href], summary, [tabindex]")];
  const reached = keys.filter(e => { e.focus(); return d.activeElement === e; });
  const charts = [...d.querySelectorAll("figure > svg[role=img]")].map(e => { const b = e.getBoundingClientRect(); return [b.width, b.height]; });
  const seen = {scroll: root.scrollWidth, width: w.innerWidth, wide: wide.map(e => e.outerHTML.slice(0, 80)), keys: keys.length, reached: reached.length,
    scrollers: [...d.querySelectorAll(".wide")].filter(e => e.tabIndex !== 0).length, charts, back: w.getComputedStyle(d.body).backgroundColor,
    text: w.getComputedStyle(d.body).color, lines: d.querySelectorAll("path.line").length};
  document.getElementById("seen").textContent = JSON.stringify(seen);
};
f.src = "report.html";
</script></body>
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("browser")
    (made / "net.py").write_text(NET, encoding="utf-8")
    assert main(["report", f"{made / 'net.py'}:Net", "-o", str(made / "report.html")]) == 0
    return made


def look(folder: Path, width: int, *flags: str) -> tuple[dict[str, Any], str]:
    """What the page sees at ``width`` pixels, and what the browser's console said."""
    (folder / "look.html").write_text(LOOK.replace("WIDTH", str(width)), encoding="utf-8")
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", "--enable-logging=stderr", *flags]
    command += [f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=4000", "--dump-dom", (folder / "look.html").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    match = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.DOTALL)
    assert match is not None and match[1], done.stderr
    return json.loads(unescape(match[1])), "\n".join(line for line in done.stderr.splitlines() if ":CONSOLE" in line)


def brightness(colour: str) -> float:
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3])) / 3


@pytest.mark.parametrize("width", [360, 1440])
def test_nothing_overflows_and_the_charts_are_there(folder: Path, width: int) -> None:
    seen, console = look(folder, width)
    assert console == ""
    assert seen["width"] == width and seen["scroll"] <= width and seen["wide"] == []
    assert len(seen["charts"]) == 2 and all(wide > 0.8 * min(width, 1100) - 40 and high > 100 for wide, high in seen["charts"])
    assert seen["lines"] >= 5


def test_every_link_and_scrolled_region_is_reached_by_the_keyboard(folder: Path) -> None:
    seen, _ = look(folder, 360)
    assert seen["keys"] == seen["reached"] >= 8 and seen["scrollers"] == 0


def test_the_page_follows_the_dark(folder: Path) -> None:
    light, _ = look(folder, 1440, "--blink-settings=preferredColorScheme=1")
    dark, _ = look(folder, 1440, "--blink-settings=preferredColorScheme=0")
    assert brightness(light["back"]) > 240 > 60 > brightness(light["text"])
    assert brightness(dark["back"]) < 60 < 200 < brightness(dark["text"])
