from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcascade.data import PostStream, RawPosts, check_posts
from graphcascade.data.posts.category_columns import CategoryIds, check_category_ids
from graphcascade.errors import DataError, MissingFileError, shorten
from graphcascade.io.date_texts import ISO_DATE
from graphcascade.io.ids import code_ids
from graphcascade.io.lines import open_bytes
from graphcascade.io.named_columns import MissingImages, check_missing_images, describe_missing, has_content, is_inside
from graphcascade.io.read_table import read_table
from graphcascade.io.smpd_files import CRAWL_TIME, NUMBERS, Part, check_part, find_smpd_files
from graphcascade.plurals import counted

__all__ = ["read_smpd"]

Strings = npt.NDArray[np.object_]
Numbers = npt.NDArray[np.float64]

logger = logging.getLogger(__name__)

CATEGORIES = ("Category", "Subcategory", "Concept")
UNKNOWN = ("", "None", "none", "null", "nan", "NaN")
"""Texts that stand for a number that is not known."""
OFFSET = re.compile(r"([+-]?)(\d\d?):?(\d\d)")  # of a time zone, such as "-05:30"


def read_smpd(
    folder: str | Path,
    part: Part = "train",
    missing_images: MissingImages = "error",
    category_ids: CategoryIds = "name",
    name: str | None = None,
) -> PostStream:
    """Reads the official files of the Social Media Prediction Dataset (SMPD), or files of the same layout.

    The names of 2019 and 2020 and the current ones are known, and tables of columns as well as lists of records. Rows
    belong together by their position in the files; the ids of users and posts are compared where a file has them.

    Numbers whose text is empty or "None" are unknown. Numbers of crawl time, which are later than the post, are
    marked in ``crawl_time_names``: the number of photos of the user, whether the user had a pro account or could buy
    one (``is_pro``, ``can_buy_pro``), and the fields of HyFea's ``user_additional.csv``. The files have one value of
    each for a user, that of the crawl, and the account may have been another one when an earlier post was published.
    The descriptions of user and place as vectors, ``Mediatype`` and ``Mediastatus`` are not read.

    Args:
        folder: The folder with the files; they may also be in folders in it.
        part: ``"train"``, or ``"test"``, whose labels are not public.
        missing_images: ``"error"`` stops at an image whose file is missing or empty; ``"placeholder"`` keeps such posts
            without an image, and counts them. Addresses of images are never downloaded; their posts have no image.
        category_ids: ``"name"``: categories of the same name are the same; ``"path"``: only if their ancestors are,
            too.
        name: Name of the stream in reports; that of the folder by default.

    Raises:
        MissingFileError: The folder, a required file, or the file of an image is missing.
        DataError: A file has another number of rows, or other ids in a row, than the categories; a value is not a
            number; see :func:`~graphcascade.data.check_posts`.
        UsageError: An argument has an unknown value.
    """
    check_part(part)
    check_missing_images(missing_images)
    check_category_ids(category_ids)
    folder = Path(folder)
    files = find_smpd_files(folder, part)
    first = _Records.read(files["category"])
    tables = {"category": first}
    for content in ("text", "time", "user", "additional"):
        if content in files:
            tables[content] = _Records.read(files[content])
            _check_alignment(first, tables[content])
    post, user = first.ids("Pid"), first.ids("Uid")
    if "crawled" in files:
        tables["crawled"] = _align_crawled(files["crawled"], tables.get("additional"), user)
    names = [name for name, number in NUMBERS.items() if number.file in tables and number.key in tables[number.file]]
    images, missing = _images(files, folder, missing_images, first)
    text = tables.get("text")
    return check_posts(
        RawPosts(
            post=post,
            user=user,
            time=tables["time"].numbers("Postdate", required=True),
            y=_labels(files["label"], first) if "label" in files else None,
            categories=[first.texts(key) for key in CATEGORIES if key in first],
            text=text.texts("Alltags") if text is not None and "Alltags" in text else None,
            title=text.texts("Title") if text is not None and "Title" in text else None,
            image=images,
            numbers={name: tables[NUMBERS[name].file].numbers(NUMBERS[name].key) for name in names},
            crawl_time_names=tuple(name for name in names if name in CRAWL_TIME),
            time_unit="s",
            missing_images=missing,
            where=first.where,
            name=name or folder.resolve().name,
        ),
        category_ids,
    )


class _Records:
    """Rows of one of the files, by columns.

    Args:
        path: The file.
        columns: Values of each column, of any JSON type.
        size: Number of rows.
    """

    def __init__(self, path: Path, columns: dict[str, Sequence[Any]], size: int) -> None:
        self.path = path
        self.columns = columns
        self.size = size
        self._ids: dict[str, Strings] = {}

    @classmethod
    def read(cls, path: Path) -> _Records:
        """Reads a list of records, or an object of columns {"Uid": {"0": ...}}."""
        text = _read_text(path)
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{path}: not JSON ({shorten(str(error))}); download it again.") from None
        if isinstance(content, list):
            return cls._from_rows(path, content)
        if isinstance(content, dict) and content and all(isinstance(value, dict) for value in content.values()):
            return cls._from_columns(path, content)
        raise DataError(
            f'{path}: neither a list of records [{{"Uid": ...}}] nor an object of columns {{"Uid": {{"0": ...}}}}.'
        )

    @classmethod
    def _from_rows(cls, path: Path, rows: list[Any]) -> _Records:
        if not rows:
            raise DataError(f"{path}: empty; it contains no post.")
        wrong = next((number for number, row in enumerate(rows) if not isinstance(row, dict)), None)
        if wrong is not None:
            raise DataError(f"{path}, row {wrong + 1}: {shorten(str(rows[wrong]))!r} is not an object.")
        keys = list(rows[0])
        for number, row in enumerate(rows):
            if row.keys() != rows[0].keys():
                different = sorted(row.keys() ^ rows[0].keys())[0]
                raise DataError(
                    f"{path}, row {number + 1}: the key {different!r} is in this row or in the first one, not in both; "
                    "give all rows the same keys."
                )
        return cls(path, {key: [row[key] for row in rows] for key in keys}, len(rows))

    @classmethod
    def _from_columns(cls, path: Path, content: dict[str, dict[str, Any]]) -> _Records:
        size = len(next(iter(content.values())))
        columns: dict[str, Sequence[Any]] = {}
        positions = [str(number) for number in range(size)]
        for key, column in content.items():
            if len(column) != size:
                raise DataError(f"{path}: the column {key!r} has {len(column):,} rows, and others have {size:,}.")
            try:
                columns[key] = [column[position] for position in positions]
            except KeyError as error:
                raise DataError(
                    f"{path}: the column {key!r} has {size:,} rows, but none with the number {error.args[0]}."
                ) from None
        return cls(path, columns, size)

    def __contains__(self, key: str) -> bool:
        return key in self.columns

    def where(self, row: int) -> str:
        return f"{self.path}, row {row + 1}"

    def ids(self, key: str) -> Strings:
        """Returns ids as strings; 775 and "775" are the same."""
        if key not in self.columns:
            raise DataError(f"{self.path}: there is no {key!r}; found {', '.join(map(repr, self.columns))}.")
        if key not in self._ids:
            column = pd.Series(self.columns[key], dtype=object)
            self._ids[key] = code_ids(column, self.where, key, fixed_columns=True).to_array()
        return self._ids[key]

    def texts(self, key: str) -> Strings:
        """Returns texts without blanks around them, "" for null."""
        values = self.columns[key]
        for row, value in enumerate(values):
            if value is not None and not isinstance(value, str):
                raise DataError(f"{self.where(row)}: the {key} {shorten(str(value))} is not a text.")
        return np.array(["" if value is None else value.strip() for value in values], dtype=object)

    def numbers(self, key: str, required: bool = False) -> Numbers:
        """Returns numbers, which may be texts, dates (as seconds) or offsets of time zones (as hours); NaN if unknown.

        Args:
            key: The key.
            required: Whether each row must have the key; an unknown number stays NaN, for a later check.
        """
        if required and key not in self.columns:
            raise DataError(f"{self.path}: there is no {key!r}; found {', '.join(map(repr, self.columns))}.")
        codes, unique = pd.factorize(np.array(["" if v is None else str(v) for v in self.columns[key]], dtype=object))
        values = np.array([_to_number(text.strip()) for text in unique], dtype=object)
        wrong = np.flatnonzero(np.array([value is None for value in values], dtype=bool)[codes])
        if wrong.size:
            row = int(wrong[0])
            raise DataError(f"{self.where(row)}: the {key} {shorten(unique[codes[row]])!r} is not a number.")
        result: Numbers = values.astype(np.float64)[codes]
        return result


def _read_text(path: Path) -> str:
    try:
        with open_bytes(path) as file:
            return file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text; save it as UTF-8.") from error


def _to_number(text: str) -> float | None:
    """Returns a text as a number, NaN if it stands for none, and ``None`` if it is something else."""
    if text in UNKNOWN:
        return np.nan
    if text in ("True", "False"):  # JSON's true and false
        return float(text == "True")
    try:
        return float(text) if "_" not in text else None
    except ValueError:
        pass
    offset = OFFSET.fullmatch(text)
    if offset is not None:
        return (-1 if offset[1] == "-" else 1) * (int(offset[2]) + int(offset[3]) / 60)
    if ISO_DATE.fullmatch(text) is not None:
        try:
            return float(pd.Timestamp(text).timestamp())
        except (ValueError, OverflowError):  # such as "0000-00-00 00:00:00", which stands for no date
            return np.nan
    return None


def _check_alignment(first: _Records, other: _Records) -> None:
    """Raises an error if two files differ in the number of rows, or in the ids of a row."""
    _check_length(first, other.path, other.size)
    for key in ("Uid", "Pid"):
        if key not in first or key not in other or first.columns[key] == other.columns[key]:
            continue
        different = np.flatnonzero(first.ids(key) != other.ids(key))
        if different.size:
            row = int(different[0])
            raise DataError(
                f"{other.where(row)}: the {key} {shorten(other.ids(key)[row])!r} differs from "
                f"{shorten(first.ids(key)[row])!r} in {first.path.name} ({counted(different.size, 'such row')}); "
                "the rows of all files must be in the same order."
            )


def _check_length(first: _Records, path: Path, size: int) -> None:
    if size != first.size:
        raise DataError(
            f"{path}: has {size:,} rows, and {first.path.name} has {first.size:,}; use files of the same part and "
            "release."
        )


def _lines(path: Path, first: _Records) -> list[str]:
    """Returns the lines of a file, which must be one for each post; a line without an image is blank."""
    lines = [line.strip() for line in _read_text(path).replace("\r\n", "\n").split("\n")]
    if not lines[-1]:  # after the end of the last line
        lines.pop()
    while len(lines) > first.size and not lines[-1]:  # blank lines at the end of the file
        lines.pop()
    _check_length(first, path, len(lines))
    return lines


def _labels(path: Path, first: _Records) -> Numbers:
    lines = _lines(path, first)
    values = [_to_number(line) if line else None for line in lines]
    if None in values:
        row = values.index(None)
        raise DataError(f"{path}, line {row + 1}: {shorten(lines[row])!r} is not a number; write nan if it is unknown.")
    return np.array(values, dtype=np.float64)


def _images(
    files: dict[str, Path], folder: Path, missing_images: MissingImages, first: _Records
) -> tuple[Strings | None, int]:
    """Returns the paths of the images, "" for addresses and missing files, and the number of missing files."""
    if "image" not in files:
        return None, 0
    lines = _lines(files["image"], first)
    addresses = sum("://" in line for line in lines)
    if addresses:
        logger.info("%s: %s addresses of images; their posts have no image.", files["image"], f"{addresses:,}")
    base = (
        folder if any((folder / Path(line).parts[0]).exists() for line in lines[:1] if line) else files["image"].parent
    )
    result = np.full(len(lines), "", dtype=object)
    missing = []
    for row, line in enumerate(lines):
        if not line or "://" in line:
            continue
        if (".." in line or Path(line).is_absolute()) and not is_inside(line, base):
            raise DataError(
                f"{files['image']}, line {row + 1}: the path {shorten(line)!r} leaves the folder {base}; copy the "
                "image into the folder, and give its path from there."
            )
        path = base / line
        if has_content(path):
            result[row] = str(path)
        else:
            missing.append(row)
    if missing and missing_images == "error":
        row = missing[0]
        raise MissingFileError(
            value=f"{files['image']}, line {row + 1}",
            reason=f"{describe_missing(base / lines[row])} ({counted(len(missing), 'such post')}); "
            "add the file, or keep such posts without an image with",
            remedy=("missing_images", "placeholder"),
        )
    return result, len(missing)


def _align_crawled(path: Path, additional: _Records | None, user: Strings) -> _Records:
    """Reads HyFea's fields of users, and repeats them for each post.

    Rows belong to posts by their position if there are as many and the names match, otherwise by ``Pathalias``, or by
    the id of the user where there is no alias.
    """
    frame = read_table(path, "csv", [], "user", "")
    if "Pathalias" not in frame:
        raise DataError(f"{path}: there is no column 'Pathalias'; found {', '.join(map(repr, frame.columns))}.")
    owner = frame["Pathalias"].to_numpy(dtype=object)
    alias = additional.texts("Pathalias") if additional is not None and "Pathalias" in additional else user
    alias = np.where(np.isin(alias, UNKNOWN), user, alias)
    known = ~np.isin(owner, UNKNOWN)
    if len(owner) == len(user) and (owner == alias)[known].all():
        rows: npt.NDArray[np.int64] = np.arange(len(user))
    else:
        index: pd.Index = pd.Index(owner[known]).drop_duplicates()
        first = np.flatnonzero(known)[np.flatnonzero(~pd.Index(owner[known]).duplicated())]
        found = index.get_indexer(pd.Index(alias))
        rows = np.where(found >= 0, first[found.clip(min=0)], -1)
    absent = int((rows < 0).sum())
    if absent:
        logger.warning("%s: no row for the users of %s posts; their numbers are unknown.", path, f"{absent:,}")
    columns: dict[str, Sequence[Any]] = {
        key: np.where(rows >= 0, frame[key].to_numpy(dtype=object)[rows.clip(min=0)], "").tolist()
        for key in map(str, frame.columns)
    }
    return _Records(path, columns, len(user))
