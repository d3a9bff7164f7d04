from __future__ import annotations

from dataclasses import dataclass, field

from graphcascade.options.adversary_options import AdversaryOptions
from graphcascade.options.follow_graph_options import FollowGraphOptions
from graphcascade.options.graph_encoder_options import GraphEncoderOptions
from graphcascade.options.protocol_options import ProtocolOptions
from graphcascade.options.sampling_options import SamplingOptions
from graphcascade.options.source_fusion_options import SourceFusionOptions
from graphcascade.options.training_options import TrainingOptions

__all__ = ["NextUserOptions"]


@dataclass(frozen=True)
class NextUserOptions:
    """Options of the task "next-user": which user is infected next.

    Args:
        testing: How to split and test.
        training: Training in epochs; for models that are trained by gradients.
        sampling: Training with many users; for models that are trained by gradients.
        fusion: Fusion with the source; for models with vectors of users.
        adversary: Adversarial training; for models that are trained by gradients.
        graph: The follow graph.
        encoder: Vectors of users from graphs; for models with vectors of users.
    """

    testing: ProtocolOptions = field(default_factory=ProtocolOptions)
    training: TrainingOptions = field(default_factory=TrainingOptions)
    sampling: SamplingOptions = field(default_factory=SamplingOptions)
    fusion: SourceFusionOptions = field(default_factory=SourceFusionOptions)
    adversary: AdversaryOptions = field(default_factory=AdversaryOptions)
    graph: FollowGraphOptions = field(default_factory=FollowGraphOptions)
    encoder: GraphEncoderOptions = field(default_factory=GraphEncoderOptions)
