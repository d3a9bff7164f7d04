"""Listing and loading of registered data sets."""

from __future__ import annotations

import inspect
from pathlib import Path

import pandas as pd

from graphcascade.data import CascadeDataset, RetweetNetwork
from graphcascade.datasets.flickr_favourites import FlickrFavourites
from graphcascade.datasets.published_dataset import PublishedDataset
from graphcascade.datasets.published_files import PublishedFiles
from graphcascade.datasets.registry import DATASETS, RETWEET_DATASETS

__all__ = ["list_datasets", "load_dataset", "load_retweets"]

SIMULATED: dict[str, object] = {"bytes": None, "origin": "simulated", "here": "yes"}


def load_dataset(name: str, root: str | Path = "datasets") -> CascadeDataset:
    """Loads a registered data set by its name, with default arguments.

    Args:
        name: Name in :data:`DATASETS`, in upper or lower case.
        root: Folder that data sets are kept in.

    Raises:
        UnknownNameError: No data set has this name; the message lists similar names.
        DownloadError: A file cannot be downloaded, or differs from the published file.
        StorageError: ``root`` cannot be written to.
    """
    published = _published(name)
    return DATASETS[name]() if published is None else published(root)


def load_retweets(name: str, root: str | Path = "datasets") -> RetweetNetwork:
    """Loads a network of retweets by the name of its data set, with default arguments.

    Args:
        name: Name in :data:`RETWEET_DATASETS`, in upper or lower case.
        root: Folder that data sets are kept in.

    Raises:
        UnknownNameError: No data set has this name; the message lists similar names.
        DownloadError: A file cannot be downloaded, or differs from the published file.
        StorageError: ``root`` cannot be written to.
    """
    entry = RETWEET_DATASETS[name]
    dataset = entry(root=root) if "root" in inspect.signature(entry).parameters else entry()
    network = dataset[0]
    assert isinstance(network, RetweetNetwork)
    network.name = next(known for known in RETWEET_DATASETS if RETWEET_DATASETS[known] is entry)
    return network


def list_datasets(root: str | Path = "datasets") -> pd.DataFrame:
    """Lists the registered data sets.

    Args:
        root: Folder that data sets are kept in.

    Returns:
        A table with one row for each data set: ``name``; ``users``, ``cascades`` and ``retweets``, if known without the
        files; ``bytes`` to download; ``origin``; ``here``: whether the files are on this machine, as "processed",
        "raw", "local copy" or "no", or "yes" for simulated data. Unknown values are ``None``.
    """
    rows: list[dict[str, object]] = []
    for name in DATASETS:
        published = _published(name)
        if published is None:  # a CYANSynthetic
            row = {"users": 32, "cascades": 20_000, "retweets": None, **SIMULATED}
        else:
            counts = {"users": published.published_users, "cascades": published.published_cascades}
            row = {**counts, "retweets": None, **_files(published, root)}
        rows.append({"name": name, **row})
    for name in RETWEET_DATASETS:
        entry = RETWEET_DATASETS[name]
        if isinstance(entry, type) and issubclass(entry, FlickrFavourites):
            counts = {"users": entry.published_users, "cascades": None, "retweets": entry.published_retweets}
            row = {**counts, **_files(entry, root)}
        else:  # a SyntheticRetweets, whose number of retweets differs between seeds
            row = {"users": 9_900, "cascades": None, "retweets": None, **SIMULATED}
        rows.append({"name": name, **row})
    return pd.DataFrame(rows, dtype=object)


def _files(published: type[PublishedFiles], root: str | Path) -> dict[str, object]:
    sizes = [file.size for file in published.files if file.size is not None]
    return {
        "bytes": sum(sizes) if len(sizes) == len(published.files) else None,
        "origin": published.origin,
        "here": published.availability(Path(root).expanduser()),
    }


def _published(name: str) -> type[PublishedDataset] | None:
    entry = DATASETS[name]
    return entry if isinstance(entry, type) and issubclass(entry, PublishedDataset) else None
