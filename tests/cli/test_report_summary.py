from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from graphcascade.cli.report_summary import print_report
from graphcascade.simulate import cyan_cascades


def test_ids_in_findings_do_not_control_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    parts = [SimpleNamespace(finding="\x1b[31mann has the largest reach."), SimpleNamespace(finding="")]
    dataset = cyan_cascades("random", "exponential", num_cascades=20)
    description = dataset.describe(pairs=False)
    report = SimpleNamespace(description=description, times_are_dates=False, comparison=None, parts=parts)
    print_report(report, [Path("page/report.html")])
    printed = capsys.readouterr().out
    assert "- \\x1b[31mann has the largest reach." in printed
    assert "\x1b[31m" not in printed
