from __future__ import annotations

import math

from torch import Tensor, nn

from graphcascade.errors import UsageError

__all__ = ["TargetAttention"]


class TargetAttention(nn.Module):
    r"""Multi-head attention of one post over the posts before it.

    From the "`Improving Social Media Popularity Prediction with Multiple Post Dependencies
    <https://arxiv.org/abs/2307.15413>`_" paper (DSN; Zhang et al., 2023, Eq. 17 to 19), with
    :math:`\Phi` of a window:

    .. math::
        h = \mathrm{Softmax}(q K^T / \sqrt{d}) V, \qquad
        q = \Phi_l W^Q, \quad K = \Phi_{1:l-1} W^K, \quad V = \Phi_{1:l-1} W^V

    There is one query, so :math:`W^K` and :math:`W^V` are applied to it and to the weighted sum of :math:`\Phi`, rather
    than to all posts; the results are the same.

    Args:
        dim: Size of the vectors, d.
        heads: Number of heads; it divides ``dim``.
        per_head: Whether scores are divided by the square root of the size of a head instead of that of ``dim``.

    Shapes:
        - **input:** targets ``[B, dim]``, earlier posts ``[l - 1, B, dim]``, and which of these there are,
          ``[l - 1, B]`` bool
        - **output:** ``[B, dim]``, zeros for targets without earlier posts; weights ``[l - 1, B, heads]``

    Raises:
        UsageError: ``heads`` does not divide ``dim``.
    """

    def __init__(self, dim: int, heads: int = 4, per_head: bool = False) -> None:
        super().__init__()
        if heads < 1 or dim % heads:
            raise UsageError(owner="TargetAttention", argument="heads", value=heads, reason=f"must divide {dim}")
        self.dim, self.heads = dim, heads
        self.scale = math.sqrt(dim // heads if per_head else dim)
        self.query, self.key, self.value = (nn.Linear(dim, dim, bias=False) for _ in range(3))

    def reset_parameters(self) -> None:
        """Draws new weights."""
        for layer in (self.query, self.key, self.value):
            layer.reset_parameters()

    def forward(self, target: Tensor, earlier: Tensor, is_there: Tensor) -> tuple[Tensor, Tensor]:
        count, size = target.size(0), self.dim // self.heads
        query = self.query(target).view(count, self.heads, size).transpose(0, 1)
        query = (query @ self.key.weight.view(self.heads, size, self.dim)).transpose(0, 1)  # [B, heads, dim]
        posts = earlier.transpose(0, 1)
        scores = query @ posts.transpose(1, 2) / self.scale
        there = is_there.t().unsqueeze(1)
        some = there.any(-1, keepdim=True)  # a softmax over nothing has no gradient
        weights = scores.masked_fill(~there & some, -math.inf).softmax(-1) * some
        mixed = (weights @ posts).transpose(0, 1)  # [heads, B, dim]
        value = mixed @ self.value.weight.view(self.heads, size, self.dim).transpose(1, 2)
        return value.transpose(0, 1).reshape(count, self.dim), weights.permute(2, 0, 1)

    def extra_repr(self) -> str:
        return f"{self.dim}, heads={self.heads}"
