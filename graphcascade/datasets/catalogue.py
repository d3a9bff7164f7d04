"""Listing and loading of registered datasets."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from graphcascade.data import CascadeDataset, PostStream, RetweetNetwork
from graphcascade.datasets.published_files import PublishedFiles
from graphcascade.datasets.registry import DATASETS, POST_DATASETS, RETWEET_DATASETS
from graphcascade.errors import UnknownNameError
from graphcascade.registry import Registry

__all__ = ["list_datasets", "load_dataset", "load_posts", "load_retweets"]


def load_dataset(name: str, root: str | Path = "datasets") -> CascadeDataset:
    """Loads a registered dataset by its name, with default arguments.

    Args:
        name: Name in :data:`DATASETS`, in upper or lower case.
        root: Folder that datasets are kept in.

    Raises:
        UnknownNameError: No dataset has this name; the message lists similar names.
        DownloadError: A file cannot be downloaded, or differs from the published file.
        StorageError: ``root`` cannot be written to.
    """
    dataset: CascadeDataset = _load(_find(name, DATASETS), root)
    return dataset


def load_retweets(name: str, root: str | Path = "datasets") -> RetweetNetwork:
    """Loads a network of retweets by the name of its dataset, with default arguments.

    Args:
        name: Name in :data:`RETWEET_DATASETS`, in upper or lower case.
        root: Folder that datasets are kept in.

    Raises:
        UnknownNameError: No dataset has this name; the message lists similar names.
        DownloadError: A file cannot be downloaded, or differs from the published file.
        StorageError: ``root`` cannot be written to.
    """
    network = _load_named(name, RETWEET_DATASETS, root)
    assert isinstance(network, RetweetNetwork)
    return network


def load_posts(name: str, root: str | Path = "datasets") -> PostStream:
    """Loads a stream of posts by the name of its dataset, with default arguments.

    Args:
        name: Name in :data:`POST_DATASETS`, in upper or lower case.
        root: Folder that datasets are kept in.

    Raises:
        UnknownNameError: No dataset has this name; the message lists similar names.
        MissingFileError: The files are not on this machine, and cannot be downloaded.
        DownloadError: A file cannot be downloaded, or differs from the published file.
        StorageError: ``root`` cannot be written to.
    """
    stream = _load_named(name, POST_DATASETS, root)
    assert isinstance(stream, PostStream)
    return stream


def list_datasets(root: str | Path = "datasets") -> pd.DataFrame:
    """Lists the registered datasets.

    Args:
        root: Folder that datasets are kept in.

    Returns:
        A table with one row for each dataset: ``name``; ``users``, ``cascades``, ``retweets`` and ``posts``, if known
        without the files; ``bytes`` to download; ``origin``; ``on disk``: whether the files are on this machine, as
        "processed", "raw", "local copy" or "no", or "yes" for simulated data. Unknown values are ``None``.
    """
    rows = [
        {"name": name, **_describe(registry[name], root)}
        for registry in (DATASETS, RETWEET_DATASETS, POST_DATASETS)
        for name in registry
    ]
    return pd.DataFrame(rows, dtype=object)


def _describe(entry: object, root: str | Path) -> dict[str, object]:
    """Returns a row of the list: the sizes and the origin that a dataset states, and whether its files are on disk."""
    dataset = entry.func if isinstance(entry, partial) else entry
    row: dict[str, object] = {
        "users": getattr(dataset, "published_users", None),
        "cascades": getattr(dataset, "published_cascades", None),
        "retweets": getattr(dataset, "published_retweets", None),
        "posts": getattr(dataset, "published_posts", None),
        "bytes": None,
        "origin": getattr(dataset, "origin", None),
        "on disk": "yes",
    }
    if isinstance(dataset, type) and issubclass(dataset, PublishedFiles):
        sizes = [file.size for file in dataset.files if file.size is not None]
        row["bytes"] = sum(sizes) if len(sizes) == len(dataset.files) else None
    if hasattr(dataset, "availability"):
        row["on disk"] = dataset.availability(Path(root).expanduser())
    return row


def _find(name: str, registry: Registry[Any]) -> Callable[..., Any]:
    """Returns the entry of a registry; the error names the function that loads it if another registry has the name."""
    if name not in registry:
        for other, kind, function in (
            (DATASETS, "cascades", "load_dataset"),
            (RETWEET_DATASETS, "retweets", "load_retweets"),
            (POST_DATASETS, "posts", "load_posts"),
        ):
            if name in other:
                raise UnknownNameError(f"{name} is a dataset of {kind}; load it with {function}.")
    entry: Callable[..., Any] = registry[name]
    return entry


def _load_named(name: str, registry: Registry[Any], root: str | Path) -> Any:
    """Loads the only element of a dataset, and gives it the name of the dataset."""
    entry = _find(name, registry)
    element = _load(entry, root)[0]
    element.name = next(known for known in registry if registry[known] is entry)
    return element


def _load(entry: Callable[..., Any], root: str | Path) -> Any:
    """Makes a dataset; only those that need files have the argument ``root``."""
    return entry(root=root) if "root" in inspect.signature(entry).parameters else entry()
