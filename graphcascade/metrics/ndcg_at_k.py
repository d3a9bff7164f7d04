from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.metrics.tweet_ranking import RankedCandidates
from graphcascade.metrics.user_metric_at_k import UserMetricAtK

__all__ = ["NDCGAtK"]


class NDCGAtK(UserMetricAtK):
    """Normalised discounted cumulative gain of a user's ``k`` best candidates, averaged over users.

    A positive at position i counts 1 / log2(i + 1); the sum is divided by that of a perfect order.

    Args:
        k: Length of the list of tweets that is recommended.
    """

    def measure(self, ranked: RankedCandidates) -> Tensor:
        gain = ranked.probability / torch.log2(ranked.position + 1) * (ranked.position <= self.k)
        discount = 1 / torch.log2(torch.arange(2, self.k + 2, device=gain.device, dtype=gain.dtype))
        ideal = discount.cumsum(0)[ranked.positives.clamp(max=self.k).long() - 1]
        return ranked.sum_by_user(gain) / ideal
