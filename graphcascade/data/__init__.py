"""Cascades, networks of retweets, streams of posts, and their checks."""

from graphcascade.data.cascades import (
    Cascade,
    CascadeDataset,
    CascadeTable,
    Observation,
    ObservationWindow,
    RawEvents,
    Repairs,
    Split,
    as_dataset,
    check_events,
    head_sources,
    successor_graph,
)
from graphcascade.data.graph import user_graph
from graphcascade.data.posts import PostRepairs, PostStream, RawPosts, check_posts
from graphcascade.data.retweets import RawRetweets, RetweetNetwork, RetweetRepairs, check_retweets
from graphcascade.data.split_graph import SplitGraph

__all__ = [
    "Cascade",
    "CascadeDataset",
    "CascadeTable",
    "Observation",
    "ObservationWindow",
    "PostRepairs",
    "PostStream",
    "RawEvents",
    "RawPosts",
    "RawRetweets",
    "Repairs",
    "RetweetNetwork",
    "RetweetRepairs",
    "Split",
    "SplitGraph",
    "as_dataset",
    "check_events",
    "check_posts",
    "check_retweets",
    "head_sources",
    "successor_graph",
    "user_graph",
]
