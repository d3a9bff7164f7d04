from __future__ import annotations

from dataclasses import dataclass

from graphcascade.options.cascade_read_options import CascadeReadOptions
from graphcascade.options.retweet_read_options import RetweetReadOptions

__all__ = ["ReadOptions"]


@dataclass(frozen=True)
class ReadOptions(RetweetReadOptions, CascadeReadOptions):
    """Options of reading data of any task: those of cascades and those of folders of retweets."""
