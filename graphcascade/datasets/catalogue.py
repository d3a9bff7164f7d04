"""What data sets there are, and one of them by its name."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from graphcascade.data import CascadeDataset
from graphcascade.datasets.published_dataset import PublishedDataset
from graphcascade.datasets.registry import DATASETS

__all__ = ["list_datasets", "load_dataset"]


def load_dataset(name: str, root: str | Path = "datasets") -> CascadeDataset:
    """A registered data set by its name, with its defaults.

    Args:
        name: Name in :data:`DATASETS`, whatever the case.
        root: Folder that data sets are kept in.

    Raises:
        UnknownNameError: There is none of that name; the message has the nearest names.
        DownloadError: A file is not here and cannot be fetched, or is not what was published.
        StorageError: ``root`` cannot be written to.
    """
    published = _published(name)
    return DATASETS[name]() if published is None else published(root)


def list_datasets(root: str | Path = "datasets") -> pd.DataFrame:
    """The registered data sets.

    Args:
        root: Folder that data sets are kept in.

    Returns:
        One row each: ``name``; ``users`` and ``cascades``, where known without the files; ``bytes`` to download, where
        known; ``origin``; ``here``: "processed", "raw", "local copy", "no", or "yes" for what is simulated. What is
        not known is ``None``.
    """
    rows: list[dict[str, object]] = []
    for name in DATASETS:
        published = _published(name)
        if published is None:  # a CYANSynthetic
            row = {"users": 32, "cascades": 20_000, "bytes": None, "origin": "simulated", "here": "yes"}
        else:
            sizes = [file.size for file in published.files if file.size is not None]
            row = {
                "users": published.published_users,
                "cascades": published.published_cascades,
                "bytes": sum(sizes) if len(sizes) == len(published.files) else None,
                "origin": published.origin,
                "here": published.whereabouts(Path(root).expanduser()),
            }
        rows.append({"name": name, **row})
    return pd.DataFrame(rows, dtype=object)


def _published(name: str) -> type[PublishedDataset] | None:
    entry = DATASETS[name]
    return entry if isinstance(entry, type) and issubclass(entry, PublishedDataset) else None
