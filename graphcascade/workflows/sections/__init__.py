"""The sections of pages, one file each: a function that returns a :class:`Part`, made from a :class:`Study` of cascades
or a :class:`PredictionStudy` of posts or retweets."""

from graphcascade.workflows.sections.comparison_section import compare_next_user_models
from graphcascade.workflows.sections.data_section import describe_data
from graphcascade.workflows.sections.importance_section import explain_predictions
from graphcascade.workflows.sections.influence_section import rank_influencers
from graphcascade.workflows.sections.model_section import compare_task_models
from graphcascade.workflows.sections.network_section import describe_network
from graphcascade.workflows.sections.next_users_section import predict_open_cascades
from graphcascade.workflows.sections.overview_section import describe_examples
from graphcascade.workflows.sections.part import Part
from graphcascade.workflows.sections.prediction_section import show_predictions
from graphcascade.workflows.sections.size_section import predict_sizes
from graphcascade.workflows.sections.tree_section import draw_tree

__all__ = [
    "Part",
    "compare_next_user_models",
    "compare_task_models",
    "describe_data",
    "describe_examples",
    "describe_network",
    "draw_tree",
    "explain_predictions",
    "predict_open_cascades",
    "predict_sizes",
    "rank_influencers",
    "show_predictions",
]
