"""README.md and the pages of docs/ show what runs: their Python blocks and their commands, in order, page by page."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from graphcascade.cli import main

ROOT = Path(__file__).parents[1]
PAGES = [
    "README.md",
    "docs/first_steps.md",
    "docs/scale.md",
    *(f"docs/guide/{path.name}" for path in (ROOT / "docs/guide").glob("*.md")),
]
TEXTS = {page: (ROOT / page).read_text(encoding="utf-8") for page in sorted(PAGES)}
# These commands read published files, or need cascades with dates, which simulated ones do not have.
SKIPPED = re.compile(r"\b(reproduce|Memetracker|Irvine|FlickrFavourites|WeiboDeepHawkes|new-users)\b")
TRAINING = ("fit", "compare", "tune", "report")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXTS[page], re.MULTILINE | re.DOTALL)


def commands(page: str) -> Iterator[list[str]]:
    """Yields the words of the commands of a page."""
    text = "".join(blocks(page, "bash")).replace("\\\n", "")
    for line in re.findall(r"^graphcascade ([^#\n]*)", text, re.MULTILINE):
        if not SKIPPED.search(line):
            yield shlex.split(line)


def test_pages_are_found() -> None:
    assert len(TEXTS) > 10
    assert sum(len(list(commands(page))) for page in TEXTS) > 30


@pytest.mark.parametrize("page", [page for page in TEXTS if blocks(page, "python")])
def test_python_blocks_run_in_order(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    if any('"my.csv"' in block for block in blocks(page, "python")):
        main(["simulate", "my.csv", "--cascades", "60"])
    for number, block in enumerate(blocks(page, "python"), 1):
        exec(compile(block, f"{page}, block {number}", "exec"), namespace)
    plt.close("all")


@pytest.mark.parametrize("page", [page for page in TEXTS if any(commands(page))])
def test_commands_run_in_order(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    simulated = {words[1] for words in commands(page) if words[0] == "simulate"}
    if "my.csv" not in simulated:
        main(["simulate", "my.csv", "--cascades", "60", "--write-graph", "follows.csv"])
    for words in commands(page):
        if words[0] == "simulate" and "--cascades" in words:
            place = words.index("--cascades") + 1
            words[place] = str(min(200, int(words[place])))
        if "--trials" in words:
            words[words.index("--trials") + 1] = "1"
        if words[0] in TRAINING and "--max-epochs" not in words:
            words += ["--max-epochs", "1"]
        if words[0] == "report":
            quickest = {"my-posts": "RidgeRegression", "my-tweets": "BPRMF"}.get(words[1], "LSTM")
            words += ["--overwrite", *(() if "--models" in words else ("--models", quickest))]
        if words[0] == "demo":
            words += ["--cascades", "60", "--max-epochs", "1"]
        if "--user" in words:  # the columns have the names that the command gives
            names = {column: words[words.index(f"--{column}") + 1] for column in ("user", "item", "time")}
            pd.read_csv("my.csv").rename(columns=names).to_csv("renamed.csv", index=False)
            words = ["renamed.csv" if word == "my.csv" else word for word in words]
        assert main(words) == 0, f"{page}: graphcascade {' '.join(words)}\n{capsys.readouterr().err}"
