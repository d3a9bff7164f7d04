from __future__ import annotations

from typing import Any

from graphcascade.data.posts.post_stream import PostStream
from graphcascade.errors import UsageError

__all__ = ["require_stream"]


def require_stream(stream: Any, argument: str) -> PostStream:
    """Returns a stream of posts.

    Args:
        stream: The stream.
        argument: Name of the argument in messages.

    Raises:
        UsageError: It has another type, such as a dataset of cascades.
    """
    if isinstance(stream, PostStream):
        return stream
    reason = f"must be a PostStream, not {type(stream).__name__}, because the model predicts the popularity of posts"
    raise UsageError(argument=argument, reason=f"{reason}; read_posts reads one, and simulate_posts makes one")
