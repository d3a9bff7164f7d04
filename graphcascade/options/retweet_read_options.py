from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["RetweetReadOptions"]


@dataclass(frozen=True)
class RetweetReadOptions:
    """Options of reading folders of retweets. Posts share ``missing_images``.

    Args:
        missing_images: What to do with tweets or posts whose image file is missing or empty: stop with an error, or
            go on without the image, and count them (placeholder).
    """

    heading = "reading folders of retweets"  # in the help

    missing_images: Literal["error", "placeholder"] = "error"
