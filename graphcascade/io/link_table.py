"""Links between users in a table with names of columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from graphcascade.errors import DataError, shorten
from graphcascade.io.ids import WHOLE_FLOAT, code_ids
from graphcascade.io.invalid_rows import InvalidRows
from graphcascade.io.lines import BLANKS
from graphcascade.io.link_columns import find_link_columns
from graphcascade.io.named_edges import NamedEdges
from graphcascade.io.times import to_number
from graphcascade.io.unread_columns import report_unread_columns

__all__ = ["links_of_table"]


def links_of_table(
    frame: pd.DataFrame,
    path: str | Path,
    invalid: InvalidRows,
    source_column: str | None,
    target_column: str | None,
    direction: str | None,
) -> NamedEdges:
    """Returns the links of a table, from followee to follower; invalid rows are collected and left out.

    Args:
        frame: The table.
        path: Its name in messages.
        invalid: Collects the invalid rows.
        source_column, target_column, direction: See :func:`~graphcascade.io.link_columns.find_link_columns`.

    Raises:
        DataError: The columns of the two users are not known, or do not exist.
        UsageError: The direction contradicts the names of the columns.
    """
    names = [str(name) for name in frame.columns]
    places = find_link_columns(path, names, source_column, target_column, direction)
    if places is None:
        found = ", ".join(map(repr, names))
        if len(names) < 2:
            raise DataError(f"{path}: links need two columns of users; found {found}.")
        raise DataError(
            value=path,
            reason=f"it is not known which columns have the two users of a link; found {found}; name them, as in "
            f"target_column={names[1]!r} and",
            remedy=("source_column", names[0]),
        )
    ends = [frame.iloc[:, place] for place in places]
    # "1.0" is read as "1" in both columns or in none, since both have the same users.
    strings = {text.strip(BLANKS) for end in ends for text in end if isinstance(text, str)}
    known = () if all(WHOLE_FLOAT.fullmatch(text) for text in strings if text) else strings
    first, second = (code_ids(end, invalid, str(end.name), known).to_array() for end in ends)
    weights = [place for place, name in enumerate(names) if name.lower() == "weight" and place not in places]
    weight = _weights(frame.iloc[:, weights[0]], invalid) if weights else None
    report_unread_columns(path, [name for at, name in enumerate(names) if at not in (*places, *weights[:1])], {})
    valid = invalid.valid()
    lines = invalid.lines[valid]
    return NamedEdges(
        first[valid],
        second[valid],
        None if weight is None else weight[valid],
        lambda edge: f"{path}, {invalid.row_name} {lines[edge]}",
    )


def _weights(column: pd.Series, invalid: InvalidRows) -> Any:
    values: Sequence[Any] = column.astype(object).tolist()
    numbers = [to_number(value) for value in values]
    wrong = np.array([number is None for number in numbers], dtype=bool)
    invalid.add(
        wrong,
        "weight not a number",
        str(column.name),
        values,
        lambda row: f"the weight {shorten(repr(values[row]))} is not a number",
    )
    return np.array([np.nan if number is None else number for number in numbers], dtype=np.float64)
