from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcascade.errors import DataError, UsageError, shorten
from graphcascade.io.endings import TABLES, file_format
from graphcascade.io.table_files import write_table
from graphcascade.options import TableReadOptions

__all__ = ["InvalidRows", "check_on_error", "settle_invalid_rows"]

Rows = npt.NDArray[np.int64]
Texts = Callable[[int], str]

SHOWN = 10
"""Number of invalid rows that an error lists."""


@dataclass(frozen=True)
class _Problem:
    """Rows of a table that are invalid for the same reason."""

    lines: Rows
    kind: str
    column: str
    value: Callable[[int], Any]  # of the row at a position in ``lines``
    reason: Texts
    remedy: tuple[str, Any] | None


class InvalidRows:
    """Collects the invalid rows of a table, so that they are reported together or left out.

    Args:
        path: Name of the table in messages.
        row_name: Noun for a row in messages: "line" or "row".
        where: Returns the place of a row. If it is given, nothing is collected: the first invalid row is an error.
        strict: Whether the first invalid row is an error without ``where``, too.
    """

    def __init__(
        self,
        path: str | Path,
        row_name: str = "line",
        where: Callable[[int], str] | None = None,
        strict: bool = False,
    ) -> None:
        self.path = str(path)
        self.row_name = row_name
        self.lines: Rows = np.zeros(0, dtype=np.int64)
        self._where = where
        self._strict = strict or where is not None
        self._problems: list[_Problem] = []
        self._malformed: list[int] = []  # lines that are no rows of the table
        self._num_ended = 0  # problems, rows and valid rows of the portions that ended
        self._earlier_rows = 0
        self._earlier_valid = 0

    def __bool__(self) -> bool:
        return bool(self._problems)

    def where(self, row: int) -> str:
        """Returns the place of a row of the table that was read, for messages."""
        return f"{self.path}, {self.row_name} {self.lines[row]}" if self._where is None else self._where(row)

    def part(self, rows: Rows) -> InvalidRows:
        """Returns a collector for some rows of the table, whose problems this one gets."""
        where = None if self._where is None else lambda row: self.where(int(rows[row]))
        part = InvalidRows(self.path, self.row_name, where, self._strict)
        part.lines, part._problems = self.lines[rows] if len(self.lines) else rows, self._problems
        return part

    def add_line(self, line: int, kind: str, reason: str, value: str = "") -> None:
        """Adds a line that is no row of the table, such as one with too few fields."""
        if self._strict:
            raise DataError(f"{self.path}, {self.row_name} {line}: {reason}.")
        self._malformed.append(line)
        lines = np.array([line], dtype=np.int64)
        self._problems.append(_Problem(lines, kind, "", lambda _: value, lambda _: reason, None))

    def add(
        self,
        rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_],
        kind: str,
        column: str,
        values: Any,
        reason: Texts,
        remedy: tuple[str, Any] | None = None,
    ) -> None:
        """Adds rows of the table that are invalid for the same reason.

        Args:
            rows: Their positions, or a mask.
            kind: Name of the reason in counts, such as "time missing".
            column: Name of the column.
            values: All values of the column.
            reason: Returns the reason for the row at a position, without a full stop.
            remedy: An argument and a value that would avoid the error; see :class:`~graphcascade.errors.DataError`.
        """
        positions: Rows = np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.int64)
        if positions.size == 0:
            return
        if self._strict:
            row = int(positions[0])
            text = reason(row)
            raise (
                DataError(f"{self.where(row)}: {text}.")
                if remedy is None
                else DataError(value=self.where(row), reason=text, remedy=remedy)
            )
        self._problems.append(
            _Problem(
                self.lines[positions],
                kind,
                column,
                lambda place: values[positions[place]],
                lambda place: reason(int(positions[place])),
                remedy,
            )
        )

    def valid(self) -> npt.NDArray[np.bool_]:
        """Returns a mask of the rows of the table without a problem."""
        bad = [problem.lines for problem in self._problems[self._num_ended :]]
        return ~np.isin(self.lines, np.concatenate(bad)) if bad else np.ones(len(self.lines), dtype=bool)

    @property
    def has_valid_rows(self) -> bool:
        """Whether a row of the table has no problem."""
        return self._earlier_valid > 0 or bool(self.valid().any())

    def end_portion(self, keep_texts: bool, counted: bool = False) -> None:
        """Ends a portion of a table that is read in portions: only what reports need is kept of its invalid rows.

        Args:
            keep_texts: Whether to keep the values and reasons of all invalid rows, instead of the first ones.
            counted: Whether the rows are valid rows of earlier portions, which were counted already.
        """
        valid = int(self.valid().sum())
        self._earlier_rows += 0 if counted else len(self.lines)
        self._earlier_valid += valid - len(self.lines) if counted else valid
        for place in range(self._num_ended, len(self._problems)):
            problem = self._problems[place]
            kept = range(len(problem.lines) if keep_texts else min(SHOWN, len(problem.lines)))
            values, reasons = [shown(problem.value(k)) for k in kept], [problem.reason(k) for k in kept]
            self._problems[place] = replace(problem, value=values.__getitem__, reason=reasons.__getitem__)
        self._num_ended = len(self._problems)
        self.lines = np.zeros(0, dtype=np.int64)

    def counts(self) -> dict[str, int]:
        """Returns the number of invalid rows by the first reason of each."""
        _, first = self._first()
        return dict(Counter(self._problems[place].kind for place in first).most_common())

    def describe(self) -> pd.DataFrame:
        """Returns all problems, sorted by line: the columns ``file``, ``line``, ``column``, ``value``, ``reason``."""
        rows = [
            (self.path, int(line), problem.column, shown(problem.value(place)), problem.reason(place))
            for problem in self._problems
            for place, line in enumerate(problem.lines)
        ]
        rows.sort(key=lambda row: row[1])
        return pd.DataFrame(rows, columns=["file", "line", "column", "value", "reason"])

    def error(self, remedy: tuple[str, Any] | None) -> DataError:
        """Returns the error that lists the first invalid rows, and ends with a remedy if there is one."""
        lines, first = self._first()
        total, size = len(lines), self._earlier_rows + len(self.lines) + len(self._malformed)
        shown_rows = []
        for line, place in list(zip(lines.tolist(), first, strict=True))[:SHOWN]:
            problem = self._problems[place]
            at = int(np.flatnonzero(problem.lines == line)[0])
            shown_rows.append((line, problem.reason(at), problem.remedy))
        line, reason, own = shown_rows[0]
        where = f"{self.path}, {self.row_name} {line}"
        if total == 1 or (total == size and len(self.counts()) == 1):
            if total > 1:
                if own is None:
                    reason += f" (so are all {total:,} {self.row_name}s)"
                else:  # the reason ends with the words before the remedy
                    where += f", and in all {total:,} {self.row_name}s"
            if own is None and (total == size or remedy is None):
                return DataError(f"{where}: {reason}.")
            if own is None:
                own, reason = remedy, f"{reason}; leave out such {self.row_name}s with"
            return DataError(value=where, reason=reason, remedy=own)
        listed = "".join(f"\n  {self.row_name} {line}: {reason}" for line, reason, _ in shown_rows)
        more = total - len(shown_rows)
        rest = f"\n  and {more:,} more; --errors-out FILE (in Python errors_out=) lists all of them" if more else ""
        end = "" if remedy is None else ", or leave them out with"
        reason = f"{total:,} of {size:,} {self.row_name}s are invalid:{listed}{rest}\nCorrect them{end}"
        return DataError(value=self.path, reason=reason, remedy=remedy)

    def _first(self) -> tuple[Rows, list[int]]:
        """Returns the invalid lines in order, and the number of the first problem of each."""
        lines = np.concatenate([problem.lines for problem in self._problems])
        number = np.repeat(np.arange(len(self._problems)), [len(problem.lines) for problem in self._problems])
        unique, first = np.unique(lines, return_index=True)
        return unique, number[first].tolist()


def settle_invalid_rows(tables: Sequence[InvalidRows], options: TableReadOptions) -> dict[str, int]:
    """Reports the invalid rows of tables that were read together, or counts them to leave them out.

    Args:
        tables: The tables.
        options: ``on_error`` and ``errors_out``; see :class:`~graphcascade.options.TableReadOptions`. A list of invalid
            rows that exists is replaced.

    Returns:
        Number of invalid rows by reason; empty if there is none.

    Raises:
        DataError: There is an invalid row, and ``on_error`` is "stop"; or no row is valid.
        UsageError: ``on_error`` is unknown.
    """
    invalid = [table for table in tables if table]
    if options.errors_out is not None:
        frames = [table.describe() for table in invalid] or [InvalidRows("").describe()]
        format = file_format(options.errors_out, TABLES)
        write_table(pd.concat(frames, ignore_index=True), options.errors_out, format, overwrite=True)
    if not invalid:
        return {}
    if options.on_error == "stop":
        errors = [table.error(("on_error", "drop")) for table in invalid]
        if len(errors) == 1:
            raise errors[0]
        texts = [str(table.error(None)) for table in invalid]
        raise DataError("\n".join([*texts[:-1], errors[-1].describe()]))
    total: Counter[str] = Counter()
    for table in invalid:
        if not table.has_valid_rows:
            raise table.error(("on_error", "stop"))
        total.update(table.counts())
    return dict(total.most_common())


def check_on_error(value: str) -> None:
    """Raises a :class:`UsageError` about an unknown value of the argument ``on_error``."""
    if value not in ("stop", "drop"):
        raise UsageError(argument="on_error", value=value, reason="use 'stop' or 'drop'")


def shown(value: Any) -> str:
    """Returns a value as lists of invalid rows show it."""
    return "" if value is None or (isinstance(value, float) and np.isnan(value)) else shorten(str(value))
