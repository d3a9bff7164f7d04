from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.metrics.tweet_ranking import RankedCandidates
from graphcascade.metrics.user_metric import UserMetric

__all__ = ["UserMRR"]


class UserMRR(UserMetric):
    """Mean over users of 1 / position of their first positive candidate."""

    def measure(self, ranked: RankedCandidates) -> Tensor:
        # The first positive is row j of its tie, from 0, with probability C(size - j - 1, hits - 1) / C(size, hits).
        first = (ranked.hits_before == 0) & (ranked.hits > 0)
        row = ranked.position - ranked.before - 1
        possible = first & (ranked.size - row >= ranked.hits)
        size, hits, row = (
            torch.where(possible, value, default)
            for value, default in ((ranked.size, 1.0), (ranked.hits, 1.0), (row, 0.0))
        )
        log_probability = _log_choose(size - row - 1, hits - 1) - _log_choose(size, hits)
        value = torch.where(possible, log_probability.exp() / ranked.position, 0.0)
        return ranked.sum_by_user(value)


def _log_choose(n: Tensor, k: Tensor) -> Tensor:
    return torch.lgamma(n + 1) - torch.lgamma(k + 1) - torch.lgamma(n - k + 1)
