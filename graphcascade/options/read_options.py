from __future__ import annotations

from dataclasses import dataclass

from graphcascade.options.cascade_read_options import CascadeReadOptions
from graphcascade.options.post_read_options import PostReadOptions
from graphcascade.options.retweet_read_options import RetweetReadOptions

__all__ = ["ReadOptions"]


@dataclass(frozen=True)
class ReadOptions(PostReadOptions, RetweetReadOptions, CascadeReadOptions):
    """Options of reading data of any task: those of cascades, of folders of retweets, of posts, and of
    tables of all three."""
