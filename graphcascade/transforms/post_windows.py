from __future__ import annotations

import torch
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from graphcascade.data import PostStream
from graphcascade.data.posts.require_stream import require_stream
from graphcascade.data.posts.schema import POST
from graphcascade.data.segments import expand_ranges
from graphcascade.errors import UsageError

__all__ = ["PostWindows"]

BEFORE = (POST, "before", POST)


@functional_transform("post_windows")
class PostWindows(BaseTransform):
    """Adds edges to every post from the earlier posts of its window, which are the last ones of all users.

    Sets ``edge_index`` ``[2, m]`` of ``("post", "before", "post")``, from post i to post k with
    :math:`k - l < i < k` for the length l, sorted by target, then by source. Posts of the same time are in the order of
    the stream. Windows at the beginning are shorter. A window crosses the borders of a split.

    A stream of N posts gets about (l - 1) N edges; models and loaders of the package do not need them, because the
    order of the posts implies them.

    Args:
        length: Number of posts in a window, including the last one, whose window it is.

    Raises:
        UsageError: The length is below 1; the data are no stream of posts.

    Example:
        >>> stream = PostStream(torch.arange(4, dtype=torch.float64), torch.zeros(4, dtype=torch.long))
        >>> PostWindows(length=3)(stream)["post", "before", "post"].edge_index
        tensor([[0, 0, 1, 1, 2],
                [1, 2, 2, 3, 3]])
    """

    def __init__(self, length: int) -> None:
        if length < 1:
            raise UsageError(owner="PostWindows", argument="length", value=length, reason="must be at least 1")
        self.length = length

    def forward(self, data: PostStream) -> PostStream:
        stream = require_stream(data, "data")
        post = torch.arange(stream.num_posts)
        source, ptr = expand_ranges((post - self.length + 1).clamp(min=0), post)
        target = torch.repeat_interleave(post, ptr.diff(), output_size=source.numel())
        stream[BEFORE].edge_index = torch.stack([source, target])
        return stream

    def __repr__(self) -> str:
        return f"{type(self).__name__}(length={self.length})"
