"""Functions with which commands print and write their output."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from graphcascade.number_text import format_number
from graphcascade.plurals import counted

if TYPE_CHECKING:
    import pandas as pd

    from graphcascade.data import CascadeDataset

__all__ = [
    "note",
    "part_caption",
    "print_description",
    "print_table",
    "save_cascades",
    "save_graph",
    "shown",
    "write_json",
]


YEAR_1973, YEAR_2096 = 1e8, 4e9  # seconds since 1970; other numbers are unlikely to be dates


CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Characters that control a terminal, or the direction of its text."""


def note(text: str) -> None:
    """Prints a line for the user to standard error."""
    sys.stderr.write(text + "\n")


def shown(value: Any) -> str:
    """Formats a value for a table."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return format_number(value, ",.4f").rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else CONTROL.sub(_escaped, str(value))


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def part_caption(num_shown: int, total: int, noun: str, order: str, out: Path | None) -> str:
    """Says how many rows a table shows, in which order, and how to get the others.

    Args:
        num_shown: Number of examples in the table.
        total: Number of all.
        noun: What they are, in the singular.
        order: Their order, such as "by gain"; empty if it is that of the data.
        out: File that all are written to, if there is one.
    """
    of_all = "" if num_shown == total else f"{num_shown:,} of "
    others = "--out FILE writes all" if num_shown < total and out is None else ""
    return ", ".join(filter(None, [of_all + counted(total, noun), order, others]))


def print_description(figures: pd.Series[Any], times_are_dates: bool = False) -> None:
    """Prints a table of the figures of data.

    Args:
        figures: Figures by their names, as ``describe()`` of the data returns them.
        times_are_dates: Whether the times were read from dates.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from graphcascade.data.described_figures import REPAIR_ENDINGS, TIME_FIGURES
    from graphcascade.data.time_units import format_date

    table = Table(title=escape(str(figures.name)), show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    for name, value in figures.items():
        if not (str(name).endswith(REPAIR_ENDINGS) and value == 0):
            text = "too many pairs to count" if name == "co-occurring pairs" and value is None else shown(value)
            if name in TIME_FIGURES:
                likely = figures["time unit"] == "s" and YEAR_1973 < value < YEAR_2096
                text += f", as a date {format_date(value)}" if times_are_dates or likely else ""
            table.add_row(str(name), escape(text))
    if figures["time unit"] == "not stated" and any(name in figures for name in TIME_FIGURES):
        table.caption = "The unit of the times is not stated; if they have one, give it, as in --time-unit s."
    Console().print(table)


def print_table(frame: pd.DataFrame, title: str, caption: str | None = None, fold: str | None = None) -> None:
    """Prints a table of figures; only the column ``fold`` may be broken into several lines.

    If the terminal is too narrow for many columns, rows and columns are exchanged.
    """
    import pandas as pd
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    if not console.is_terminal:  # files and pipes need no line breaks
        console.width = max(console.width, 1000)
    table = Table(title=escape(title), caption=caption)
    for name in frame.columns:
        numbers = all(isinstance(value, int | float) or pd.isna(value) for value in frame[name].tolist())
        side: Literal["right", "left"] = "right" if numbers else "left"
        is_fold = name == fold
        table.add_column(str(name), justify=side, no_wrap=not is_fold, overflow="fold", min_width=12 * is_fold)
    for row in frame.itertuples(index=False):
        table.add_row(
            *[
                "" if pd.isna(value) else _digits(value) if isinstance(value, float) else escape(shown(value))
                for value in row
            ]
        )
    if fold is None and len(frame.columns) > 4 and console.measure(table).maximum > console.width:
        first = frame.columns[0]
        print_table(frame.set_index(first).T.rename_axis(first).reset_index(), title, caption, fold=first)
        return
    console.print(table)


def _digits(value: float) -> str:
    return format_number(value, ".4f" if value == 0 or abs(value) >= 0.01 else ".3g")


def save_cascades(dataset: CascadeDataset, path: Path, write_graph: Path | None, overwrite: bool = False) -> None:
    """Writes the cascades of a dataset. What the format cannot hold is reported, except for a graph that
    :func:`save_graph` writes to a file of its own."""
    from dataclasses import replace

    from graphcascade.data import CascadeDataset
    from graphcascade.io import write_cascades

    if write_graph is not None:
        if dataset.true_graph is None:
            dataset = CascadeDataset(replace(dataset.table, follow_graph=None))
        else:
            dataset = CascadeDataset(replace(dataset.table, true_graph=None))
    write_cascades(dataset, path, overwrite=overwrite)


def save_graph(dataset: CascadeDataset, path: Path | None, overwrite: bool = False) -> None:
    """Writes the follow graph or the true network of a dataset, if a path is given."""
    if path is None:
        return
    from graphcascade.errors import UsageError
    from graphcascade.io import write_graph

    graph = dataset.follow_graph if dataset.true_graph is None else dataset.true_graph
    if graph is None:
        raise UsageError(argument="write_graph", value=path, reason=f"{dataset.name} has no network")
    write_graph(graph, dataset.user_ids, path, overwrite=overwrite)
    note(f"wrote {path}: {counted(graph.num_edges, 'link')}")


def write_json(path: Path | None, figures: Mapping[Any, Any] | list[Any], *, overwrite: bool = False) -> None:
    """Writes figures as JSON, if a path is given."""
    from graphcascade.processes import is_first_process

    if path is None or not is_first_process():
        return
    from graphcascade.io.json_file import write_json

    write_json(path, figures, overwrite=overwrite)
