"""Conversion of columns of ids to strings."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterable
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcascade.data.cascades.check import MAX_EXACT_FLOAT
from graphcascade.io.coded_ids import CodedIds
from graphcascade.io.invalid_rows import InvalidRows
from graphcascade.io.lines import BLANKS, shorten

__all__ = ["IdForm", "code_ids"]

WHOLE_FLOAT = re.compile(r"-?[0-9]+\.0")
MAX_DIGITS = 300  # in a numeric id; Python does not convert numbers of more than 4,300 digits
TOO_LARGE = 10**MAX_DIGITS
Where = Callable[[int], str]  # returns the place of a row for messages
logger = logging.getLogger(__name__)


def code_ids(
    column: pd.Series,
    rows: InvalidRows | Where,
    noun: str,
    known: Collection[str] = frozenset(),
    fixed_columns: bool = False,
    form: IdForm | None = None,
) -> CodedIds:
    """Converts ids to strings. Only the values matter, not the type of the column.

    An id is a string or a whole number: 12, 12.0 and "12" are the same id. Blanks around a string are removed. If all
    strings of the column are like "12.0", they are read as "12", because tables write whole numbers like this when
    others are missing. Both are logged.

    Args:
        column: Column of a table.
        rows: Collects the invalid rows; or a function that returns the place of a row for messages, if the first
            invalid row is an error.
        noun: Noun for the ids in messages, such as "user".
        known: Ids of another column for the same users or items: strings like "12.0" that are among them are kept.
        fixed_columns: Whether the names of the columns are fixed. Otherwise an error about an object says how to name
            a field of it as the column.
        form: What is known about the ids of the whole column, if it is read in portions; the caller checks it when all
            are read.

    Returns:
        The ids; "" for an invalid one.

    Raises:
        DataError: An id is missing; a number is not whole, or too large for a float to hold all of its digits; a value
            is neither a string nor a number; a string is not valid Unicode.
    """
    invalid = rows if isinstance(rows, InvalidRows) else InvalidRows("", where=rows)
    form = IdForm() if form is None else form
    arrow = _code_arrow_texts(column)
    if arrow is not None and arrow.numbered:  # none is missing, padded or invalid
        form.add(arrow.text, known)
        if not form.use_whole_floats():
            return arrow
    values: Any = _without_zero_bytes(column, invalid, noun) if arrow is None else arrow
    if arrow is not None or (len(values) and pd.api.types.infer_dtype(values, skipna=False) == "string"):
        codes, unique = _factorize(values) if arrow is None else (arrow.code, arrow.text)
        texts = np.array([text.strip(BLANKS) for text in unique], dtype=object)
        is_text: npt.NDArray[np.bool_] = np.ones(len(unique), dtype=bool)
    elif pd.api.types.is_integer_dtype(column.dtype) and not column.isna().any():
        codes, unique = _factorize(column.to_numpy())
        texts = np.array(list(map(str, unique.tolist())), dtype=object)
        is_text = np.zeros(len(unique), dtype=bool)
    else:
        codes, unique = np.arange(len(values), dtype=np.int64), values
        texts = np.empty(len(values), dtype=object)
        texts[:] = list(map(str if pd.api.types.is_integer_dtype(column.dtype) else _text, values))
        texts[column.isna().to_numpy()] = ""
        is_text = np.array([isinstance(value, str) for value in values], dtype=bool)
    name = str(column.name)

    def mask(test: Callable[[Any], bool]) -> npt.NDArray[np.bool_]:
        found: npt.NDArray[np.bool_] = np.array([test(text) for text in texts], dtype=bool)[codes]
        return found

    invalid.add(
        (texts == "")[codes],
        f"{noun} id missing",
        name,
        values,
        lambda row: f"the {noun} id is missing; every row needs one",
    )
    unknown = pd.isna(texts)[codes]
    objects = unknown
    if unknown.any():
        objects = unknown & np.array([isinstance(value, dict) for value in unique], dtype=bool)[codes]
    if objects.any():
        value, named = values[np.flatnonzero(objects)[0]], column.name is not None
        advice = ": write the id in place of the object" if fixed_columns else ": name the field inside it, as in"
        invalid.add(
            objects,
            f"{noun} id invalid",
            name,
            values,
            lambda row: f"the {noun} id {_describe_problem(values[row])}" + advice * (fixed_columns or named),
            None if fixed_columns or not named else (noun, _field(column, value)),
        )
    invalid.add(
        unknown & ~objects,
        f"{noun} id invalid",
        name,
        values,
        lambda row: f"the {noun} id {_describe_problem(values[row])}",
    )
    texts[pd.isna(texts)] = ""
    if not _is_encodable(texts):
        broken = mask(lambda text: not _is_encodable([text]))
        ids = texts[codes]
        invalid.add(
            broken,
            f"{noun} id invalid",
            name,
            values,
            lambda row: (
                f"the {noun} id {shorten(ascii(ids[row]))} has half of a surrogate pair in it, which is not a "
                "character; repair the encoding of the table"
            ),
        )
        texts[[not _is_encodable([text]) for text in texts]] = ""
    is_padded: npt.NDArray[np.bool_] = np.zeros(len(texts), dtype=bool)
    if is_text.all():
        is_padded = (texts != unique) & (texts != "")
    elif is_text.any():
        pairs = zip(texts, unique, strict=True)
        is_padded = np.array([isinstance(value, str) and text not in ("", value) for text, value in pairs], dtype=bool)
    padded = np.flatnonzero(is_padded[codes])
    if padded.size and "padded" not in form.reported:
        form.reported.add("padded")
        logger.warning(
            "%s: blanks around the %s id %r were removed (%s ids%s).",
            invalid.where(int(padded[0])),
            noun,
            shorten(values[padded[0]]),
            f"{padded.size:,}",
            form.portion,
        )
    read = is_text & (texts != "")
    form.add(texts[read], known)
    if read.any() and form.use_whole_floats():
        row = int(np.flatnonzero(read[codes])[0])
        text = texts[codes[row]]
        if "whole" not in form.reported:
            form.reported.add("whole")
            logger.warning(
                "%s: the %s id %r, like all others, is read as %r.", invalid.where(row), noun, text, text[:-2]
            )
        texts[read] = [text[:-2] for text in texts[read]]
    return CodedIds(codes, texts)


class IdForm:
    """What the ids of a whole column show together: whether all texts are like "12.0" and are read as "12".

    Args:
        portion: Words that follow counts in messages, if the column is read in portions.
    """

    def __init__(self, portion: str = "") -> None:
        self.portion = portion
        self.reported: set[str] = set()
        self._all_whole = True
        self._known: set[str] = set()
        self._texts: set[str] = set()  # only while all are like "12.0"
        self._decided: bool | None = None
        self._used: set[bool] = set()

    def add(self, texts: Iterable[str], known: Collection[str]) -> None:
        """Adds texts that are ids, and ids of another column for the same users."""
        if self._decided is None and self._all_whole:
            self._all_whole = all(map(WHOLE_FLOAT.fullmatch, texts))
            self._texts = self._texts | set(texts) if self._all_whole else set()
            self._known = set(known)

    def use_whole_floats(self) -> bool:
        """Returns whether the texts that were added are read without their ".0"."""
        whole = self._is_whole() if self._decided is None else self._decided
        self._used.add(whole)
        return whole

    def settle(self, known: Collection[str] = frozenset()) -> bool:
        """Decides by all ids; returns whether some of them were read in another way and must be read again."""
        if self._decided is None:
            self._known = set(known)
            self._decided, self._texts = self._is_whole(), set()
        stale = self._used not in (set(), {self._decided})
        self._used = set()
        return stale

    def _is_whole(self) -> bool:
        return self._all_whole and bool(self._texts) and not self._texts & self._known


def _factorize(values: Any) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
    codes, unique = pd.factorize(values)
    return codes.astype(np.int64), np.asarray(unique, dtype=object)


def _code_arrow_texts(column: pd.Series) -> CodedIds | None:
    """Codes a column of Arrow's texts without a Python object for each row; ``None`` for other columns, and for those
    with missing values or zero bytes. The ids are ``numbered`` if no text is empty or has blanks around it."""
    is_text = isinstance(column.dtype, pd.ArrowDtype) and column.dtype.type is str
    if not is_text or len(column) == 0 or column.hasnans:
        return None
    import pyarrow
    from pyarrow import compute

    code, unique = pd.factorize(column.array)
    texts = pyarrow.array(unique)
    if compute.any(compute.match_substring(texts, "\0")).as_py():
        return None
    clean = compute.min(compute.binary_length(texts)).as_py() > 0 and compute.utf8_trim(texts, BLANKS).equals(texts)
    return CodedIds(code.astype(np.int64), np.asarray(unique, dtype=object), numbered=clean)


def _text(value: object) -> str | None:
    """Returns a value as an id, or ``None`` if it is not valid."""
    if isinstance(value, str):
        return value.strip(BLANKS)
    if isinstance(value, bool | np.bool_):
        return None
    if isinstance(value, int | np.integer):
        return str(int(value)) if abs(int(value)) < TOO_LARGE else None
    if isinstance(value, float | np.floating):
        number = float(value)
        return str(int(number)) if abs(number) <= MAX_EXACT_FLOAT and number.is_integer() else None
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() < MAX_DIGITS:
        return str(int(value)) if value == int(value) else None
    return None


def _field(column: pd.Series, value: dict[Any, Any]) -> str:
    """Returns the name of the first field of an object in a column, such as "user.id"."""
    return f"{column.name}.{next(iter(value), 'id')}"


def _describe_problem(value: object) -> str:
    """Returns what is wrong with a value that is not a valid id, and what to do."""
    if isinstance(value, int) and not -TOO_LARGE < value < TOO_LARGE:
        return f"is a number of more than {MAX_DIGITS} digits; give it as a string"
    shown = shorten(str(value))
    if isinstance(value, dict):
        return f"{shown} is an object; an id is a text or a whole number"
    if isinstance(value, float | np.floating):
        if float(value).is_integer():
            return f"{shown} has lost digits as a float; give ids as strings or integers"
        return f"{shown} is a number that is not whole"
    if isinstance(value, Decimal) and abs(value) < TOO_LARGE:
        return f"{shown} is a number that is not whole"
    if isinstance(value, Decimal):
        return f"{shown} is a number of more than {MAX_DIGITS} digits; give it as a string"
    kind = "list" if isinstance(value, np.ndarray) else type(value).__name__
    return f"{shown} is of the type {kind}; an id is a text or a whole number"


def _without_zero_bytes(column: pd.Series, invalid: InvalidRows, noun: str) -> npt.NDArray[np.object_]:
    """Returns the values, without those that have a zero byte, behind which pandas does not tell texts apart."""
    values: npt.NDArray[np.object_] = column.astype(object).to_numpy()
    only_texts = pd.api.types.infer_dtype(values, skipna=False) == "string"
    if "\0" not in "".join(values if only_texts else (value for value in values if isinstance(value, str))):
        return values
    broken = np.array([isinstance(value, str) and "\0" in value for value in values], dtype=bool)
    invalid.add(
        broken,
        f"{noun} id invalid",
        str(column.name),
        values,
        lambda row: f"the {noun} id {shorten(repr(values[row]))} has a zero byte in it; is this a text file?",
    )
    return np.where(broken, "invalid", values)


def _is_encodable(texts: Iterable[str]) -> bool:
    """Returns whether no text has half of a surrogate pair."""
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return False
    return True
