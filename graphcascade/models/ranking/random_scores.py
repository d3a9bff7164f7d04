from __future__ import annotations

from torch import Tensor

from graphcascade.models.ranking.reference_scores import ReferenceScores

__all__ = ["RandomScores"]


class RandomScores(ReferenceScores):
    """Ranks tweets at random, always in the same way: what any model should exceed.

    It is not registered, because it has no parameters to save.

    Args:
        num_users: Number of users.
        num_tweets: Number of tweets.
    """

    def score(self, user: Tensor, tweet: Tensor) -> Tensor:
        self.require_trained()
        mixed = (user * 2_654_435_761 + tweet * 40_503 + 12_345) % 4_294_967_291  # a number for each pair
        mixed = (mixed * 48_271 + (mixed >> 16) * 69_621) % 2_147_483_647
        return mixed.float() / 2_147_483_647
