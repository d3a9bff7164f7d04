from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["OnError", "TableReadOptions"]

OnError = Literal["stop", "drop"]


@dataclass(frozen=True)
class TableReadOptions:
    """Options of reading tables of any kind: events, links, retweets and posts.

    Args:
        sep: Separator of the columns of a text table: comma, semicolon, tab, pipe, space, or the character itself. If
            not given, it is found from the line with the names of the columns.
        encoding: Encoding of a text file, such as latin-1 or utf-16. If not given, UTF-8, or UTF-16 if the file begins
            with its mark of byte order.
        sheet: Name of the sheet of an Excel workbook, if it has several.
        time_format: Form of the dates: day-first (31/12/2024), month-first (12/31/2024), iso (2024-12-31), twitter
            (Wed Oct 10 20:19:24 +0000 2018), unix or unix-ms (seconds or milliseconds since 1970), or a pattern of
            strptime such as "%d.%m.%Y %H:%M". If not given, it is found from the dates.
        on_error: What to do with invalid rows: stop with an error that lists them, or drop and count them.
        errors_out: Also write all invalid rows to this file, with line, value and reason (.csv, .tsv, .jsonl,
            .parquet, .xlsx).
    """

    heading = "reading tables"  # in the help

    sep: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    time_format: str | None = None
    on_error: OnError = "stop"
    errors_out: Path | None = None
