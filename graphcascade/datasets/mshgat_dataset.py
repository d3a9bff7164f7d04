from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from graphcascade.data import CascadeTable
from graphcascade.datasets.published_dataset import PublishedDataset
from graphcascade.errors import UsageError
from graphcascade.io import read_graph, read_mshgat

__all__ = ["MSHGATDataset"]


class MSHGATDataset(PublishedDataset):
    """Base of the data sets in the layout of MS-HGAT: cascades, and a follow graph that names more users than they do.

    The files have no split of their own. Of the follow graph the files do not say which way it goes: ``u,v`` is read as
    "what u does may reach v".

    Args:
        root: Folder that data sets are kept in.
        transform: Applied to each cascade when it is accessed.
        force_reload: Read the raw files again even if the processed file is good.
        graph_users: ``"cascades"``: the users are those of the cascades; links to anybody else are left out and
            counted. ``"all"``: users whom only the follow graph names come after them, and every link is kept.

    Raises:
        UsageError: Another value of ``graph_users``.
    """

    reader = read_mshgat
    follow_file = "edges.txt"

    def __init__(
        self,
        root: str | Path = "datasets",
        transform: Callable[[Any], Any] | None = None,
        force_reload: bool = False,
        graph_users: Literal["cascades", "all"] = "cascades",
    ) -> None:
        if graph_users not in ("cascades", "all"):
            raise UsageError(f"graph_users={graph_users!r}: use 'cascades' or 'all'.")
        self.graph_users = graph_users
        super().__init__(root, transform, force_reload)

    @property
    def configuration(self) -> dict[str, str]:
        return {"graph_users": self.graph_users}

    def add_follow_graph(self, table: CascadeTable, path: Path) -> CascadeTable:
        if self.graph_users == "all":
            _, named = read_graph(path)
            others = named[~pd.Index(named).isin(table.user_ids)]
            table = replace(table, user_ids=np.concatenate([table.user_ids, others]))
        return super().add_follow_graph(table, path)
