"""The index of docs/results.md is made from its sections."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from graphcascade.experiments import read_report, write_report
from graphcascade.experiments.report_index import report_index

RESULTS = Path(__file__).parents[2] / "docs" / "results.md"
SECTION = """## my-table: Irvine

- Next users, in time (A Paper: with (Brackets), Table 2).
- A note.
- Not supported: LSTM better than Markov: MRR -0.1 (not supported).
- Inconclusive: RNN better than Markov: MRR +0.1 (inconclusive).
- Inconclusive: RNN better than LSTM: MRR +0.1 (inconclusive).

| row | metric | measured | seeds | seconds |
| --- | --- | --- | --- | --- |
| LSTM | MRR | 0.1 | 3 | 1,000 |
| LSTM | Hit@10 | 0.2 | 3 | 1,000 |
| Markov | MRR | 0.2 | 1 | 0.1 |
"""


def test_a_line_counts_the_verdicts_and_each_row_once() -> None:
    index = report_index({"my-table: Irvine": SECTION})
    assert "**A Paper: with (Brackets)**" in index
    line = "| [my-table](#my-table-irvine) | Irvine | Next users, in time (Table 2) | 0 / 1 / 2 | 3 | 50 |"
    assert line in index.splitlines()


def test_a_section_without_a_table_is_listed() -> None:
    index = report_index({"mine: my.csv": "## mine: my.csv\n\n- Skipped: no files\n"})
    assert "| [mine](#mine-mycsv) | my.csv |  |  |  |  |" in index
    assert report_index({}) == ""


def test_the_page_of_results_is_as_it_is_written(tmp_path: Path) -> None:
    copy = tmp_path / "results.md"
    shutil.copy(RESULTS, copy)
    write_report(copy, [])
    assert copy.read_text(encoding="utf-8") == RESULTS.read_text(encoding="utf-8")


def test_the_index_of_the_page_links_to_each_section() -> None:
    front = RESULTS.read_text(encoding="utf-8").partition("\n## ")[0]
    assert len(re.findall(r"^\| \[", front, re.MULTILINE)) == len(read_report(RESULTS))
