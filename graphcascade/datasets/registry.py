"""Data sets by name."""

from __future__ import annotations

from collections.abc import Callable

from graphcascade.data import CascadeDataset
from graphcascade.registry import Registry

__all__ = ["DATASETS"]

DATASETS: Registry[Callable[..., CascadeDataset]] = Registry("data set")
