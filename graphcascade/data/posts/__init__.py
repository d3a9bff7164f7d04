"""Streams of posts with a hierarchy of categories; :mod:`graphcascade.data` exports the same names."""

from graphcascade.data.posts.check import check_posts
from graphcascade.data.posts.post_repairs import PostRepairs
from graphcascade.data.posts.post_stream import PostStream
from graphcascade.data.posts.raw_posts import RawPosts

__all__ = ["PostRepairs", "PostStream", "RawPosts", "check_posts"]
