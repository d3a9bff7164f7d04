"""Edges between the events of cascades, and between the posts of a stream."""

from graphcascade.transforms.causal_edges import CausalEdges
from graphcascade.transforms.follow_edges import FollowEdges
from graphcascade.transforms.post_windows import PostWindows

__all__ = ["CausalEdges", "FollowEdges", "PostWindows"]
