"""The evidence of links as columns of tables and attributes of graphs."""

from __future__ import annotations

__all__ = ["LINK_COLUMNS"]

LINK_COLUMNS = ("support", "transmissions", "gain", "weight_lower", "weight_upper")
"""Evidence that a file of links may hold after their weights: whole numbers (support) and numbers."""
