"""Loaders of batches of cascades."""

from graphcascade.loader.balanced_loader import BalancedLoader
from graphcascade.loader.cascade_loader import CascadeLoader

__all__ = ["BalancedLoader", "CascadeLoader"]
