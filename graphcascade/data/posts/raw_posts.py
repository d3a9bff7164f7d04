from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["RawPosts"]

Strings = npt.NDArray[np.object_]
Numbers = npt.NDArray[np.float64]


def _row(row: int) -> str:
    return f"posts, row {row + 1}"


@dataclass(frozen=True, eq=False)
class RawPosts:
    """Posts by their ids, before :func:`~graphcascade.data.check_posts` checks them.

    Args:
        post: Id of each post, ``[N]`` strings.
        user: Id of each post's user, ``[N]`` strings.
        time: Time of each post, ``[N]`` float64.
        y: Label of each post, ``[N]`` float64, NaN if unknown; or ``None`` if all are unknown.
        categories: Categories of each post from coarse to fine: for each level, ``[N]`` strings, "" if there is none.
        text: Text of each post, ``[N]`` strings, "" if it has none.
        title: Title of each post, ``[N]`` strings.
        image: Path of each post's image, ``[N]`` strings.
        numbers: Further numbers, for each name ``[N]`` float64, NaN if unknown.
        crawl_time_names: Names of the numbers that are known only when the data were crawled.
        time_unit: Unit of the times.
        missing_images: Number of images whose files are missing and that the reader left out.
        invalid_rows: Number of invalid rows by reason, which the reader left out.
        where: Returns the place of a row for messages.
        name: Name of the stream in reports and messages.
        post_column: Name of the column of the ids of posts, for messages.
    """

    post: Strings
    user: Strings
    time: Numbers
    y: Numbers | None = None
    categories: Sequence[Strings] = ()
    text: Strings | None = None
    title: Strings | None = None
    image: Strings | None = None
    numbers: dict[str, Numbers] | None = None
    crawl_time_names: Sequence[str] = ()
    time_unit: str | None = None
    missing_images: int = 0
    invalid_rows: Mapping[str, int] = field(default_factory=dict)
    where: Callable[[int], str] = _row
    name: str = "posts"
    post_column: str = "post"
