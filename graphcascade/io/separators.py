"""Separators of the columns of text tables: their names, and how they are found from a header."""

from __future__ import annotations

import csv
from collections.abc import Collection

from graphcascade.errors import DataError, UsageError
from graphcascade.io.lines import BLANKS, csv_reader, shorten

__all__ = ["SEPARATORS", "SEPARATOR_NAMES", "find_separator", "parse_separator", "split_header"]

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "space": " "}
"""Separators by the names that they have on the command line."""
SEPARATOR_NAMES = {separator: name for name, separator in SEPARATORS.items()}


def parse_separator(sep: str) -> str:
    r"""Returns the character for a separator that is given by name, as the character, or as ``\t``.

    Raises:
        UsageError: It is neither a name nor one character that can separate fields.
    """
    character = SEPARATORS.get(sep.lower(), "\t" if sep == "\\t" else sep)
    if len(character) != 1 or character.isalnum() or character in '"\r\n\0\\':
        names = ", ".join(SEPARATORS)
        raise UsageError(argument="sep", value=sep, reason=f"use {names}, or one character such as ;")
    return character


def find_separator(path: object, header: str, columns: Collection[str], usual: str) -> str:
    """Finds the separator of a table from the line with the names of its columns.

    If several characters could be the separator, it is the one with which all expected columns are there.

    Args:
        path: The file, for messages.
        header: The line.
        columns: Names of columns that the table should have; may be empty.
        usual: Separator of a table with a single column.

    Raises:
        DataError: Several separators are possible.
    """
    fields = {separator: split_header(header, separator) for separator in SEPARATORS.values()}
    several = {separator: names for separator, names in fields.items() if len(names) > 1}
    if columns:
        complete = [separator for separator, names in several.items() if set(columns) <= set(names)]
        if len(complete) == 1:
            return complete[0]
    several.pop(" ", None)  # names of columns may have blanks
    if len(several) > 1:
        found = " and ".join(f"a {SEPARATOR_NAMES[separator]}" for separator in several)
        raise DataError(
            value=f"{path}, line 1",
            reason=f"the header {shorten(header.strip())!r} can be divided at {found}; name the separator with",
            remedy=("sep", SEPARATOR_NAMES[usual if usual in several else next(iter(several))]),
        )
    return next(iter(several), usual)


def split_header(header: str, separator: str) -> list[str]:
    """Returns the names of the columns in a line; the whole line is one name if it cannot be split."""
    line = header.strip("\r\n")
    try:
        with csv_reader([line.strip(" ")], separator, strict=True, skipinitialspace=separator == " ") as reader:
            return [name.strip(BLANKS) for name in next(reader, [])]
    except csv.Error:
        return [line]
