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
    """Base of the datasets in the layout of MS-HGAT: cascades, and a follow graph that has more users than they do.

    The files have no published split. The publisher does not state the direction of the follow graph; ``u,v`` is read
    as "information flows from u to v".

    Args:
        root: Folder that datasets are kept in.
        transform: Applied to each cascade when it is accessed.
        force_reload: Read the raw files again even if the processed file is good.
        graph_users: With ``"cascades"``, the users are those of the cascades, and links of other users are left out and
            counted. With ``"all"``, users who are only in the follow graph are added after them, and all links are
            kept.

    Raises:
        UsageError: ``graph_users`` has another value.
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
            raise UsageError(argument="graph_users", value=graph_users, reason="use 'cascades' or 'all'")
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
