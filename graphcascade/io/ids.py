"""Columns of ids as texts: the one rule for what an id is."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcascade.data.check import MAX_EXACT_FLOAT
from graphcascade.errors import DataError
from graphcascade.io.lines import BLANKS, shorten

__all__ = ["ids_of"]

WHOLE_FLOAT = re.compile(r"-?[0-9]+\.0")
MAX_DIGITS = 300  # of an id that is a number; Python does not convert numbers of more than 4,300 digits
TOO_LARGE = 10**MAX_DIGITS
Where = Callable[[int], str]  # names the place of a row
logger = logging.getLogger(__name__)


def ids_of(column: pd.Series, where: Where, noun: str, known: Collection[str] = frozenset()) -> npt.NDArray[np.object_]:
    """Ids as texts. The type of the column makes no difference, only the values do.

    An id is a text or a whole number: 12, 12.0 and "12" are the same id. Blanks around a text are removed, and where
    all texts of the column are like "12.0" they are read as "12" (tables write whole numbers like this when others are
    missing). Both are logged.

    Args:
        column: The ids as a table has them.
        where: Names the place of a row.
        noun: Whose ids they are, for messages.
        known: Ids of another column for the same things: texts like "12.0" that are among them stay as they are.

    Returns:
        The ids, strings.

    Raises:
        DataError: A missing id; a number that is not whole, or too large for a float to hold all of its digits; a value
            that is neither a text nor a number; a text that is not valid Unicode.
    """
    values = column.astype(object).to_numpy()
    texts = list(map(str if pd.api.types.is_integer_dtype(column.dtype) else _text, values))
    missing = column.isna().to_numpy() | np.array([text == "" for text in texts], dtype=bool)
    if missing.any():
        raise DataError(f"{where(int(np.flatnonzero(missing)[0]))}: the {noun} id is missing; every event needs one.")
    if None in texts:
        row = texts.index(None)
        raise DataError(f"{where(row)}: the {noun} id {_why_not(values[row], noun, str(column.name))}.")
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
    """The id that a value stands for; ``None`` if it is not an id."""
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


def _why_not(value: object, noun: str, column: str) -> str:
    """What is wrong with a value that is not an id, and what to do."""
    if isinstance(value, int) and not -TOO_LARGE < value < TOO_LARGE:
        return f"is a number of more than {MAX_DIGITS} digits; give it as a string"
    shown = shorten(str(value))
    if isinstance(value, dict):
        path = f"{column}.{next(iter(value), 'id')}"
        return (
            f"{shown} is an object; an id is a text or a whole number: name the field inside it, such as "
            f'{noun}="{path}" (--{noun} {path})'
        )
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
