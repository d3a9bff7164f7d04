from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.utils import scatter, softmax

__all__ = ["FolloweeAttention"]


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
        message = self.weights(x, edge_index).unsqueeze(1) * x[0].index_select(0, edge_index[0])
        mean: Tensor = scatter(message, edge_index[1], dim=0, dim_size=x[1].size(0), reduce="sum")
        return mean

    def weights(self, x: tuple[Tensor, Tensor], edge_index: Tensor) -> Tensor:
        """Returns the weight of each followee, ``[S]``; those of a user add up to 1."""
        followee, user = edge_index
        count = x[1].size(0)
        if not self.learned:
            return 1 / torch.bincount(user, minlength=count).to(x[0].dtype)[user]
        projected = self.followee(x[0]).index_select(0, followee) + self.user(x[1]).index_select(0, user)
        weight: Tensor = softmax(projected.tanh() @ self.score, user, num_nodes=count)
        return weight

    def __repr__(self) -> str:
        return f"FolloweeAttention({self.dim}, learned={self.learned})"
