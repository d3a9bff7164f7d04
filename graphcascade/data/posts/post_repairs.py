from __future__ import annotations

from dataclasses import asdict, dataclass

__all__ = ["PostRepairs"]


@dataclass(frozen=True)
class PostRepairs:
    """Counts of the repairs made while reading posts; nothing else is changed or left out.

    Args:
        posts_out_of_order: Posts that stood after a later one; posts were sorted by time, and those of the same time
            kept their order.
        missing_images: Images whose files are missing, or cannot be read; their posts stay, without an image.
    """

    posts_out_of_order: int = 0
    missing_images: int = 0

    def __bool__(self) -> bool:
        return any(asdict(self).values())

    def __str__(self) -> str:
        words = {
            "posts_out_of_order": ("post out of time order", "posts out of time order"),
            "missing_images": ("missing image", "missing images"),
        }
        counts = [(count, words[name]) for name, count in asdict(self).items() if count]
        return ", ".join(f"{count:,} {forms[count != 1]}" for count, forms in counts) or "nothing"
