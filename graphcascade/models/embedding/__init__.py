"""User vectors that are learned from a graph only."""

from graphcascade.models.embedding.deepwalk import DeepWalk
from graphcascade.models.embedding.random_walks import random_walks

__all__ = ["DeepWalk", "random_walks"]
