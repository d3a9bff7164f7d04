"""The sections of a page about cascades, one file each: a function of a :class:`Study` that returns a :class:`Part`."""

from graphcascade.workflows.sections.comparison_section import compare_next_user_models
from graphcascade.workflows.sections.data_section import describe_data
from graphcascade.workflows.sections.influence_section import rank_influencers
from graphcascade.workflows.sections.network_section import describe_network
from graphcascade.workflows.sections.next_users_section import predict_open_cascades
from graphcascade.workflows.sections.part import Part
from graphcascade.workflows.sections.size_section import predict_sizes
from graphcascade.workflows.sections.tree_section import draw_tree

__all__ = [
    "Part",
    "compare_next_user_models",
    "describe_data",
    "describe_network",
    "draw_tree",
    "predict_open_cascades",
    "predict_sizes",
    "rank_influencers",
]
