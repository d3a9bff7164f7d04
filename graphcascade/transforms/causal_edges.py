from __future__ import annotations

import torch
from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from graphcascade.data.segments import expand_ranges, segment_positions
from graphcascade.errors import UsageError
from graphcascade.transforms.event_edges import cascade_ptr, set_edges

__all__ = ["CausalEdges"]


@functional_transform("causal_edges")
class CausalEdges(BaseTransform):
    """Adds edges to every event from the events of its cascade that may have caused it, which are the earlier ones.

    Sets ``edge_index`` ``[2, m]``, from event i to event k with :math:`k - w < i \\le k` for the window w, sorted by
    target, then by source; an existing ``edge_index`` is replaced. Works on a cascade and on a batch; a transformed
    batch equals the batch of transformed cascades.

    Without a window, a cascade of n events gets n (n + 1) / 2 edges; models with a dense path do not need them.

    Args:
        window: Number of events that may cause event k: the last ones up to and including k itself. ``None`` for all.
        self_loops: Whether to keep the edge from each event to itself.

    Raises:
        UsageError: The window is below 1.

    Example:
        >>> cascade = Cascade(torch.tensor([7, 3, 5]), torch.tensor([0.0, 1.0, 4.0], dtype=torch.float64))
        >>> CausalEdges(window=2)(cascade).edge_index
        tensor([[0, 0, 1, 1, 2],
                [0, 1, 1, 2, 2]])
    """

    def __init__(self, window: int | None = None, self_loops: bool = True) -> None:
        if window is not None and window < 1:
            raise UsageError(
                owner="CausalEdges",
                argument="window",
                value=window,
                reason="must be at least 1, or None for all earlier events",
            )
        self.window = window
        self.self_loops = self_loops

    def forward(self, data: Data) -> Data:
        ptr = cascade_ptr(data)
        position = segment_positions(ptr)
        event = torch.arange(position.numel(), device=ptr.device)
        before = position if self.window is None else position.clamp(max=self.window - 1)
        source, edge_ptr = expand_ranges(event - before, event + self.self_loops)
        target = torch.repeat_interleave(event, edge_ptr.diff(), output_size=source.numel())
        set_edges(data, source, target, ptr)
        return data

    def __repr__(self) -> str:
        return f"{type(self).__name__}(window={self.window}, self_loops={self.self_loops})"
