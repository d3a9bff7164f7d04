"""Conversion of columns of ids to strings."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcascade.data.cascades.check import MAX_EXACT_FLOAT
from graphcascade.errors import DataError
from graphcascade.io.lines import BLANKS, shorten

__all__ = ["convert_ids"]

WHOLE_FLOAT = re.compile(r"-?[0-9]+\.0")
MAX_DIGITS = 300  # in a numeric id; Python does not convert numbers of more than 4,300 digits
TOO_LARGE = 10**MAX_DIGITS
Where = Callable[[int], str]  # returns the place of a row for messages
logger = logging.getLogger(__name__)


def convert_ids(
    column: pd.Series, where: Where, noun: str, known: Collection[str] = frozenset(), fixed_columns: bool = False
) -> npt.NDArray[np.object_]:
    """Converts ids to strings. Only the values matter, not the type of the column.

    An id is a string or a whole number: 12, 12.0 and "12" are the same id. Blanks around a string are removed. If all
    strings of the column are like "12.0", they are read as "12", because tables write whole numbers like this when
    others are missing. Both are logged.

    Args:
        column: Column of a table.
        where: Returns the place of a row for messages.
        noun: Noun for the ids in messages, such as "user".
        known: Ids of another column for the same users or items: strings like "12.0" that are among them are kept.
        fixed_columns: Whether the names of the columns are fixed. Otherwise an error about an object says how to name
            a field of it as the column.

    Returns:
        The ids, strings.

    Raises:
        DataError: An id is missing; a number is not whole, or too large for a float to hold all of its digits; a value
            is neither a string nor a number; a string is not valid Unicode.
    """
    values = column.astype(object).to_numpy()
    texts = list(map(str if pd.api.types.is_integer_dtype(column.dtype) else _text, values))
    missing = column.isna().to_numpy() | np.array([text == "" for text in texts], dtype=bool)
    if missing.any():
        raise DataError(f"{where(int(np.flatnonzero(missing)[0]))}: the {noun} id is missing; every event needs one.")
    if None in texts:
        row = texts.index(None)
        problem, remedy = _describe_problem(values[row]), None
        if isinstance(values[row], dict) and fixed_columns:
            problem = f"{problem}: write the id in place of the object"
        elif isinstance(values[row], dict) and column.name is not None:
            problem, remedy = f"{problem}: name the field inside it, as in", (noun, _field(column, values[row]))
        raise DataError(value=where(row), reason=f"the {noun} id {problem}", remedy=remedy)
    ids = np.array(texts, dtype=object)
    _check_encoding(ids, where, noun)

    is_text = np.array([isinstance(value, str) for value in values], dtype=bool)
    padded = np.flatnonzero(is_text & (ids != values))
    if padded.size:
        logger.warning(
            "%s: blanks around the %s id %r were removed (%s ids).",
            where(int(padded[0])),
            noun,
            shorten(values[padded[0]]),
            f"{padded.size:,}",
        )
    if is_text.any() and all(map(WHOLE_FLOAT.fullmatch, ids[is_text])) and not set(ids[is_text]) & set(known):
        row = int(np.flatnonzero(is_text)[0])
        logger.warning("%s: the %s id %r, like all others, is read as %r.", where(row), noun, ids[row], ids[row][:-2])
        ids[is_text] = [text[:-2] for text in ids[is_text]]
    return ids


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


def _check_encoding(ids: npt.NDArray[np.object_], where: Where, noun: str) -> None:
    try:
        "".join(ids).encode()
    except UnicodeEncodeError:
        row = next(row for row, text in enumerate(ids) if any("\ud800" <= letter <= "\udfff" for letter in text))
        raise DataError(
            f"{where(row)}: the {noun} id {shorten(ascii(ids[row]))} has half of a surrogate pair in it, which is not "
            "a character; repair the encoding of the table."
        ) from None
