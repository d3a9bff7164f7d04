"""Models that rank tweets for users, and their base classes."""

from graphcascade.models.ranking.factor_model import FactorModel
from graphcascade.models.ranking.random_scores import RandomScores
from graphcascade.models.ranking.ranking_counter import RankingCounter
from graphcascade.models.ranking.ranking_model import RankingModel, feature_sizes
from graphcascade.models.ranking.true_scores import TrueScores
from graphcascade.models.ranking.tweet_content import TweetContent

__all__ = [
    "FactorModel",
    "RandomScores",
    "RankingCounter",
    "RankingModel",
    "TrueScores",
    "TweetContent",
    "feature_sizes",
]
