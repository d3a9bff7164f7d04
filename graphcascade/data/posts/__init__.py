"""Streams of posts with a hierarchy of categories; :mod:`graphcascade.data` exports the same names."""

from graphcascade.data.posts.post_repairs import PostRepairs
from graphcascade.data.posts.post_stream import PostStream

__all__ = ["PostRepairs", "PostStream"]
