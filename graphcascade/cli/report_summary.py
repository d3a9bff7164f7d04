"""Prints what a page of cascades says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphcascade.workflows import Report

__all__ = ["print_report"]


def print_report(report: Report, files: Sequence[Path]) -> None:
    """Prints the figures of the data, the comparison of models, and the main results of a page.

    Args:
        report: The page.
        files: All files that were written, the page first.
    """
    from graphcascade.cli.output import note, print_description, print_table, shown

    print_description(report.description, report.times_are_dates)
    if report.comparison is not None:
        print_table(report.comparison, "Which model? Test data")
    for part in report.parts:
        if part.finding:
            print(f"- {shown(part.finding)}")
    folder = files[0].parent
    note(f"wrote {folder}: {', '.join(path.name for path in files)}")
    note(f"open {files[0]} in a browser")
