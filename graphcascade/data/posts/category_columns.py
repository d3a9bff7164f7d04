"""A hierarchy of categories from columns of names, from coarse to fine."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcascade.errors import DataError, UsageError, shorten
from graphcascade.plurals import counted

__all__ = ["CategoryIds", "check_category_ids", "join_categories"]

Strings = npt.NDArray[np.object_]
IntArray = npt.NDArray[np.int64]
CategoryIds = Literal["name", "path"]
SEPARATOR = " > "


def check_category_ids(value: str) -> None:
    """Raises a :class:`UsageError` about an unknown value of the argument ``category_ids``."""
    if value not in get_args(CategoryIds):
        raise UsageError(argument="category_ids", value=value, reason="use 'name' or 'path'")


def join_categories(
    columns: Sequence[Strings], ids: CategoryIds, where: Callable[[int], str]
) -> tuple[IntArray, IntArray, Strings]:
    """Makes a hierarchy of categories.

    Args:
        columns: For each level from coarse to fine, the category of each post, ``[N]`` strings; "" if it has none.
        ids: ``"name"``: columns name the same category wherever they have the same name; ``"path"``: categories are the
            same if the names of all their ancestors are, too, and their ids are "coarse > fine".
        where: Returns the place of a post for messages.

    Returns:
        The finest category of each post, ``[N]``, -1 if it has none; the parent of each category, ``[C]``, -1 for a
        root; and the ids of the categories, ``[C]``, level by level.

    Raises:
        DataError: A post has a category without one at the level above; a category has two parents, or is its own
            ancestor. The message names the rows.
    """
    for coarse, fine in itertools.pairwise(columns):
        gap = np.flatnonzero((fine != "") & (coarse == ""))
        if gap.size:
            row = int(gap[0])
            raise DataError(
                f"{where(row)}: the category {shorten(fine[row])!r} stands without a coarser category above it "
                f"({counted(gap.size, 'such post')}); fill the coarser category in, or leave both empty."
            )
    if ids == "path":
        columns = _join_paths(columns)
    count = len(columns[0]) if columns else 0
    names: pd.Index = pd.Index([], dtype=object)
    post_category = np.full(count, -1)
    child: list[IntArray] = []
    parent: list[IntArray] = []
    row_of_link: list[IntArray] = []
    for column in columns:
        rows = np.flatnonzero(column != "")
        names = names.append(pd.Index(pd.unique(column[rows]))).unique()
        number = names.get_indexer(pd.Index(column[rows])).astype(np.int64)
        child.append(number)
        parent.append(post_category[rows])
        row_of_link.append(rows)
        post_category[rows] = number
    if not columns:
        return post_category, np.empty(0, dtype=np.int64), np.array([], dtype=object)
    children, parents, rows = np.concatenate(child), np.concatenate(parent), np.concatenate(row_of_link)
    _, first = np.unique(children, return_index=True)
    other = np.flatnonzero(parents != parents[first][children])
    if other.size:
        link = int(other[0])
        category = int(children[link])
        before = int(first[category])

        def position(parent: int) -> str:
            if parent < 0:
                return "at the top"
            return "below itself" if parent == category else f"below {shorten(names[parent])!r}"

        raise DataError(
            f"{where(int(rows[link]))}: the category {shorten(names[category])!r} is {position(int(parents[link]))}, "
            f"but {position(int(parents[before]))} in {where(int(rows[before])).rpartition(', ')[2]}; a category has "
            "one parent at most: correct one of the two, or keep categories of the same name apart with",
            remedy=("category_ids", "path"),
        )
    return post_category, parents[first], np.array(names, dtype=object)


def _join_paths(columns: Sequence[Strings]) -> list[Strings]:
    """Returns the path of each category, such as "animal > pet"; each pair of names is joined once."""
    paths = [columns[0]] if columns else []
    for column in columns[1:]:
        pairs: pd.MultiIndex = pd.MultiIndex.from_arrays([paths[-1], column])
        number, unique = pd.factorize(pairs)
        joined = [f"{coarse}{SEPARATOR}{fine}" if fine else "" for coarse, fine in unique]
        paths.append(np.array(joined, dtype=object)[number] if joined else column)
    return paths
