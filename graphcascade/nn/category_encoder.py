from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from graphcascade.errors import UsageError
from graphcascade.nn.hierarchical_embedding import FirstLayer, HierarchicalEmbedding, HierarchyStart

__all__ = ["CategoryEncoder", "CategoryEncoding"]

CategoryEncoding = Literal["hce", "level", "concatenation", "sum"]


class CategoryEncoder(nn.Module):
    r"""Vectors of all categories of a hierarchy, and one for posts without a category.

    The encodings are those of the "`Improving Social Media Popularity Prediction with Multiple Post Dependencies
    <https://arxiv.org/abs/2307.15413>`_" paper (DSN; Zhang et al., 2023, Table 6). They are computed once for all
    categories, and looked up by the posts.

    Args:
        num_categories: Number of categories C, of all levels.
        depth: Number of levels.
        dim: Size of the vectors of single categories.
        encoding: ``"hce"`` for :class:`~graphcascade.nn.HierarchicalEmbedding`; ``"sum"`` and ``"concatenation"`` of a
            category's vector and those above it; ``"level"`` for the vector of the ancestor at one level.
        level: That level, from 1, the coarsest, to ``depth``. A category above that level has its own vector.
        first_layer: See :class:`~graphcascade.nn.HierarchicalEmbedding`.
        start: See :class:`~graphcascade.nn.HierarchyConv`.
        std: Standard deviation of the first vectors.

    Shapes:
        - **input:** parents ``[C]`` int64 (-1 for a root) and levels ``[C]`` int64
        - **output:** ``[C + 1, dim]``, or ``[C + 1, depth * dim]`` for concatenations; the last row is that of posts
          without a category, which starts at zero

    Raises:
        UsageError: The level is out of range.
    """

    def __init__(
        self,
        num_categories: int,
        depth: int,
        dim: int,
        encoding: CategoryEncoding = "hce",
        level: int | None = None,
        first_layer: FirstLayer = "level-1",
        start: HierarchyStart = "sum",
        std: float = 1.0,
    ) -> None:
        super().__init__()
        self.encoding = encoding
        self.level = depth if level is None else level
        if not 1 <= self.level <= depth:
            reason = f"must be between 1, the coarsest level, and {depth}"
            raise UsageError(owner="CategoryEncoder", argument="level", value=level, reason=reason)
        self.depth = depth
        self.std = std
        self.dim = dim * depth if encoding == "concatenation" else dim
        self.embedding = nn.Embedding(num_categories + 1, dim)
        self.hierarchy = HierarchicalEmbedding(dim, depth, first_layer, start) if encoding == "hce" else None
        nn.init.normal_(self.embedding.weight, std=std)
        with torch.no_grad():
            self.embedding.weight[-1].zero_()

    def forward(self, parent: Tensor, level: Tensor) -> Tensor:
        weight = self.embedding.weight
        own, none = weight[:-1], weight[-1:]
        if self.hierarchy is not None:
            return torch.cat([self.hierarchy(own, parent, level), none])
        path = self._find_path(parent, level)
        if self.encoding == "concatenation":
            return weight[path].flatten(1)
        if self.encoding == "sum":
            count = weight.size(0) - 1
            return torch.cat([(weight[path] * (path < count).unsqueeze(-1)).sum(1)[:-1], none])
        ancestor = torch.cat([path[:-1].gather(1, level.clamp(max=self.level - 1).unsqueeze(1)), path[-1:, :1]])
        return weight[ancestor.squeeze(1)]

    def _find_path(self, parent: Tensor, level: Tensor) -> Tensor:
        """Returns the ancestor of each category at each level, ``[C + 1, depth]``; C where there is none."""
        count = parent.numel()
        path = parent.new_full((count + 1, self.depth), count)
        category = torch.arange(count, device=parent.device)
        ancestor = category
        for _ in range(self.depth):
            there = (ancestor >= 0).nonzero().view(-1)
            path[there, level[ancestor[there]]] = ancestor[there]
            ancestor = torch.where(ancestor >= 0, parent[ancestor.clamp(min=0)], -1)
        return path

    def extra_repr(self) -> str:
        return f"encoding={self.encoding!r}, level={self.level}"
