from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from graphcascade.data import RawRetweets, RetweetNetwork, check_retweets
from graphcascade.errors import DataError, MissingFileError
from graphcascade.io.frame_events import check_time_unit, separator_hint
from graphcascade.io.invalid_rows import InvalidRows, check_on_error, settle_invalid_rows
from graphcascade.io.lines import name_ending, shorten
from graphcascade.io.named_columns import MissingImages, NamedColumns, check_missing_images
from graphcascade.io.read_table import ENDINGS, read_table, row_name
from graphcascade.io.unread_columns import report_unread_columns
from graphcascade.options import TableReadOptions
from graphcascade.options.table_read_options import OnError

__all__ = ["COLUMNS", "PARTS", "find_tables", "is_retweet_folder", "read_retweets"]


COLUMNS = {
    "users": (("user",), ()),
    "follows": (("follower", "followee"), ()),
    "tweets": (("tweet",), ("user", "time", "text", "image")),
    "retweets": (("user", "tweet"), ("time", "part")),
}
"""Tables of a folder, and the columns of each that are required and that may be there."""
ABSENT = {
    "tweets": {
        "user": "the tweets have no authors",
        "time": "the tweets have no times",
        "text": "the tweets have no texts",
        "image": "the tweets have no images",
    },
    "retweets": {
        "time": "the retweets have no times and are split at random",
        "part": "the retweets have no published split",
    },
}
"""What is so without an optional column."""
PARTS = {"train": 0, "val": 1, "validation": 1, "test": 2}
"""Values of the column "part"."""


def read_retweets(
    folder: str | Path,
    time_unit: str | None = None,
    missing_images: MissingImages = "error",
    name: str | None = None,
    *,
    sep: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    time_format: str | None = None,
    on_error: OnError = "stop",
    errors_out: str | Path | None = None,
) -> RetweetNetwork:
    """Reads a network of retweets from a folder of four tables, and images beside them.

    Each table is a CSV, TSV, JSONL, Parquet or Excel file with names of columns:

    - ``users``: ``user``, the id of each user;
    - ``follows``: ``follower`` and ``followee``;
    - ``tweets``: ``tweet``, and optionally ``user`` (the author), ``time``, ``text`` and ``image`` (the path of a file,
      relative to the folder);
    - ``retweets``: ``user`` and ``tweet``, and optionally ``time`` and ``part`` ("train", "val" or "test").

    CSV, TSV and JSONL may be compressed. Ids and times are read as those of a log of events; other columns are ignored,
    with a warning if the name of one resembles that of an optional column that is not there. A path that leaves the
    folder is an error; links of the file system inside it are followed.

    Args:
        folder: The folder.
        time_unit: Unit of times that are numbers; dates become seconds.
        missing_images: ``"error"`` stops at an image whose file is missing or empty; ``"placeholder"`` keeps such
            tweets without an image, and counts them.
        name: Name of the network in reports; that of the folder by default.
        sep, encoding, sheet, time_format, on_error, errors_out: See :func:`read_cascades`. An invalid row that is left
            out may still be needed: a retweet of a tweet that is not there stays an error.

    Returns:
        The network. The paths of its images begin with ``folder``.

    Raises:
        MissingFileError: There is no such folder; a table is missing; the file of an image is missing.
        DataError: A table occurs in two formats, lacks a column, or has an invalid row; the path of an
            image leaves the folder; see :func:`~graphcascade.data.check_retweets`.
        UsageError: An argument has an unknown value.
    """
    check_time_unit(time_unit)
    check_missing_images(missing_images)
    folder = Path(folder)
    paths = find_tables(folder)
    check_on_error(on_error)
    options = TableReadOptions(
        sep, encoding, sheet, time_format, on_error, None if errors_out is None else Path(errors_out)
    )
    tables = {table: _Table.read(table, paths[table], options) for table in COLUMNS}
    raw = _convert(tables, folder, time_unit, missing_images, time_format, name)
    counts = settle_invalid_rows([table.invalid for table in tables.values()], options)
    if counts:
        tables = {name: table.valid_rows() for name, table in tables.items()}
        raw = _convert(tables, folder, time_unit, missing_images, time_format, name)
    return check_retweets(replace(raw, invalid_rows=counts))


def _convert(
    tables: dict[str, _Table],
    folder: Path,
    time_unit: str | None,
    missing_images: MissingImages,
    time_format: str | None,
    name: str | None,
) -> RawRetweets:
    """Converts the tables, and collects their invalid rows."""
    users, follows, tweets, retweets = (tables[table] for table in COLUMNS)
    user, tweet = users.ids("user"), tweets.ids("tweet")
    post_time, post_unit = tweets.times(time_unit, time_format=time_format)
    retweet_time, retweet_unit = retweets.times(time_unit, time_format=time_format)
    if post_time is not None and retweet_time is not None and post_unit != retweet_unit:
        raise DataError(
            f"{tweets.path} and {retweets.path}: times are dates in one and numbers in the other; use one kind."
        )
    image, missing = tweets.images(folder, missing_images, "tweet")
    return RawRetweets(
        user=user,
        follower=follows.ids("follower", user),
        followee=follows.ids("followee", user),
        tweet=tweet,
        retweeter=retweets.ids("user", user),
        retweeted=retweets.ids("tweet", tweet),
        author=tweets.ids("user", user, blank=True) if "user" in tweets.frame else None,
        post_time=post_time,
        retweet_time=retweet_time,
        part=retweets.parts(),
        text=tweets.texts("text"),
        image=image,
        time_unit=post_unit if retweet_time is None else retweet_unit,
        times_are_dates=time_unit is None and (post_unit or retweet_unit) is not None,
        missing_images=missing,
        where=lambda table, row: tables[table].where(row),
        name=name or folder.resolve().name,
    )


def find_tables(folder: Path) -> dict[str, Path]:
    """Returns the file of each table in a folder.

    Raises:
        MissingFileError: There is no such folder; a table is missing. The message lists what is expected and found.
        DataError: A table occurs in two formats.
    """
    if not folder.is_dir():
        problem = "this is a file; give the folder of the four tables" if folder.exists() else "there is no such folder"
        raise MissingFileError(f"{folder}: {problem}.")
    found: dict[str, list[Path]] = {table: [] for table in COLUMNS}
    names = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        names.append(path.name + "/" * path.is_dir())
        table = path.name.partition(".")[0]
        if table in found and name_ending(path) in ENDINGS and path.is_file():
            found[table].append(path)
    missing = [table for table, paths in found.items() if not paths]
    if missing:
        shown = ", ".join(names[:8]) + (f" and {len(names) - 8:,} more" if len(names) > 8 else "") or "nothing"
        raise MissingFileError(
            f"{folder}: this folder has no table {', '.join(map(repr, missing))}; expected "
            f"{', '.join(COLUMNS)}, each as .csv, .tsv, .jsonl or .parquet; found {shown}."
        )
    for table, paths in found.items():
        if len(paths) > 1:
            both = " and ".join(path.name for path in paths)
            raise DataError(f"{folder}: the table {table!r} exists twice, as {both}; keep one of them.")
    return {table: paths[0] for table, paths in found.items()}


def is_retweet_folder(folder: Path) -> bool:
    """Returns whether a folder has one of the tables at least."""
    return any(path.name.partition(".")[0] in COLUMNS and name_ending(path) in ENDINGS for path in folder.iterdir())


class _Table(NamedColumns):
    """A table of the folder."""

    @classmethod
    def read(cls, table: str, path: Path, options: TableReadOptions) -> _Table:
        required, optional = COLUMNS[table]
        format = ENDINGS[name_ending(path)]
        example = "{" + ", ".join(f'"{column}": ...' for column in required) + "}"
        noun = "link" if table == "follows" else table.removesuffix("s")
        invalid = InvalidRows(path, row_name(format))
        columns = [*required, *optional]
        frame = read_table(path, format, columns, noun, example, required, invalid, options, table == "follows")
        names = list(map(str, frame.columns))
        for column in (*required, *optional):
            if names.count(column) > 1:
                raise DataError(f"{path}: there are {names.count(column)} columns {column!r}; keep only one.")
            if column in required and column not in names:
                hint, remedy = separator_hint(names) or (f"name the columns {', '.join(required)}", None)
                problem = f"there is no column {column!r}; found {', '.join(map(repr, names))}; {hint}"
                raise DataError(value=path, reason=problem, remedy=remedy)
        unread = [column for column in names if column not in (*required, *optional)]
        absent = {name: loss for name, loss in ABSENT.get(table, {}).items() if name not in names}
        report_unread_columns(path, unread, absent)
        return cls(path, frame, invalid)

    def parts(self) -> npt.NDArray[np.int8] | None:
        names = self.texts("part")
        if names is None:
            return None
        self.invalid.add(
            np.array([name not in PARTS for name in names], dtype=bool),
            "part unknown",
            "part",
            names,
            lambda row: f"the part {shorten(names[row])!r} is unknown; use train, val or test",
        )
        return np.array([PARTS.get(name, 0) for name in names], dtype=np.int8)
