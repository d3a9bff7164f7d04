from __future__ import annotations

from dataclasses import dataclass, field

from graphcascade.options.feature_options import FeatureOptions
from graphcascade.options.protocol_options import ProtocolOptions
from graphcascade.options.ranking_protocol_options import RankingProtocolOptions
from graphcascade.options.training_options import TrainingOptions

__all__ = ["RankingOptions"]


@dataclass(frozen=True)
class RankingOptions:
    """Options of the task "ranking": which tweets a user retweets.

    Args:
        testing: Whether to compare with counting baselines.
        training: Training in epochs; for models that are trained by gradients.
        ranking: How to split, and what to rank.
        features: Features of images and texts to compute.
    """

    testing: ProtocolOptions = field(default_factory=ProtocolOptions)
    training: TrainingOptions = field(default_factory=TrainingOptions)
    ranking: RankingProtocolOptions = field(default_factory=RankingProtocolOptions)
    features: FeatureOptions = field(default_factory=FeatureOptions)
