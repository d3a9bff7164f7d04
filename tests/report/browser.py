"""Opens pages in headless Chromium, if it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--virtual-time-budget=5000",
    "--dump-dom",
]


def visit(address: str, folder: Path, width: int = 1400) -> tuple[str, list[str], list[str]]:
    """What the browser shows, what pages write on the console, and which addresses of the net were asked for."""
    assert CHROMIUM is not None
    log = folder / "net.json"
    options = [f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}", f"--window-size={width},900"]
    found = subprocess.run([CHROMIUM, *OPTIONS, *options, address], capture_output=True, text=True, timeout=120)
    console = [line for line in found.stderr.splitlines() if "CONSOLE" in line]
    asked = re.findall(r'"url":"(https?://[^"]*)"', log.read_text(encoding="utf-8", errors="replace"))
    asked = [one for one in asked if not re.match(r"https?://[^/]*(google|gvt1)", one)]  # the browser's own
    return found.stdout, console, asked
