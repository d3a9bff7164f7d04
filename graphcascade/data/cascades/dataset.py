from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor
from torch_geometric.data import Data, InMemoryDataset

from graphcascade.data.cascades.cascade import Cascade
from graphcascade.data.cascades.describe import describe_table
from graphcascade.data.cascades.fingerprints import cascade_fingerprints
from graphcascade.data.cascades.split import Split, SplitMethod, split_indices
from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.segments import portions
from graphcascade.errors import DataError, UsageError
from graphcascade.html_table import description_html
from graphcascade.value_types import check_numbers

__all__ = ["CascadeDataset"]

PORTION = 2**20  # events that are read together


class CascadeDataset(InMemoryDataset):
    """Cascades as PyTorch Geometric objects: ``dataset[i]`` is a :class:`~graphcascade.data.Cascade`.

    Indexing with a slice, a list, a mask or a tensor returns a dataset of those cascades over the same users.

    Args:
        table: The checked cascades.
        transform: Applied to each cascade when it is accessed.
    """

    def __init__(self, table: CascadeTable, transform: Callable[[Any], Any] | None = None) -> None:
        super().__init__(root=None, transform=transform)
        self._set_table(table)

    def _set_table(self, table: CascadeTable) -> None:
        if table.fingerprint is None:
            table = replace(table, fingerprint=cascade_fingerprints(table))
        self._table = table
        self._split: Split | None = None
        self._data = Cascade(table.user, table.time, table.item, table.parent, growth=table.growth)
        single = torch.arange(table.num_cascades + 1)
        self.slices = {"user": table.ptr, "time": table.ptr, "item": single}
        if table.parent is not None:
            self.slices["parent"] = table.ptr
        if table.growth is not None:
            self.slices["growth"] = single

    # The whole dataset --------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self._table.name

    @property
    def num_users(self) -> int:
        return self._table.num_users

    @property
    def user_ids(self) -> npt.NDArray[np.object_]:
        """Ids of the users, ``[num_users]`` strings."""
        return self._table.user_ids

    @property
    def item_ids(self) -> npt.NDArray[np.object_]:
        """Ids of the items, strings."""
        return self._table.item_ids

    @property
    def time_unit(self) -> str | None:
        """Unit of the times ("s", "h", ...), or ``None`` if it is not known."""
        return self._table.time_unit

    @property
    def times_absolute(self) -> bool:
        """Whether the times of all cascades have one origin, so that cascades can be ordered."""
        return self._table.times_absolute

    @property
    def follow_graph(self) -> Data | None:
        """Follow graph: ``edge_index`` from followee to follower, the direction in which information flows."""
        return self._table.follow_graph

    @property
    def true_graph(self) -> Data | None:
        """The network that simulated cascades spread on, with ``edge_weight``."""
        return self._table.true_graph

    # The cascades of this view --------------------------------------------------------------------------------------

    @property
    def table(self) -> CascadeTable:
        """The cascades of this view in flat tensors, which must not be changed in place."""
        if self._indices is None:
            return self._table
        return self._table.select(self.cascade_index)

    @property
    def cascade_index(self) -> Tensor:
        """Numbers of the cascades of this view in the whole dataset, ``[len(self)]``."""
        if self._indices is None:
            return torch.arange(self._table.num_cascades)
        return torch.as_tensor(np.asarray(self._indices), dtype=torch.long)

    @property
    def fingerprints(self) -> Tensor:
        """Number that identifies each cascade, ``[len(self)]`` int64; models keep those of their training cascades."""
        assert self._table.fingerprint is not None
        return self._table.fingerprint[self.cascade_index]

    @property
    def sizes(self) -> Tensor:
        """Number of events of each cascade of this view, ``[len(self)]``."""
        return self._table.size[self.cascade_index]

    @property
    def sources(self) -> Tensor:
        """Source of each cascade of this view, ``[len(self)]``."""
        return self._table.user[self._table.ptr[self.cascade_index]]

    @property
    def user_counts(self) -> Tensor:
        """Number of events of each user in these cascades, ``[num_users]`` int64."""
        counts = torch.zeros(self.num_users, dtype=torch.long)
        for part in self.tables():
            counts += torch.bincount(part.user, minlength=self.num_users)
        return counts

    @property
    def seen(self) -> Tensor:
        """Users who occur in these cascades, ``[num_users]`` bool."""
        return self.user_counts > 0

    def tables(self) -> Iterator[CascadeTable]:
        """Yields the cascades of this view in order, in tables of about a million events each.

        Unlike :attr:`table`, which copies the events of cascades that do not follow each other in the whole dataset,
        this needs little memory for a prepared log that is larger than the memory.
        """
        index = self.cascade_index
        for part in portions(self._table.size[index], PORTION):
            yield self._table.select(index[part])

    @property
    def split(self) -> Split | None:
        """The split, and the part of it that this dataset is; or ``None``."""
        return self._split

    def len(self) -> int:
        return self._table.num_cascades

    def get(self, idx: int) -> Cascade:
        """Returns a copy of cascade ``idx``, so that in-place changes do not change the dataset."""
        table = self._table
        rows = slice(int(table.ptr[idx]), int(table.ptr[idx + 1]))
        return Cascade(
            user=table.user[rows].clone(),
            time=table.time[rows].clone(),
            item=table.item[idx].clone(),
            parent=None if table.parent is None else table.parent[rows].clone(),
            growth=None if table.growth is None else table.growth[idx].clone(),
        )

    @check_numbers
    def splits(
        self,
        method: SplitMethod | None = None,
        fractions: Sequence[float] | npt.NDArray[np.generic] | Tensor = (0.8, 0.1, 0.1),
        seed: int = 0,
    ) -> tuple[CascadeDataset, CascadeDataset, CascadeDataset]:
        """Splits the cascades into train, validation and test.

        Args:
            method: ``"files"`` is the published split (the default for datasets that have one); ``"chronological"``
                orders cascades by their first event (the default for other data whose cascades have an order in time);
                ``"random"`` draws cascades, so that training may contain cascades that are later than test cascades.
                If a published split has no validation part, ``fractions[1]`` of the training cascades are drawn for it
                at random.
            fractions: Shares of the three parts, in a sequence, an array or a tensor; a share may be 0, such as
                (0.8, 0.0, 0.2) without a validation part.
            seed: Seed of the random draws.

        Raises:
            UsageError: There are not three fractions, or they do not sum to 1; the method does not apply to the data.
            DataError: There are too few cascades for a part whose share is above 0.
        """
        whole = self.table
        views = []
        for index, split in split_indices(whole, method, fractions, seed).values():
            views.append(self._view(self.cascade_index[index], split))
        return views[0], views[1], views[2]

    def with_follow_graph(self, graph: Data, left_out: int = 0) -> CascadeDataset:
        """Returns the same cascades with a follow graph over the same users.

        Args:
            graph: ``edge_index`` from followee to follower, ``num_nodes`` equal to ``num_users``. Without an
                ``edge_index`` the graph has no links.
            left_out: Number of edges of its file that were left out because a user is in no cascade; reported by
                :meth:`describe`.

        Raises:
            DataError: The graph is not over ``num_users`` users.
        """
        if graph.num_nodes != self.num_users:
            raise DataError(f"the follow graph has {graph.num_nodes} users, {self.name} has {self.num_users}.")
        if graph.edge_index is None:
            graph = graph.clone()
            graph.edge_index = torch.empty(2, 0, dtype=torch.long)
        view = copy.copy(self)
        view._table = replace(self._table, follow_graph=graph, follow_edges_outside=left_out)
        return view

    def with_users(self, user_ids: Sequence[str] | npt.NDArray[np.object_]) -> CascadeDataset:
        """Returns the same cascades with further users who are in none of them, such as those of a follow graph.

        Args:
            user_ids: Ids of users. Those who are users already are ignored; the others are numbered after the present
                ones, and have no links.
        """
        table = self._table
        ids = pd.Index(np.asarray(user_ids, dtype=object)).unique()
        added = ids[~ids.isin(pd.Index(table.user_ids))].to_numpy(dtype=object)
        graphs = {}
        for name in ("follow_graph", "true_graph"):
            graph = getattr(table, name)
            if graph is not None:
                graph = graph.clone()
                graph.num_nodes = table.num_users + len(added)
            graphs[name] = graph
        view = copy.copy(self)
        view._table = replace(table, user_ids=np.concatenate([table.user_ids, added]), **graphs)
        return view

    def describe(self, pairs: bool = True) -> pd.Series[Any]:
        """Returns counts of users, cascades, events and pairs, lengths, times, and counts of repairs.

        Args:
            pairs: Also count the distinct ordered pairs of users who occur together in a cascade. The count is
                ``None`` if more than 50 million pairs would have to be compared.

        Raises:
            UsageError: There is no cascade.
        """
        return describe_table(self.table, pairs)

    def index_select(self, idx: Any) -> CascadeDataset:
        """Returns a view of the cascades at ``idx``: a slice, list, mask or tensor; ``split`` is ``None``."""
        if isinstance(idx, slice) and range(len(self))[idx] == range(len(self)):
            view = copy.copy(self)  # whose table is not copied
        else:
            view = cast(CascadeDataset, super().index_select(idx))
        view._split = None
        return view

    def copy(self, idx: Any = None) -> CascadeDataset:
        """Returns an independent dataset of only these cascades, or of those at ``idx``."""
        view = self if idx is None else self.index_select(idx)
        return CascadeDataset(view.table, self.transform)

    def __add__(self, other: Any) -> CascadeDataset:  # type: ignore[override]
        """Concatenates two parts of one dataset; ``split`` of the result is ``None``.

        Raises:
            UsageError: ``other`` is not a part of the same dataset, has another transform, or has a cascade in common.
        """
        if not isinstance(other, CascadeDataset) or other._table is not self._table:
            raise UsageError(
                f"{self!r} + {other!r}: only parts of one dataset can be joined, such as slices of it or its splits(); "
                "read the files together."
            )
        if other.transform is not self.transform:
            raise UsageError(f"{self!r} + {other!r}: the parts have different transforms; set the same for both.")
        shared = int(torch.isin(other.cascade_index, self.cascade_index).sum())
        if shared:
            raise UsageError(
                f"{self!r} + {other!r}: {shared:,} cascades are in both and would count twice; join parts that "
                "have no cascade in common."
            )
        return self._view(torch.cat([self.cascade_index, other.cascade_index]), None)

    def _view(self, cascade: Tensor, split: Split | None) -> CascadeDataset:
        """Returns a view of the cascades with these numbers in the whole dataset."""
        view = copy.copy(self)
        # A list of Python's integers would take five times as much memory.
        view._indices = cast(Sequence[int], cascade.numpy())
        view._split = split
        return view

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name}: {len(self):,} cascades, {self.num_users:,} users)"

    def _repr_html_(self) -> str:
        return description_html(self.describe(pairs=False) if len(self) else pd.Series(dtype=object), repr(self))
