from __future__ import annotations

import math

import torch
from torch import Tensor

from graphcascade.errors import UsageError
from graphcascade.models.ranking.bpr_mf import BPRMF
from graphcascade.models.registry import MODELS

__all__ = ["ADABPR"]


@MODELS.register("ADABPR")
class ADABPR(BPRMF):
    r"""BPR-MF that is trained on the hardest negatives more often: adaptive oversampling.

    `Improving Pairwise Learning for Item Recommendation from Implicit Feedback
    <https://doi.org/10.1145/2556195.2556248>`_ (Rendle and Freudenthaler, 2014), Section 5.2. Scores and loss are those
    of :class:`BPRMF`. The negative of a triple is chosen among several candidates in two steps:

    .. math::
        p(f \mid u) \propto |u_f| \, \sigma_f, \qquad p(r) \propto e^{-r / \lambda},

    a factor f, where :math:`\sigma_f` is the standard deviation of the factor over all tweets; and a rank r, from 0, in
    the order of the candidates by :math:`\operatorname{sgn}(u_f) v_{if}`, the highest first.

    Args:
        num_users: Number of users.
        num_tweets: Number of tweets.
        dim: Size of the vectors.
        oversampling: Candidates that each negative is chosen from.
        rank_share: :math:`\lambda` as a share of the candidates. A smaller one chooses harder negatives; with a large
            one all candidates are as likely, as for :class:`BPRMF`.
        std: Standard deviation of the initial vectors.
        regularization: Weight of the squared norms of the three vectors of a triple in its loss.

    Raises:
        UsageError: A number is out of range.

    Deviations from the paper: it orders all items, and refreshes the orders now and then. Here the order is that of
    candidates that the loader draws from the set of the protocol, so that it is always current, and negatives come
    from the same set as those of other models.
    """

    def __init__(
        self,
        num_users: int,
        num_tweets: int,
        dim: int = 128,
        oversampling: int = 16,
        rank_share: float = 0.5,
        std: float = 0.01,
        regularization: float = 0.0,
    ) -> None:
        super().__init__(num_users, num_tweets, dim, std=std, regularization=regularization)
        if oversampling < 2:
            raise UsageError(argument="oversampling", value=oversampling, reason="must be at least 2")
        if not (math.isfinite(rank_share) and rank_share > 0):
            raise UsageError(argument="rank_share", value=rank_share, reason="must be a finite number above 0")
        self.oversampling = oversampling
        self.rank_share = rank_share

    @torch.no_grad()
    def choose_negatives(self, user: Tensor, candidates: Tensor) -> Tensor:
        count = candidates.size(1)
        own = self.user[self.user_rows[user]]
        weight = (own.abs() * self.tweet.std(0)).cumsum(1)
        share = torch.rand(2, user.numel(), 1, dtype=own.dtype, device=own.device)
        factor = torch.searchsorted(weight, share[0] * weight[:, -1:], right=True).clamp(max=own.size(1) - 1)
        value = self.tweet[self.tweet_rows[candidates], factor] * own.gather(1, factor).sign()
        scale = self.rank_share * count
        rank = -scale * torch.log1p(share[1] * math.expm1(-1 / self.rank_share))
        rank = rank.long().clamp(max=count - 1)
        order = value.argsort(1, descending=True)
        return candidates.gather(1, order.gather(1, rank)).squeeze(1)
