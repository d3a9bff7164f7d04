"""Which figures of the descriptions of data are times or counts of repairs, by their names."""

from __future__ import annotations

__all__ = ["REPAIR_ENDINGS", "TIME_FIGURES"]

TIME_FIGURES = ("first time", "last time", "first retweet", "last retweet", "first post", "last post")
REPAIR_ENDINGS = ("repaired", "replaced", "cut", "dropped", "left out")
"""How the names of repairs end."""
