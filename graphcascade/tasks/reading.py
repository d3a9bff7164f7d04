"""Reads the data of tasks about cascades."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from graphcascade.errors import DataError, GraphCascadeError, MissingFileError, UnknownNameError, UsageError
from graphcascade.options.cascade_read_options import CascadeReadOptions
from graphcascade.options.follow_graph_options import FollowDirection, FollowGraphOptions
from graphcascade.options.post_read_options import PostReadOptions
from graphcascade.options.read_options import ReadOptions
from graphcascade.options.table_read_options import TableReadOptions
from graphcascade.plurals import counted

if TYPE_CHECKING:
    from torch_geometric.data import Data

    from graphcascade.data import CascadeDataset

__all__ = [
    "POST_COLUMNS",
    "TABLE_OPTIONS",
    "is_table_of_posts",
    "missing_data",
    "not_cascades",
    "open_all_links",
    "open_data",
    "open_links",
    "require_no_effect",
    "with_links",
]

POST_COLUMNS = tuple(option.name for option in fields(PostReadOptions))
"""Options of tables of posts."""
TABLE_OPTIONS = tuple(option.name for option in fields(TableReadOptions))
"""Options of tables of any kind."""

logger = logging.getLogger(__name__)


def require_no_effect(files: ReadOptions, names: Iterable[str], examples: str) -> None:
    """Raises an error if one of some options of reading, which have no effect, was given.

    Args:
        files: The options.
        names: Names of those without an effect.
        examples: What the data consist of, such as "cascades".

    Raises:
        UsageError: An option is not at its default.
    """
    for option in names:
        value = getattr(files, option)
        if value != getattr(ReadOptions, option):
            raise UsageError(argument=option, value=value, reason=f"has no effect on {examples}; leave it out")


def is_table_of_posts(path: Path, files: CascadeReadOptions) -> bool:
    """Returns whether a file has the columns of posts, and none of the items of cascades."""
    from graphcascade.io.read_table import read_columns

    columns = read_columns(path)
    post = getattr(files, "post", PostReadOptions.post)
    return {post, files.user, files.time} <= set(columns) and files.item not in columns


def open_data(data: str, options: CascadeReadOptions) -> CascadeDataset:
    """Reads a file or a prepared folder, or loads a published dataset if ``data`` is its name and no file exists there.

    Raises:
        GraphCascadeError: The file or the dataset cannot be read, or an option for files is given for a dataset.
    """
    from graphcascade.datasets import DATASETS, POST_DATASETS, RETWEET_DATASETS, load_dataset
    from graphcascade.io import read_cascades
    from graphcascade.io.prepared_folder import is_prepared_folder

    path = Path(data)
    if (path.is_dir() and not is_prepared_folder(path)) or (
        (data in RETWEET_DATASETS or data in POST_DATASETS) and not path.exists()
    ):
        raise not_cascades(data)
    if not path.exists() and data not in DATASETS:
        raise missing_data(data)
    if path.exists():
        columns = {name: getattr(options, name) for name in ("user", "item", "time", "cascade", "parent")}
        given = {name: column for name, column in columns.items() if column != getattr(CascadeReadOptions, name)}
        tables = {name: getattr(options, name) for name in TABLE_OPTIONS}
        try:
            return read_cascades(path, format=options.format, time_unit=options.time_unit, **tables, **given)
        except DataError as error:
            if is_table_of_posts(path, options):
                raise not_cascades(data, getattr(options, "post", PostReadOptions.post)) from error
            raise
    for option in ("format", "user", "item", "time", "cascade", "parent", "time_unit", *TABLE_OPTIONS):
        if getattr(options, option) != getattr(CascadeReadOptions, option):
            raise UsageError(
                argument=option, value=getattr(options, option), reason=f"is for files, and there is no file {data}"
            )
    return load_dataset(data, options.root)


def missing_data(data: str) -> GraphCascadeError:
    """Returns the error for data that are no file, no folder and no dataset, with similar names of all three."""
    from graphcascade.datasets import DATASETS, POST_DATASETS, RETWEET_DATASETS

    path = Path(data)
    is_path = bool(path.suffix) or len(path.parts) > 1
    folder = path.parent
    try:
        beside = [entry.name for entry in folder.iterdir() if not entry.name.startswith(".")]
    except (OSError, ValueError):  # there is no such folder, or it cannot be listed
        beside = []
    names = {name.lower(): str(folder / name) for name in sorted(beside)}
    stems = {Path(name).stem: name for name in names}
    if not is_path:
        names |= {name.lower(): name for name in (*DATASETS, *RETWEET_DATASETS, *POST_DATASETS)}
    wanted = path.name.lower()
    near = [stems[wanted]] if wanted in stems else difflib.get_close_matches(wanted, names, n=3, cutoff=0.7)
    hint = f"; did you mean {' or '.join(names[name] for name in near)}?" if near else ""
    if is_path:
        return MissingFileError(f"{data}: there is no such file or folder{hint or '.'}")
    if not near:
        hint = f"; the datasets are {', '.join((*DATASETS, *RETWEET_DATASETS, *POST_DATASETS))}."
    return UnknownNameError(f"there is no file, folder or dataset {data!r}{hint}")


def not_cascades(data: str, post: str = PostReadOptions.post) -> UsageError:
    """Returns the error for a folder, a table of posts, or the name of a dataset of retweets or posts.

    Args:
        data: What was given as data.
        post: Column of the posts.
    """
    from graphcascade.datasets import POST_DATASETS
    from graphcascade.io.retweet_reader import is_retweet_folder
    from graphcascade.io.smpd_files import is_smpd_folder

    path = Path(data)
    if path.is_file() or (data in POST_DATASETS if not path.is_dir() else is_smpd_folder(path)):
        other = f" If a row is an event of a cascade, name the column of what spreads, as in --item {post}."
        other = other if path.is_file() else ""
        return UsageError(
            f"{data}: these are posts, and cascades are needed here; for posts, use a model that predicts popularity, "
            f"for example --model DSN, as in 'graphcascade fit {data} --model DSN'.{other}"
        )
    if path.is_dir() and not is_retweet_folder(path):
        return UsageError(f"{data}: this is a folder; give the file in it.")
    noun = "a folder" if path.is_dir() else "a dataset"
    return UsageError(
        f"{data}: this is {noun} of retweets, and cascades are needed here; for retweets, use a model that ranks "
        f"tweets, for example --model AMNL, as in 'graphcascade fit {data} --model AMNL'."
    )


def open_links(
    path: Path,
    dataset: CascadeDataset,
    direction: FollowDirection | None = None,
    unknown: Literal["error", "drop"] = "error",
    **reading: Any,
) -> tuple[Data, int]:
    """Reads a file of links between the users of a dataset; links of other users are an error, or reported.

    Args:
        path: The file.
        dataset: The dataset.
        direction: Order of the two users of a link; ``None`` if the names of the columns may say it.
        unknown: What to do with links of other users.
        reading: Other arguments of :func:`~graphcascade.io.read_follow_graph`.

    Raises:
        GraphCascadeError: The file cannot be read, or no link is between two users of the data.
    """
    from graphcascade.io import read_follow_graph

    try:
        links, left_out = read_follow_graph(path, dataset.user_ids, direction, unknown, **reading)
    except GraphCascadeError as error:
        error.owner = "links"  # whose options may have other names than those of the data
        raise
    if left_out:
        known = set(dataset.user_ids)
        text = f"{counted(left_out, 'link')} with users of no cascade left out"
        if path.is_file():  # a pipe cannot be read again
            text += f", such as {_first_unknown(path, known, reading)!r}"
        logger.warning("%s: %s.", path, text)
    if links.num_edges == 0:
        raise DataError(f"{path}: no link is between two users of {dataset.name}; do both files use the same ids?")
    return links, left_out


def with_links(options: FollowGraphOptions, dataset: CascadeDataset) -> CascadeDataset:
    """Returns the dataset with the follow graph of a file.

    Args:
        options: The file, and how it is read. Links of users who are in no cascade are an error, are dropped, or add
            these users.
        dataset: Cascades.

    Raises:
        GraphCascadeError: See :func:`open_links` and :func:`open_all_links`.
    """
    assert options.follow_graph is not None
    reading: dict[str, Any] = {
        "source_column": options.source_column,
        "target_column": options.target_column,
        "sep": options.link_sep,
        "encoding": options.link_encoding,
        "on_error": options.invalid_links,
    }
    if options.unknown_users == "add":
        return open_all_links(options.follow_graph, dataset, options.direction, **reading)
    links = open_links(options.follow_graph, dataset, options.direction, options.unknown_users, **reading)
    return dataset.with_follow_graph(*links)


def open_all_links(
    path: Path,
    dataset: CascadeDataset,
    direction: FollowDirection | None = None,
    **reading: Any,
) -> CascadeDataset:
    """Reads a file of links, and returns the dataset with them and with all their users.

    Args:
        path: The file.
        dataset: The dataset.
        direction: Order of the two users of a link; ``None`` if the names of the columns may say it.
        reading: Other arguments of :func:`~graphcascade.io.read_follow_graph`.

    Raises:
        GraphCascadeError: The file cannot be read, or none of its users is in the data.
    """
    import pandas as pd
    import torch

    from graphcascade.io import read_follow_graph, read_graph

    try:
        graph, ids = read_graph(path, direction=direction, **reading)
    except GraphCascadeError as error:
        error.owner = "links"  # whose options may have other names than those of the data
        raise
    extended = dataset.with_users(ids)
    number = torch.from_numpy(pd.Index(extended.user_ids).get_indexer(pd.Index(ids)))
    if not bool((number < dataset.num_users).any()):
        raise DataError(f"{path}: none of its {len(ids):,} users is in {dataset.name}; do both files use the same ids?")
    graph.edge_index, graph.num_nodes = number[graph.edge_index], extended.num_users
    links, _ = read_follow_graph(graph, extended.user_ids)
    logger.info("%s: %s users of no cascade added.", path, f"{extended.num_users - dataset.num_users:,}")
    return extended.with_follow_graph(links)


def _first_unknown(path: Path, known: set[str], reading: Mapping[str, Any]) -> str:
    """Returns the first user of a file of links who is not known."""
    from graphcascade.io import read_graph

    same = {name: value for name, value in reading.items() if name != "errors_out"}
    return next(str(user) for user in read_graph(path, **same)[1] if user not in known)
