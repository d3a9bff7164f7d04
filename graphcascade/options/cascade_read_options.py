from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from graphcascade.options.table_read_options import TableReadOptions

__all__ = ["CascadeReadOptions", "TimeUnit"]

TimeUnit = Literal["ns", "us", "ms", "s", "min", "h", "d"]


@dataclass(frozen=True)
class CascadeReadOptions(TableReadOptions):
    """Options of reading cascades. Networks of retweets share ``time_unit`` and
    ``root``, and posts ``user`` and ``time`` as well.

    Args:
        format: Format of the file: csv, tsv, jsonl, parquet, ndm, mshgat, topolstm, hidan, deephawkes, netinf or
            interactions. If not given, it is found from the ending and the first lines of the file.
        user: Column of the users in a table; a name with dots, such as user.id, is a field of an object in JSONL or
            Parquet.
        item: Column of the items (what spreads) in a table.
        time: Column of the times in a table, numbers or dates; a date without a time zone is in UTC.
        cascade: Column that distinguishes cascades of the same item. If not given, the column "cascade" if it exists;
            "none" uses no column.
        parent: Column of the user who infected the row's user. If not given, the column "parent" if it exists; "none"
            uses no column.
        time_unit: Unit of times that are numbers.
        root: Folder that published datasets are kept in.
    """

    heading = "reading the data"  # in the help

    format: str | None = None
    user: str = "user"
    item: str = "item"
    time: str = "time"
    cascade: str | None = None
    parent: str | None = None
    time_unit: TimeUnit | None = None
    root: Path = Path("datasets")
