"""Reads the data of tasks about cascades."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from graphcascade.errors import DataError, UsageError
from graphcascade.options.cascade_read_options import CascadeReadOptions

if TYPE_CHECKING:
    from torch_geometric.data import Data

    from graphcascade.data import CascadeDataset

__all__ = ["open_data", "open_links"]

logger = logging.getLogger(__name__)


def open_data(data: str, options: CascadeReadOptions) -> CascadeDataset:
    """Reads a file, or loads a published dataset if ``data`` is its name and no file exists there.

    Raises:
        GraphCascadeError: The file or the dataset cannot be read, or an option for files is given for a dataset.
    """
    from graphcascade.datasets import DATASETS, load_dataset
    from graphcascade.io import read_cascades

    path = Path(data)
    if path.exists() or (data not in DATASETS and (path.suffix or len(path.parts) > 1)):
        columns = {name: getattr(options, name) for name in ("user", "item", "time", "cascade", "parent")}
        given = {name: column for name, column in columns.items() if column is not None}
        return read_cascades(path, format=options.format, time_unit=options.time_unit, **given)
    for option in ("format", "user", "item", "time", "cascade", "parent", "time_unit"):
        if getattr(options, option) != getattr(CascadeReadOptions, option):
            raise UsageError(
                argument=option, value=getattr(options, option), reason=f"is for files, and there is no file {data}"
            )
    return load_dataset(data, options.root)


def open_links(
    path: Path,
    dataset: CascadeDataset,
    direction: Literal["followee-follower", "follower-followee"] = "followee-follower",
    unknown: Literal["error", "drop"] = "error",
) -> tuple[Data, int]:
    """Reads a file of links between the users of a dataset; links of other users are an error, or reported.

    Raises:
        GraphCascadeError: The file cannot be read, or no link is between two users of the data.
    """
    from graphcascade.io import read_follow_graph, read_graph

    links, left_out = read_follow_graph(path, dataset.user_ids, direction, unknown)
    if left_out:
        known = set(dataset.user_ids)
        text = f"{left_out:,} link{'s'[: left_out != 1]} with users of no cascade left out"
        if path.is_file():  # a pipe cannot be read again
            text += f", such as {next(user for user in read_graph(path)[1] if user not in known)!r}"
        logger.warning("%s: %s (a header begins with #).", path, text)
    if links.num_edges == 0:
        raise DataError(f"{path}: no link is between two users of {dataset.name}; do both files use the same ids?")
    return links, left_out
