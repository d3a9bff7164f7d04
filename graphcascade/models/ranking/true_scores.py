from __future__ import annotations

from torch import Tensor

from graphcascade.models.ranking.reference_scores import ReferenceScores
from graphcascade.simulate import true_scores

__all__ = ["TrueScores"]


class TrueScores(ReferenceScores):
    """Ranks tweets of a simulated network by the scores that its users chose by.

    No model knows better what suits a user. What the scores leave out is which tweets a user saw: a model that also
    guesses this from the followees, or from how candidates are drawn, can be a little better.

    It is not registered, because it cannot be saved: the scores are those of the attached network, see
    :func:`~graphcascade.simulate.true_scores`.

    Args:
        num_users: Number of users.
        num_tweets: Number of tweets.
    """

    def score(self, user: Tensor, tweet: Tensor) -> Tensor:
        self.require_trained()
        return true_scores(self.require_attached(), user, tweet)
