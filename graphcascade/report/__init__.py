"""Pictures and report pages; no other part of the package draws."""

from graphcascade.report.alignment_plot import plot_alignment
from graphcascade.report.card import Card
from graphcascade.report.cascade_plot import plot_cascade
from graphcascade.report.comparison_plot import draw_comparison
from graphcascade.report.cooccurrence_plot import plot_cooccurrence
from graphcascade.report.dataset_figure import draw_dataset, save_figure
from graphcascade.report.epochs_plot import plot_epochs
from graphcascade.report.example import example_cascade
from graphcascade.report.heat_map import plot_heat_map
from graphcascade.report.importance_plot import plot_importances
from graphcascade.report.inferred_network_plot import plot_inferred_network
from graphcascade.report.interactive_network import InteractiveNetwork, can_interact
from graphcascade.report.network_plot import plot_network
from graphcascade.report.page import Section, write_page
from graphcascade.report.page_table import PageTable
from graphcascade.report.picture import Picture
from graphcascade.report.popularity_page import importances_section, popularity_sections, write_popularity
from graphcascade.report.position_norm_plot import plot_position_norms
from graphcascade.report.post_attention_plot import plot_post_attention
from graphcascade.report.post_figure import draw_posts
from graphcascade.report.reach_plot import plot_reach
from graphcascade.report.recommendation_page import recommendation_sections, write_recommendations
from graphcascade.report.reproduction_plot import plot_reproduction
from graphcascade.report.retweet_figure import draw_retweets
from graphcascade.report.roc_plot import plot_roc
from graphcascade.report.seed_plot import plot_seeds
from graphcascade.report.size_curve_plot import plot_size_curves
from graphcascade.report.size_plot import plot_sizes
from graphcascade.report.source_map_plot import plot_source_map
from graphcascade.report.source_plot import plot_sources
from graphcascade.report.tail_plot import plot_tail
from graphcascade.report.training_plot import plot_training
from graphcascade.report.tuning_plot import draw_tuning

__all__ = [
    "Card",
    "InteractiveNetwork",
    "PageTable",
    "Picture",
    "Section",
    "can_interact",
    "draw_comparison",
    "draw_dataset",
    "draw_posts",
    "draw_retweets",
    "draw_tuning",
    "example_cascade",
    "importances_section",
    "plot_alignment",
    "plot_cascade",
    "plot_cooccurrence",
    "plot_epochs",
    "plot_heat_map",
    "plot_importances",
    "plot_inferred_network",
    "plot_network",
    "plot_position_norms",
    "plot_post_attention",
    "plot_reach",
    "plot_reproduction",
    "plot_roc",
    "plot_seeds",
    "plot_size_curves",
    "plot_sizes",
    "plot_source_map",
    "plot_sources",
    "plot_tail",
    "plot_training",
    "popularity_sections",
    "recommendation_sections",
    "save_figure",
    "write_page",
    "write_popularity",
    "write_recommendations",
]
