"""Datasets by name."""

from __future__ import annotations

from collections.abc import Callable

from torch_geometric.data import InMemoryDataset

from graphcascade.data import CascadeDataset
from graphcascade.registry import Registry

__all__ = ["DATASETS", "POST_DATASETS", "RETWEET_DATASETS"]

DATASETS: Registry[Callable[..., CascadeDataset]] = Registry("dataset")
"""Datasets of cascades, by name."""
RETWEET_DATASETS: Registry[Callable[..., InMemoryDataset]] = Registry("dataset of retweets")
"""Datasets whose only element is a :class:`~graphcascade.data.RetweetNetwork`, by name."""
POST_DATASETS: Registry[Callable[..., InMemoryDataset]] = Registry("dataset of posts")
"""Datasets whose only element is a :class:`~graphcascade.data.PostStream`, by name."""
