from __future__ import annotations

from torch import Tensor

from graphcascade.metrics.tweet_ranking import RankedCandidates
from graphcascade.metrics.user_metric import UserMetric

__all__ = ["UserAUC"]


class UserAUC(UserMetric):
    """Share of the pairs of a positive and a negative of a user that are in the right order, averaged over users.

    A pair with the same score counts half (BPR paper, `Rendle et al., 2009 <https://arxiv.org/abs/1205.2618>`_). Users
    without a negative candidate are left out.
    """

    def measure(self, ranked: RankedCandidates) -> Tensor:
        # Each row adds its share of the tie's positives, with the negatives below the tie and half of those in it.
        negatives = ranked.candidates - ranked.positives
        above = ranked.before - ranked.hits_before
        tied = ranked.size - ranked.hits
        below = negatives[ranked.user] - above - tied
        return ranked.sum_by_user(ranked.probability * (below + tied / 2)) / (ranked.positives * negatives)
