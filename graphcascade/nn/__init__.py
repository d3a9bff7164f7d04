"""Layers that are shared by several models."""

from graphcascade.nn.alignment_decoder import AlignmentDecoder
from graphcascade.nn.candidates import Candidates
from graphcascade.nn.category_encoder import CategoryEncoder
from graphcascade.nn.causal_attention import causal_attention
from graphcascade.nn.fast_dropout import FastDropout
from graphcascade.nn.feature_scaler import FeatureScaler
from graphcascade.nn.fixed_features import FixedFeatures
from graphcascade.nn.followee_attention import FolloweeAttention
from graphcascade.nn.gated_linear_unit import GatedLinearUnit
from graphcascade.nn.gated_residual_network import GatedResidualNetwork
from graphcascade.nn.graph_convolution import GRAPH_ENCODERS, GraphConvolution, find_encoder
from graphcascade.nn.graph_embedding import GraphEmbedding
from graphcascade.nn.hierarchical_embedding import HierarchicalEmbedding, HierarchyConv
from graphcascade.nn.history import History
from graphcascade.nn.log_linear_time_head import LogLinearTimeHead
from graphcascade.nn.neighbor_sampler import NeighborSampler
from graphcascade.nn.next_interval import conditional_mean, conditional_quantile
from graphcascade.nn.pair_counts import PairCounts
from graphcascade.nn.pair_products import Pairs, pair_products, sort_ids, weighted_sums
from graphcascade.nn.past_labels import PastLabels
from graphcascade.nn.principal_components import PrincipalComponents
from graphcascade.nn.ranks import check_finite, count_better
from graphcascade.nn.sequence_adapter import SequenceAdapter
from graphcascade.nn.source_fusion import SourceFusion
from graphcascade.nn.step_order import StepOrder, run_recurrence, step_order
from graphcascade.nn.successor_counts import SuccessorCounts
from graphcascade.nn.target_attention import TargetAttention
from graphcascade.nn.time_features import TimeFeatures
from graphcascade.nn.time_head import TimeHead
from graphcascade.nn.user_embedding import EMBEDDINGS, UserEmbedding
from graphcascade.nn.user_features import UserFeatures
from graphcascade.nn.user_sampler import UserSampler
from graphcascade.nn.user_softmax import UserSoftmax
from graphcascade.nn.window_lstm import WindowLSTM
from graphcascade.nn.window_steps import WindowSteps

__all__ = [
    "EMBEDDINGS",
    "GRAPH_ENCODERS",
    "AlignmentDecoder",
    "Candidates",
    "CategoryEncoder",
    "FastDropout",
    "FeatureScaler",
    "FixedFeatures",
    "FolloweeAttention",
    "GatedLinearUnit",
    "GatedResidualNetwork",
    "GraphConvolution",
    "GraphEmbedding",
    "HierarchicalEmbedding",
    "HierarchyConv",
    "History",
    "LogLinearTimeHead",
    "NeighborSampler",
    "PairCounts",
    "Pairs",
    "PastLabels",
    "PrincipalComponents",
    "SequenceAdapter",
    "SourceFusion",
    "StepOrder",
    "SuccessorCounts",
    "TargetAttention",
    "TimeFeatures",
    "TimeHead",
    "UserEmbedding",
    "UserFeatures",
    "UserSampler",
    "UserSoftmax",
    "WindowLSTM",
    "WindowSteps",
    "causal_attention",
    "check_finite",
    "conditional_mean",
    "conditional_quantile",
    "count_better",
    "find_encoder",
    "pair_products",
    "run_recurrence",
    "sort_ids",
    "step_order",
    "weighted_sums",
]
