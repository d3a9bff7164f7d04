from __future__ import annotations

from dataclasses import dataclass, field

from graphcascade.options.feature_options import FeatureOptions
from graphcascade.options.popularity_protocol_options import PopularityProtocolOptions
from graphcascade.options.protocol_options import ProtocolOptions
from graphcascade.options.training_options import TrainingOptions

__all__ = ["PopularityOptions"]


@dataclass(frozen=True)
class PopularityOptions:
    """Options of the task "popularity": how popular a post becomes.

    Args:
        testing: Whether to compare with baselines.
        training: Training in epochs; for models that are trained by gradients.
        popularity: What the test tells a model.
        features: Features of images and texts to compute.
    """

    testing: ProtocolOptions = field(default_factory=ProtocolOptions)
    training: TrainingOptions = field(default_factory=TrainingOptions)
    popularity: PopularityProtocolOptions = field(default_factory=PopularityProtocolOptions)
    features: FeatureOptions = field(default_factory=FeatureOptions)
