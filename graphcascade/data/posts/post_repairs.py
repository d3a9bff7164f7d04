from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from graphcascade.data.invalid_rows import describe_invalid_rows
from graphcascade.plurals import counted_plural

__all__ = ["PostRepairs"]


@dataclass(frozen=True)
class PostRepairs:
    """Counts of the repairs made while reading posts; nothing else is changed or left out.

    Args:
        posts_out_of_order: Posts that stood after a later one; posts were sorted by time, and those of the same time
            kept their order.
        missing_images: Images whose files are missing, or cannot be read; their posts stay, without an image.
        invalid_rows: Invalid rows of a table by reason; they were left out on request (``on_error="drop"``).
    """

    posts_out_of_order: int = 0
    missing_images: int = 0
    invalid_rows: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(asdict(self).values())

    def __str__(self) -> str:
        counts = {"posts out of time order": self.posts_out_of_order, "missing images": self.missing_images}
        parts = [counted_plural(count, name) for name, count in counts.items() if count]
        return ", ".join([*parts, *describe_invalid_rows(self.invalid_rows)]) or "nothing"
