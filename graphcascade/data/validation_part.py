from __future__ import annotations

from graphcascade.data.split_graph import SplitGraph
from graphcascade.errors import UsageError

__all__ = ["check_validation_part"]


def check_validation_part(train: SplitGraph, val: SplitGraph) -> None:
    """Checks that a graph is the validation part of the split whose training part another one is.

    Args:
        train: The training part.
        val: The graph to validate on.

    Raises:
        UsageError: ``val`` is no validation part of a split, or comes from another split than ``train``.
    """
    if val.split is None or val.split.part != "val":
        part = "no part" if val.split is None else f"the {val.split.part} part"
        raise UsageError(f"{val.name}: this is {part} of a split; validate on the validation part.")
    if train.split is None or train.split.digest != val.split.digest:
        raise UsageError(
            f"{val.name}: the validation part is of another split than {train.name} (training); take both from one "
            "call of splits()."
        )
