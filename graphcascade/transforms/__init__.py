"""Edges between the events of cascades, and between the posts of a stream; a placebo for hierarchies of categories."""

from graphcascade.transforms.causal_edges import CausalEdges
from graphcascade.transforms.exchange_parents import ExchangeParents
from graphcascade.transforms.follow_edges import FollowEdges
from graphcascade.transforms.post_windows import PostWindows

__all__ = ["CausalEdges", "ExchangeParents", "FollowEdges", "PostWindows"]
