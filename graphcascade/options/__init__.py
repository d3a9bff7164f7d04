"""Options that the command line and the tasks share, each group a dataclass; nothing here imports torch."""

from graphcascade.options.adversary_options import AdversaryOptions
from graphcascade.options.cascade_read_options import CascadeReadOptions
from graphcascade.options.cascade_size_options import CascadeSizeOptions
from graphcascade.options.feature_options import FeatureOptions
from graphcascade.options.follow_graph_options import FollowGraphOptions
from graphcascade.options.graph_encoder_options import GraphEncoderOptions
from graphcascade.options.network_options import NetworkOptions
from graphcascade.options.next_user_options import NextUserOptions
from graphcascade.options.observation_options import ObservationOptions
from graphcascade.options.popularity_options import PopularityOptions
from graphcascade.options.popularity_protocol_options import PopularityProtocolOptions
from graphcascade.options.post_read_options import PostReadOptions
from graphcascade.options.protocol_options import ProtocolOptions
from graphcascade.options.ranking_options import RankingOptions
from graphcascade.options.ranking_protocol_options import RankingProtocolOptions
from graphcascade.options.read_options import ReadOptions
from graphcascade.options.retweet_read_options import RetweetReadOptions
from graphcascade.options.sampling_options import SamplingOptions
from graphcascade.options.source_fusion_options import SourceFusionOptions
from graphcascade.options.table_read_options import TableReadOptions
from graphcascade.options.training_options import TrainingOptions

__all__ = [
    "AdversaryOptions",
    "CascadeReadOptions",
    "CascadeSizeOptions",
    "FeatureOptions",
    "FollowGraphOptions",
    "GraphEncoderOptions",
    "NetworkOptions",
    "NextUserOptions",
    "ObservationOptions",
    "PopularityOptions",
    "PopularityProtocolOptions",
    "PostReadOptions",
    "ProtocolOptions",
    "RankingOptions",
    "RankingProtocolOptions",
    "ReadOptions",
    "RetweetReadOptions",
    "SamplingOptions",
    "SourceFusionOptions",
    "TableReadOptions",
    "TrainingOptions",
]
