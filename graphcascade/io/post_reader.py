from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcascade.data import PostStream, RawPosts, check_posts
from graphcascade.data.posts.category_columns import CategoryIds, check_category_ids
from graphcascade.errors import DataError, UsageError, shorten, suggest
from graphcascade.io.frame_events import check_time_unit, likely_column, separator_hint
from graphcascade.io.invalid_rows import InvalidRows, check_on_error, settle_invalid_rows
from graphcascade.io.lines import BLANKS, file_stem, name_ending
from graphcascade.io.named_columns import MissingImages, NamedColumns, check_missing_images
from graphcascade.io.read_table import ENDINGS, read_table, row_name
from graphcascade.io.smpd_reader import read_smpd
from graphcascade.io.times import DECIMAL_COMMA, to_number
from graphcascade.io.unread_columns import report_unread_columns
from graphcascade.options import TableReadOptions
from graphcascade.options.table_read_options import OnError
from graphcascade.plurals import counted

__all__ = ["read_posts"]

Strings = npt.NDArray[np.object_]
Numbers = npt.NDArray[np.float64]

logger = logging.getLogger(__name__)

DATA_FRAME = "the DataFrame"
"""Name of a DataFrame in messages."""
CATEGORIES = ("category", "subcategory", "concept")
"""Columns of categories that are read if they are not named, from coarse to fine."""
USE_OF_NUMBERS = "Models use those with numbers if --numbers (in Python numbers=) names them."
LARGEST_LABEL = 40.0
"""Labels above it, a trillion views, are probably numbers of views."""
ABSENT = {
    "label": "the posts have no labels, and no model can be trained on them",
    "category": "the posts have no categories",
    "text": "the posts have no texts",
    "title": "the posts have no titles",
    "image": "the posts have no images",
}
"""What is so without an optional column."""
ARGUMENTS = {"label": "label", "category": "categories", "text": "text", "title": "title", "image": "image"}
"""The arguments that name optional columns."""


def read_posts(
    path: str | Path | pd.DataFrame,
    post: str = "post",
    user: str = "user",
    time: str = "time",
    label: str = "label",
    views: str | None = None,
    categories: Sequence[str] | None = None,
    text: str = "text",
    title: str = "title",
    image: str = "image",
    numbers: Sequence[str] = (),
    crawl_time: Sequence[str] = (),
    time_unit: str | None = None,
    missing_images: MissingImages = "error",
    category_ids: CategoryIds = "name",
    name: str | None = None,
    *,
    sep: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    time_format: str | None = None,
    on_error: OnError = "stop",
    errors_out: str | Path | None = None,
    image_folder: str | Path | None = None,
) -> PostStream:
    r"""Reads a stream of posts: a table with a row for each post, or a folder of SMPD's official files.

    A table is a DataFrame, or a CSV, TSV, JSONL, Parquet or Excel file with names of columns. CSV, TSV and JSONL may be
    compressed. Columns for posts, users and times are required, the others are read if they are there. Ids and times
    are read as those of a log of events. A folder is read by :func:`read_smpd`, which knows its columns.

    Args:
        path: The table, as a file or a DataFrame, or the folder.
        post: Column of the ids of posts.
        user: Column of the ids of users.
        time: Column of times: numbers, or dates, which become seconds.
        label: Column of labels, :math:`\log_2(1 + \text{views})`; an empty label is unknown.
        views: Column of numbers of views, from which the labels are computed, instead of a column of labels.
        categories: Columns of categories, from coarse to fine; by default those of "category", "subcategory" and
            "concept" that are there. An empty category is none.
        text: Column of texts. A missing text is "".
        title: Column of titles.
        image: Column of paths of images, relative to ``image_folder``.
        numbers: Columns of further numbers, such as a count of followers. An empty number is unknown. Other columns are
            not read, because they may hold the popularity under another name.
        crawl_time: Those of the columns of numbers whose values were not known yet when the post was published.
        time_unit: Unit of times that are numbers; "s" if the posts' dates (month, hour) are to be used.
        missing_images: ``"error"`` stops at an image whose file is missing or empty; ``"placeholder"`` keeps such
            posts without an image, and counts them.
        category_ids: ``"name"``: categories of the same name are the same; ``"path"``: only if their ancestors are,
            too.
        name: Name of the stream in reports; that of the file, or "posts", by default.
        sep, encoding, sheet, time_format, on_error, errors_out: See :func:`read_cascades`; without effect on a folder.
            A DataFrame has no ``sep``, ``encoding`` and ``sheet``.
        image_folder: Folder that the paths of images begin at, and must not leave: that of the table by default, and
            the current one for a DataFrame.

    Raises:
        MissingFileError: There is no such file; the file of an image is missing.
        DataError: A column is missing; a row is invalid; see :func:`~graphcascade.data.check_posts`.
        UsageError: An argument has an unknown value, has no effect on the table, or names a column that is not there;
            ``numbers`` names the column of labels or views; both columns are named.
    """
    check_time_unit(time_unit)
    check_missing_images(missing_images)
    check_category_ids(category_ids)
    if not isinstance(path, str | os.PathLike | pd.DataFrame):
        kind = type(path).__name__
        reason = f"must be a path or a DataFrame, not {kind}; pd.DataFrame(...) converts a dict or a list of rows"
        raise UsageError(argument="path", reason=reason)
    frame = path if isinstance(path, pd.DataFrame) else None
    path = DATA_FRAME if isinstance(path, pd.DataFrame) else Path(path)
    if isinstance(path, Path) and path.is_dir():
        return read_smpd(path, missing_images=missing_images, category_ids=category_ids, name=name)
    asked = {
        key: [value] if isinstance(value, str) else list(value or ())
        for key, value in (
            ("views", views),
            ("categories", categories),
            ("numbers", numbers),
            ("crawl_time", crawl_time),
        )
    }
    category_columns = asked["categories"] or list(CATEGORIES)
    columns = [post, user, time, label, *asked["views"], *category_columns, text, title, image, *asked["numbers"]]
    check_on_error(on_error)
    options = TableReadOptions(
        sep, encoding, sheet, time_format, on_error, None if errors_out is None else Path(errors_out)
    )
    if isinstance(path, Path):
        table = _read_file(path, columns, [post, user, time], options)
        folder = path.parent
    else:
        assert frame is not None
        table = _number_rows(frame, options)
        folder = Path()
    if image_folder is not None:
        folder = Path(image_folder)
        if not folder.is_dir():
            raise UsageError(argument="image_folder", value=image_folder, reason="there is no such folder")
    names = list(map(str, table.frame.columns))
    given = {"label": label, "text": text, "title": title, "image": image}
    explicit = {key: [column] for key, column in given.items() if column != key} | asked
    _check_columns(path, names, {"post": post, "user": user, "time": time}, explicit, columns)
    _check_labels(label, views, asked["numbers"])
    if image_folder is not None and image not in names:
        reason = f"has no effect on {path}, which has no column {image!r} of paths of images; name theirs with"
        raise UsageError(argument="image_folder", value=image_folder, reason=reason, remedy=("image", "COLUMN"))
    category_columns = [column for column in category_columns if column in names]
    present = {key: column for key, column in given.items() if column in names}
    missing = {key: loss for key, loss in ABSENT.items() if key not in present and not asked.get(key)}
    if category_columns:
        missing.pop("category", None)
    if asked["views"]:
        missing.pop("label", None)
    unread = [column for column in names if column not in columns]
    report_unread_columns(path, unread, missing, USE_OF_NUMBERS, ARGUMENTS)

    def convert(table: NamedColumns) -> RawPosts:
        times, unit = table.times(time_unit, time, time_format)
        if times is None:
            raise DataError(f"{table.where(0)}: the time is missing, as in all rows; give each post a time.")
        images, missing_count = (None, 0)
        if "image" in present:
            images, missing_count = table.images(folder, missing_images, "post", image)
        return RawPosts(
            post=table.ids(post),
            user=table.ids(user),
            time=times,
            y=_labels(table, label if "label" in present else None, views),
            categories=[_stripped(table, column) for column in category_columns],
            text=table.texts(text),
            title=table.texts(title),
            image=images,
            numbers={column: _numbers(table, column) for column in asked["numbers"]},
            crawl_time_names=tuple(asked["crawl_time"]),
            time_unit=unit,
            missing_images=missing_count,
            post_column=post,
            where=table.where,
            name=name or (file_stem(path) if isinstance(path, Path) else "posts"),
        )

    raw = convert(table)
    counts = settle_invalid_rows([table.invalid], options)
    if counts:
        raw = convert(table.valid_rows())
    return check_posts(replace(raw, invalid_rows=counts), category_ids)


def _read_file(path: Path, columns: Sequence[str], required: Sequence[str], options: TableReadOptions) -> NamedColumns:
    format = ENDINGS.get(name_ending(path))
    if format is None:
        raise UsageError(value=path, reason="the ending of a table of posts is .csv, .tsv, .jsonl, .parquet or .xlsx")
    example = "{" + ", ".join(f'"{name}": ...' for name in required) + "}"
    invalid = InvalidRows(path, row_name(format))
    frame = read_table(path, format, columns, "post", example, required, invalid, options)
    return NamedColumns(path, frame, invalid)


def _number_rows(frame: pd.DataFrame, options: TableReadOptions) -> NamedColumns:
    """Returns a DataFrame as a table, whose rows have the numbers 1, 2, ... in messages."""
    for option in ("sep", "encoding", "sheet"):
        value = getattr(options, option)
        if value is not None:
            raise UsageError(argument=option, value=value, reason="has no effect on a DataFrame; leave it out")
    if frame.columns.nlevels > 1:
        raise DataError(
            f"{DATA_FRAME}: its columns have {frame.columns.nlevels} levels of names; give a table with one."
        )
    invalid = InvalidRows(DATA_FRAME, "row")
    invalid.lines = np.arange(1, len(frame) + 1)
    return NamedColumns(DATA_FRAME, frame.set_axis(invalid.lines).rename(columns=str), invalid)


def _check_columns(
    path: str | Path, names: list[str], required: dict[str, str], explicit: dict[str, list[str]], columns: list[str]
) -> None:
    repeated = next((column for column in columns if names.count(column) > 1), None)
    if repeated is not None:
        raise DataError(f"{path}: there are {names.count(repeated)} columns {repeated!r}; keep only one.")
    for argument, column in required.items():
        if column not in names:
            hint, remedy = separator_hint(names) or (
                f"name the one with the {argument}s, as in",
                (argument, likely_column(argument, names)),
            )
            problem = f"there is no column {column!r}; found {', '.join(map(repr, names))}; {hint}"
            raise DataError(value=path, reason=problem, remedy=remedy)
    for argument, wanted in explicit.items():
        for column in wanted:
            if column not in names:
                hint = suggest(column, names, f"it has {', '.join(map(repr, names))}.").removesuffix(".")
                raise UsageError(argument=argument, value=column, reason=f"{path} has no such column; {hint}")


def _check_labels(label: str, views: str | None, numbers: list[str]) -> None:
    """Raises an error if labels have two sources, or are among the numbers that they are predicted from."""
    if views is not None and label != "label":
        reason = "the column of views is named, too, and the labels are computed from it; name only one of the two"
        raise UsageError(argument="label", value=label, reason=reason)
    column = next((column for column in numbers if column in (label, views)), None)
    if column is not None:
        reason = "this column has the popularity, which models predict from the numbers; leave it out"
        raise UsageError(argument="numbers", value=column, reason=reason)


def _labels(table: NamedColumns, label: str | None, views: str | None) -> Numbers | None:
    if views is None:
        if label is None:
            return None
        given = _numbers(table, label)
        _warn_about_large_labels(table, given, label)
        return given
    counts = _numbers(table, views)
    table.invalid.add(
        counts < 0,
        "number of views negative",
        views,
        counts,
        lambda row: f"the number of views {counts[row]:g} is negative; correct or empty it",
    )
    labels: Numbers = np.log1p(np.maximum(counts, 0)) / np.log(2)
    return labels


def _warn_about_large_labels(table: NamedColumns, labels: Numbers, column: str) -> None:
    """Logs that labels are probably numbers of views, if one of them stands for more views than a post can have."""
    large = np.flatnonzero(labels > LARGEST_LABEL)
    if large.size:
        logger.warning(
            "%s: the label %g would mean 2^%g views (%s); if the column %r has numbers of views, name it "
            "with --views (in Python views=) instead.",
            table.where(int(large[0])),
            labels[large[0]],
            labels[large[0]],
            counted(large.size, "such post"),
            column,
        )


def _numbers(table: NamedColumns, column: str) -> Numbers:
    """Returns the numbers of a column, NaN for those that are missing; true and false are 1 and 0."""
    values = table.frame[column].astype(object).to_numpy()
    missing = table.frame[column].isna().to_numpy()
    result = np.full(len(values), np.nan)
    wrong = []
    for row, value in enumerate(values):
        if missing[row] or (isinstance(value, str) and not value.strip(BLANKS)):
            continue
        number = float(value) if isinstance(value, bool | np.bool_) else to_number(value)
        if number is None:
            wrong.append(row)
        else:
            result[row] = number
    table.invalid.add(
        np.array(wrong, dtype=np.int64),
        f"{column} not a number",
        column,
        values,
        lambda row: (
            f"{shorten(str(values[row]))!r} in the column {column!r} is not a number; "
            + (
                "write decimal points"
                if DECIMAL_COMMA.fullmatch(str(values[row]))
                else "leave it empty if it is not known"
            )
        ),
    )
    return result


def _stripped(table: NamedColumns, column: str) -> Strings:
    """Returns names of categories, "" for those that are missing; numbers are names, too."""
    values: Any = table.frame[column].astype(object).to_numpy()
    missing = table.frame[column].isna().to_numpy()
    wrong = [row for row, value in enumerate(values) if isinstance(value, dict | list | float) and not missing[row]]
    table.invalid.add(
        np.array(wrong, dtype=np.int64),
        f"{column} not a name",
        column,
        values,
        lambda row: f"the {column} {shorten(str(values[row]))} is not a name; write it in quotes",
    )
    return np.array(
        ["" if gap else str(value).strip(BLANKS) for gap, value in zip(missing, values, strict=True)], dtype=object
    )
