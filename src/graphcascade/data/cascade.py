from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.errors import DataError

__all__ = ["Cascade"]


class Cascade(Data):
    """One item's spread: who was infected, in which order, and when.

    Events are the nodes of the graph. An edge, where there are any, points from an earlier event to a later one.

    Args:
        user: Infected users in order of infection, ``[n]`` int64.
        time: Times of infection in the dataset's ``time_unit``, ``[n]`` float64, never decreasing.
            (float32 cannot hold Unix seconds.)
        item: Row of the dataset's ``item_ids``, a scalar int64 tensor.
        parent: Who infected whom, where it is known: local position of the infecting event, ``[n]`` int64.
            A root points at itself.
        edge_index: Edges between events, ``[2, m]`` int64, where a transform made some.
        kwargs: Further attributes, as of :class:`torch_geometric.data.Data`.
    """

    def __init__(
        self,
        user: Tensor | None = None,
        time: Tensor | None = None,
        item: Tensor | None = None,
        parent: Tensor | None = None,
        edge_index: Tensor | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(edge_index=edge_index, **kwargs)
        if user is not None:
            self.user = user
            self.num_nodes = user.numel()
        if time is not None:
            self.time = time
        if item is not None:
            self.item = item
        if parent is not None:
            self.parent = parent

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
        if key == "item":  # a property of the graph, also when n = 1
            return None
        return super().__cat_dim__(key, value, *args, **kwargs)

    def validate(self, raise_on_error: bool = True) -> bool:
        """Checks shapes, types and order.

        Args:
            raise_on_error: Raise instead of returning ``False``.

        Raises:
            DataError: Says which attribute is wrong, and how.
        """
        problem = self._problem()
        if problem is None:
            return bool(super().validate(raise_on_error))
        if raise_on_error:
            raise DataError(f"Cascade: {problem}")
        return False

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
            return "'user' names somebody twice"
        if not bool(time.isfinite().all()):
            return "'time' has values that are not finite"
        if bool((time.diff() < 0).any()):
            return "'time' decreases"
        parent = self.get("parent")
        if parent is not None:
            position = torch.arange(user.numel(), device=user.device)
            if parent.dtype != torch.long or parent.shape != user.shape:
                return f"'parent' must be int64 of shape {list(user.shape)}"
            if bool((parent > position).any()) or int(parent.min()) < 0:
                return "'parent' must point at an earlier event, or at itself for a root"
        return None
