from __future__ import annotations

from collections.abc import Iterable, Mapping

from graphcascade.data import PostStream
from graphcascade.errors import UsageError

__all__ = ["check_inputs"]


def check_inputs(
    stream: PostStream, owner: str, dims: Mapping[str, int], numbers: Iterable[str], uses_category: bool = False
) -> None:
    """Raises an error if a stream lacks an input of a model.

    Args:
        stream: The posts.
        owner: Name of the model in messages.
        dims: Size of the features that the model was made for, by ``"image"`` and ``"text"``; only those that it uses.
        numbers: Names of the further numbers that it uses.
        uses_category: Whether it uses categories.

    Raises:
        UsageError: There are no features, or they have another size; there are no categories; a number is missing.
    """
    for noun, dim in dims.items():
        x = stream["post"].get(f"x_{noun}")
        found = 0 if x is None else x.size(1)
        if found != dim:
            has = f"features of size {found}" if found else "none"
            raise UsageError(
                f"{stream.name}: {owner} was made for features x_{noun} of size {dim}; these posts have {has}."
            )
    if uses_category and stream.num_categories == 0:
        raise UsageError(
            f"{stream.name}: {owner} uses categories; these posts have none. Name their columns when the posts are "
            "read (--categories)."
        )
    lacking = [name for name in numbers if name not in stream.number_names]
    if lacking:
        raise UsageError(
            f"{stream.name}: {owner} uses the number {lacking[0]!r}, which these posts do not have; name its column "
            "when the posts are read (--numbers)."
        )
