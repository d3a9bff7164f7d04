"""Listing and loading of registered datasets."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from graphcascade.data import CascadeDataset, RetweetNetwork
from graphcascade.datasets.published_files import PublishedFiles
from graphcascade.datasets.registry import DATASETS, RETWEET_DATASETS
from graphcascade.errors import UnknownNameError

__all__ = ["list_datasets", "load_dataset", "load_retweets"]


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
    if name not in DATASETS and name in RETWEET_DATASETS:
        raise UnknownNameError(f"{name} is a dataset of retweets; load it with load_retweets.")
    dataset: CascadeDataset = _load(DATASETS[name], root)
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
    if name not in RETWEET_DATASETS and name in DATASETS:
        raise UnknownNameError(f"{name} is a dataset of cascades; load it with load_dataset.")
    entry = RETWEET_DATASETS[name]
    network = _load(entry, root)[0]
    assert isinstance(network, RetweetNetwork)
    network.name = next(known for known in RETWEET_DATASETS if RETWEET_DATASETS[known] is entry)
    return network


def list_datasets(root: str | Path = "datasets") -> pd.DataFrame:
    """Lists the registered datasets.

    Args:
        root: Folder that datasets are kept in.

    Returns:
        A table with one row for each dataset: ``name``; ``users``, ``cascades`` and ``retweets``, if known without the
        files; ``bytes`` to download; ``origin``; ``on disk``: whether the files are on this machine, as "processed",
        "raw", "local copy" or "no", or "yes" for simulated data. Unknown values are ``None``.
    """
    rows = [
        {"name": name, **_describe(registry[name], root)}
        for registry in (DATASETS, RETWEET_DATASETS)
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
        "bytes": None,
        "origin": getattr(dataset, "origin", None),
        "on disk": "yes",
    }
    if isinstance(dataset, type) and issubclass(dataset, PublishedFiles):
        sizes = [file.size for file in dataset.files if file.size is not None]
        row["bytes"] = sum(sizes) if len(sizes) == len(dataset.files) else None
        row["on disk"] = dataset.availability(Path(root).expanduser())
    return row


def _load(entry: Callable[..., Any], root: str | Path) -> Any:
    """Makes a dataset; only those that need files have the argument ``root``."""
    return entry(root=root) if "root" in inspect.signature(entry).parameters else entry()
