from __future__ import annotations

from typing import Any

import pandas as pd
import torch
from torch import Tensor
from torch_geometric.data import Batch, Data
from torch_geometric.data.storage import GlobalStorage

from graphcascade.errors import DataError
from graphcascade.html_table import html_table

__all__ = ["Cascade"]

SHOWN_EVENTS = 10  # in notebooks


class Cascade(Data):
    """The spread of one item: who was infected, in which order, and when.

    Events are the nodes of the graph. Edges, if there are any, point from earlier events to later ones.

    Args:
        user: Infected users in order of infection, ``[n]`` int64.
        time: Times of infection in the dataset's ``time_unit``, ``[n]`` float64, never decreasing.
            (float32 cannot hold Unix seconds.)
        item: Row of the dataset's ``item_ids``, a scalar int64 tensor.
        parent: Position in the cascade of the event that infected each user, ``[n]`` int64, if it is known.
            A root points at itself.
        edge_index: Edges between events, ``[2, m]`` int64, if a transform added them.
        growth: Number of further events that are known to have followed, a scalar int64 tensor, if the cascade is only
            the beginning of one.
        kwargs: Further attributes of :class:`torch_geometric.data.Data`.
    """

    def __init__(
        self,
        user: Tensor | None = None,
        time: Tensor | None = None,
        item: Tensor | None = None,
        parent: Tensor | None = None,
        edge_index: Tensor | None = None,
        growth: Tensor | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(edge_index=edge_index, **kwargs)
        self.__dict__["_store"] = _CascadeStorage(self._store._mapping, _parent=self)
        if user is not None:
            self.user = user
            self.num_nodes = user.numel()
        if time is not None:
            self.time = time
        if item is not None:
            self.item = item
        if parent is not None:
            self.parent = parent
        if growth is not None:
            self.growth = growth

    @property
    def source(self) -> Tensor:
        """The user who started the cascade, a scalar."""
        source: Tensor = self.user[0]
        return source

    def __inc__(self, key: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        if key == "parent":
            return self.num_nodes
        return super().__inc__(key, value, *args, **kwargs)

    def __cat_dim__(self, key: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        if key in ("item", "growth"):  # an attribute of the whole cascade, also when n = 1
            return None
        return super().__cat_dim__(key, value, *args, **kwargs)

    def subgraph(self, subset: Tensor) -> Cascade:
        """Returns the events ``subset`` with their edges and parents; an event whose parent is left out becomes a root.

        Args:
            subset: Positions of the events, or a mask. In a batch, the order of the positions has no effect.
        """
        if isinstance(self, Batch):
            kept = subset
            if subset.dtype != torch.bool:
                kept = torch.zeros(self.num_nodes or 0, dtype=torch.bool, device=subset.device)
                kept[subset] = True
            parts = zip(self.to_data_list(), kept.split(self.ptr.diff().tolist()), strict=True)
            batch: Cascade = Batch.from_data_list([cascade.subgraph(mask) for cascade, mask in parts])
            return batch
        data: Cascade = super().subgraph(subset)
        if "parent" in self:
            event = subset.nonzero().view(-1) if subset.dtype == torch.bool else subset
            position = torch.arange(event.numel(), device=event.device)
            new = torch.full_like(self.parent, -1)
            new[event] = position
            parent = new[self.parent[event]]
            data.parent = torch.where(parent < 0, position, parent)
        return data

    def validate(self, raise_on_error: bool = True) -> bool:
        """Checks shapes, types and order.

        Args:
            raise_on_error: Raise instead of returning ``False``.

        Raises:
            DataError: An attribute is wrong; the message says which one, and how.
        """
        problem = self._problem()
        if problem is None:
            return bool(super().validate(raise_on_error))
        if raise_on_error:
            raise DataError(f"Cascade: {problem}")
        return False

    def _repr_html_(self) -> str:
        """Returns the first events as a table, for notebooks."""
        columns = {name: self.get(name) for name in ("user", "time", "parent")}
        events = {name: value[:SHOWN_EVENTS].tolist() for name, value in columns.items() if value is not None}
        count = 0 if columns["user"] is None else columns["user"].numel()
        notes = [f"The first {SHOWN_EVENTS} of {count:,} events."] if count > SHOWN_EVENTS else []
        return html_table(pd.DataFrame(events), repr(self), notes)

    def _problem(self) -> str | None:
        user, time = self.get("user"), self.get("time")
        if user is None or time is None:
            return "needs 'user' and 'time'"
        if user.dtype != torch.long or user.dim() != 1:
            return f"'user' must be int64 of shape [n], got {user.dtype} of shape {list(user.shape)}"
        if time.dtype != torch.float64 or time.shape != user.shape:
            return f"'time' must be float64 of shape {list(user.shape)}, got {time.dtype} of shape {list(time.shape)}"
        if self.num_nodes != user.numel():
            return f"'num_nodes' is {self.num_nodes} for {user.numel()} events"
        if user.numel() == 0:
            return "has no event"
        if int(user.min()) < 0:
            return f"'user' has the negative id {int(user.min())}"
        if user.unique().numel() != user.numel():
            return "'user' has the same user twice"
        if not bool(time.isfinite().all()):
            return "'time' has values that are not finite"
        if bool((time.diff() < 0).any()):
            return "'time' decreases"
        parent = self.get("parent")
        if parent is not None:
            position = torch.arange(user.numel(), device=user.device)
            if parent.dtype != torch.long or parent.shape != user.shape:
                return (
                    f"'parent' must be int64 of shape {list(user.shape)}, got {parent.dtype} of shape "
                    f"{list(parent.shape)}; a transform that removes events must use subgraph(), which updates "
                    "'parent', or delete 'parent' first"
                )
            if bool((parent > position).any()) or int(parent.min()) < 0:
                return "'parent' must point at an earlier event, or at itself for a root"
        return None


class _CascadeStorage(GlobalStorage):
    """Storage of a cascade: keeps PyTorch Geometric from selecting rows of ``parent``, whose values are positions."""

    def is_node_attr(self, key: str) -> bool:
        return key != "parent" and bool(super().is_node_attr(key))

    def is_edge_attr(self, key: str) -> bool:
        return key != "parent" and bool(super().is_edge_attr(key))
