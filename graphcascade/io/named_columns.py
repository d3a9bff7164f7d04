from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from typing_extensions import Self

from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.io.ids import code_ids
from graphcascade.io.invalid_rows import InvalidRows
from graphcascade.io.lines import BLANKS, shorten
from graphcascade.io.times import convert_times
from graphcascade.plurals import counted

__all__ = [
    "MissingImages",
    "NamedColumns",
    "check_missing_images",
    "describe_missing",
    "has_content",
    "is_inside",
]

Strings = npt.NDArray[np.object_]
Numbers = npt.NDArray[np.float64]
MissingImages = Literal["error", "placeholder"]


def check_missing_images(value: str) -> None:
    """Raises a :class:`UsageError` about an unknown value of the argument ``missing_images``."""
    if value not in ("error", "placeholder"):
        raise UsageError(argument="missing_images", value=value, reason="use 'error' or 'placeholder'")


@dataclass(frozen=True)
class NamedColumns:
    """A table, and the conversions of its columns.

    Args:
        path: The file, or the name of the table in messages.
        frame: Its rows, indexed by line number.
        invalid: Collects the invalid rows, and has their numbers for messages.
    """

    path: str | Path
    frame: pd.DataFrame
    invalid: InvalidRows

    def valid_rows(self) -> Self:
        """Returns the table without its invalid rows."""
        frame = self.frame[self.invalid.valid()]
        invalid = InvalidRows(self.path, self.invalid.row_name)
        invalid.lines = frame.index.to_numpy(dtype=np.int64)
        return type(self)(self.path, frame, invalid)

    def where(self, row: int) -> str:
        """Returns the place of a row for messages."""
        return self.invalid.where(row)

    def ids(self, column: str, known: Strings | None = None, blank: bool = False) -> Strings:
        """Returns ids; with ``blank``, a missing id is ""."""
        values = self.frame[column]
        rows = np.flatnonzero(~_is_missing(values)) if blank else np.arange(len(values))
        result = np.full(len(values), "", dtype=object)
        if rows.size:
            others = () if known is None else set(known)
            result[rows] = code_ids(
                values.iloc[rows], self.invalid.part(rows), column, others, fixed_columns=True
            ).to_array()
        return result

    def times(
        self, time_unit: str | None, column: str = "time", time_format: str | None = None
    ) -> tuple[Numbers | None, str | None]:
        """Returns times and their unit; ``None`` if there is no such column, or no time in it."""
        if column not in self.frame or bool(_is_missing(self.frame[column]).all()):
            return None, None
        return convert_times(self.frame[column], time_unit, self.invalid, time_format)

    def texts(self, column: str) -> Strings | None:
        """Returns texts, "" for those that are missing; ``None`` if there is no such column."""
        if column not in self.frame:
            return None
        values = self.frame[column].astype(object).to_numpy()
        missing = self.frame[column].isna().to_numpy()
        is_text = np.array([isinstance(value, str) for value in values], dtype=bool)
        self.invalid.add(
            ~is_text & ~missing,
            f"{column} not a text",
            column,
            values,
            lambda row: f"the {column} {shorten(str(values[row]))} is not a text; write it in quotes",
        )
        return np.array([value if valid else "" for valid, value in zip(is_text, values, strict=True)], dtype=object)

    def images(
        self, folder: Path, missing_images: MissingImages, noun: str, column: str = "image"
    ) -> tuple[Strings | None, int]:
        """Returns the paths of the images, and the number of those whose file is missing.

        Args:
            folder: Folder that the paths of the column begin at, and must not leave.
            missing_images: ``"error"``, or ``"placeholder"`` to leave out images whose file is missing.
            noun: Noun for a row in messages, such as "tweet".
            column: The column.
        """
        names = self.texts(column)
        if names is None:
            return None, 0
        outside = [row for row, name in enumerate(names) if name.strip(BLANKS) and not is_inside(name, folder)]
        if outside:
            raise DataError(
                f"{self.where(outside[0])}: the column {column!r} has the path {shorten(names[outside[0]])!r}, which "
                f"leaves the folder {folder}; copy the image into the folder, and give its path from there."
            )
        paths = np.array([str(folder / name) if name.strip(BLANKS) else "" for name in names], dtype=object)
        missing = [row for row, path in enumerate(paths) if path and not has_content(Path(path))]
        if missing and missing_images == "error":
            raise MissingFileError(
                value=self.where(missing[0]),
                reason=f"{describe_missing(Path(paths[missing[0]]))} ({counted(len(missing), f'such {noun}')}); "
                f"add the file, or keep such {noun}s without an image with",
                remedy=("missing_images", "placeholder"),
            )
        paths[missing] = ""
        return paths, len(missing)


def is_inside(name: str, folder: Path) -> bool:
    """Returns whether the path of an image stays in the folder; links in the folder are followed without a check."""
    path = folder / name
    if ".." not in Path(name).parts and os.path.abspath(path).startswith(os.path.join(os.path.abspath(folder), "")):
        return True
    return path.resolve().is_relative_to(folder.resolve())


def has_content(path: Path) -> bool:
    """Returns whether a path is a file that is not empty."""
    return path.is_file() and path.stat().st_size > 0


def describe_missing(path: Path) -> str:
    """Returns what is wrong with the path of an image that has no content, in words."""
    return f"the image {path} is an empty file" if path.is_file() else f"there is no image {path}"


def _is_missing(column: pd.Series[Any]) -> npt.NDArray[np.bool_]:
    blank = np.array([isinstance(value, str) and not value.strip(BLANKS) for value in column], dtype=bool)
    missing: npt.NDArray[np.bool_] = column.isna().to_numpy() | blank
    return missing
