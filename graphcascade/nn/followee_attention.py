from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import Function, once_differentiable
from torch_geometric.utils import softmax

from graphcascade.nn.pair_products import Pairs, sort_ids, weighted_sums

__all__ = ["FolloweeAttention"]

CHUNK = 1 << 18  # numbers of links x dim that are held at once; 1 MB, so that they stay in the cache


class FolloweeAttention(nn.Module):
    r"""Weighted mean of the vectors of a user's followees, by message passing along follow links.

    From the "`Attentional Image Retweet Modeling via Multi-Faceted Ranking Network Learning
    <https://doi.org/10.24963/ijcai.2018/442>`_" paper (Zhao et al., 2018, Section 2.2):

    .. math::
        s_{pq} = p \cdot \tanh(W^{(s)} u_p + W^{(n)} u_q + b), \qquad
        \alpha_{pq} = \mathrm{softmax}_{q \in N_p}(s_{pq}), \qquad
        h_p = \sum_{q \in N_p} \alpha_{pq} u_q

    Args:
        dim: Size of the vectors.
        learned: Whether the weights are learned; otherwise all followees of a user weigh the same.

    Shapes:
        - **input:** vectors of the followees ``[Q, dim]`` and of the users ``[B, dim]``, and ``edge_index [2, S]`` from
          followee to user
        - **output:** ``[B, dim]``; zeros for users without followees
    """

    def __init__(self, dim: int, learned: bool = True) -> None:
        super().__init__()
        self.dim = dim
        self.learned = learned
        if learned:
            self.user = nn.Linear(dim, dim)
            self.followee = nn.Linear(dim, dim, bias=False)
            self.score = nn.Parameter(torch.empty(dim))
            self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws new weights."""
        if self.learned:
            self.user.reset_parameters()
            self.followee.reset_parameters()
            nn.init.normal_(self.score, std=self.dim**-0.5)

    def forward(self, x: tuple[Tensor, Tensor], edge_index: Tensor) -> Tensor:
        """Returns the mean over the followees of each user, ``[B, dim]``."""
        followee, user = edge_index
        if not bool((user.diff() >= 0).all()):
            user, order = sort_ids(user)
            followee = followee[order]
        pairs = Pairs.from_rows(user, followee, (x[1].size(0), x[0].size(0)))
        return weighted_sums(self.weights(x, torch.stack([followee, user])), x[0], pairs)

    def weights(self, x: tuple[Tensor, Tensor], edge_index: Tensor) -> Tensor:
        """Returns the weight of each followee, ``[S]``; those of a user add up to 1."""
        followee, user = edge_index
        count = x[1].size(0)
        if not self.learned:
            return 1 / torch.bincount(user, minlength=count).to(x[0].dtype)[user]
        score: Tensor = _Scores.apply(self.user(x[1]), self.followee(x[0]), self.score, user, followee)  # type: ignore[no-untyped-call]
        weight: Tensor = softmax(score, user, num_nodes=count)
        return weight

    def __repr__(self) -> str:
        return f"FolloweeAttention({self.dim}, learned={self.learned})"


class _Scores(Function):
    r"""Scores of links, :math:`p \cdot \tanh(a_u + b_q)`, in portions: no tensor of links x dim is kept."""

    @staticmethod
    def forward(ctx: Any, user: Tensor, followee: Tensor, p: Tensor, to: Tensor, source: Tensor) -> Tensor:
        ctx.save_for_backward(user, followee, p, to, source)
        result = p.new_empty(to.numel())
        for rows in _portions(to.numel(), p.numel()):
            result[rows] = _tanh(user, followee, to[rows], source[rows]).to(p.dtype) @ p
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        user, followee, p, to, source = ctx.saved_tensors
        of_user, of_followee, of_p = (torch.zeros_like(each) for each in (user, followee, p))
        for rows in _portions(to.numel(), p.numel()):
            value = _tanh(user, followee, to[rows], source[rows]).to(p.dtype)
            of_p += gradient[rows] @ value
            inner = value.square_().neg_().add_(1).mul_(p).mul_(gradient[rows].unsqueeze(1)).to(user.dtype)
            of_user.index_add_(0, to[rows], inner)
            of_followee.index_add_(0, source[rows], inner)
        return of_user, of_followee, of_p, None, None


def _tanh(user: Tensor, followee: Tensor, to: Tensor, source: Tensor) -> Tensor:
    return user.index_select(0, to).add_(followee.index_select(0, source)).tanh_()


def _portions(links: int, dim: int) -> Iterator[slice]:
    size = max(1, CHUNK // dim)
    for begin in range(0, links, size):
        yield slice(begin, min(begin + size, links))
