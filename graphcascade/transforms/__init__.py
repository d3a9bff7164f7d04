"""Edges between the events of cascades."""

from graphcascade.transforms.causal_edges import CausalEdges
from graphcascade.transforms.follow_edges import FollowEdges

__all__ = ["CausalEdges", "FollowEdges"]
