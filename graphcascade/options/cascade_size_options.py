from __future__ import annotations

from dataclasses import dataclass, field

from graphcascade.options.observation_options import ObservationOptions
from graphcascade.options.protocol_options import ProtocolOptions
from graphcascade.options.training_options import TrainingOptions

__all__ = ["CascadeSizeOptions"]


@dataclass(frozen=True)
class CascadeSizeOptions:
    """Options of the task "cascade-size": how big a cascade gets.

    Args:
        testing: Whether to compare with baselines.
        training: Training in epochs; for models that are trained by gradients.
        observation: What is seen of a cascade.
    """

    testing: ProtocolOptions = field(default_factory=ProtocolOptions)
    training: TrainingOptions = field(default_factory=TrainingOptions)
    observation: ObservationOptions = field(default_factory=ObservationOptions)
