"""Batches: what trainers and analyses iterate over."""

from graphcascade.loader.cascade_loader import CascadeLoader

__all__ = ["CascadeLoader"]
