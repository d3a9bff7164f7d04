"""Reads the networks of commands that simulate on them or find influential users."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphcascade.errors import DataError, GraphCascadeError, UsageError, shorten

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from torch_geometric.data import Data

__all__ = ["check_probabilities", "find_users", "open_network"]


def open_network(
    path: Path, argument: str, rates: bool, sep: str | None = None
) -> tuple[Data, npt.NDArray[np.object_]]:
    """Reads a network with weights, and the ids of its users.

    Args:
        path: File of the network.
        argument: Name of the option in messages.
        rates: Whether the weights must be rates or probabilities at which cascades pass links.
        sep: Separator of the columns of the file; found from its first line if ``None``.

    Raises:
        GraphCascadeError: The file cannot be read; its links have no weights, or weights with another meaning.
    """
    from graphcascade.io import read_graph

    try:
        links, user_ids = read_graph(path, sep=sep)
    except GraphCascadeError as error:
        error.owner = "links"  # whose options may have other names than those of the data
        raise
    if links.edge_weight is None:
        raise UsageError(
            argument=argument,
            value=path,
            reason="its links have no weight, at which cascades pass them; write it after the two users of each line, "
            "such as 'anna bob 0.1', or in a column named weight",
        )
    if rates and "weight_is" in links:
        raise UsageError(
            argument=argument,
            value=path,
            reason=f"the weight of its links is a {links['weight_is']}, not a rate at which cascades pass them; infer "
            "the network with Netrate, or choose the model for which weights are shares of influence:",
            remedy=("model", "linear_threshold"),
        )
    return links, user_ids


def check_probabilities(links: Any, user_ids: Any, path: Path) -> None:
    """Raises an error that names the file and the users if the weight of a link is above 1."""
    weights = links.edge_weight
    wrong = (weights > 1).nonzero().view(-1)
    if wrong.numel():
        source, target = (shorten(user_ids[end]) for end in links.edge_index[:, wrong[0]].tolist())
        raise DataError(
            f"{path}: the link from {source!r} to {target!r} has the weight {float(weights[wrong[0]]):g}; with "
            "discrete delays, weights are probabilities of at most 1."
        )


def find_users(text: str, user_ids: npt.NDArray[np.object_], argument: str, path: Path) -> list[int]:
    """Finds users by their ids.

    Args:
        text: Ids separated by commas; a user whose id has commas is found if it is the only one.
        user_ids: Ids of all users.
        argument: Name of the option in messages.
        path: File of the network in messages.

    Returns:
        Numbers of the users, each once, in the order of the text.

    Raises:
        UsageError: There is no id, or one that no user has.
    """
    numbers = {str(user): number for number, user in enumerate(user_ids)}
    names = [text] if text in numbers else [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in numbers]
    if unknown:
        near = difflib.get_close_matches(unknown[0], numbers, n=1)
        hint = f"did you mean {near[0]}?" if near else f"its {len(numbers):,} users include {next(iter(numbers))}"
        reason = f"{shorten(unknown[0])!r} is not a user of {path}; {hint}"
        raise UsageError(argument=argument, value=text, reason=reason)
    if not names:
        raise UsageError(argument=argument, value=text, reason="names no user; give the id of one user or more")
    return [numbers[name] for name in dict.fromkeys(names)]
