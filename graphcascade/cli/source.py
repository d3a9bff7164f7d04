from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["Source", "TimeUnit"]

TimeUnit = Literal["ns", "us", "ms", "s", "min", "h", "d"]


@dataclass(frozen=True)
class Source:
    """how the data are read

    Args:
        format: Format of the file, if its ending or first lines do not tell: csv, tsv, jsonl, parquet, ndm, mshgat,
            topolstm, hidan, deephawkes, netinf, interactions.
        user: Column of the users in a table; a name with dots, such as user.id, is a field of an object in JSONL or
            Parquet.
        item: Column of what spreads in a table.
        time: Column of the times in a table, numbers or dates; a date without a time zone is in UTC.
        cascade: Column that tells cascades of one item apart; "cascade" if there is one, "none" leaves it alone.
        parent: Column of who infected the row's user; "parent" if there is one, "none" leaves it alone.
        time_unit: Unit of times that are numbers.
        root: Folder that published data sets are kept in.
    """

    format: str | None = None
    user: str = "user"
    item: str = "item"
    time: str = "time"
    cascade: str | None = None
    parent: str | None = None
    time_unit: TimeUnit | None = None
    root: Path = Path("datasets")
