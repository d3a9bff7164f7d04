from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from graphcascade.data.invalid_rows import describe_invalid_rows
from graphcascade.plurals import counted_plural

__all__ = ["RetweetRepairs"]


@dataclass(frozen=True)
class RetweetRepairs:
    """Counts of the repairs made while reading a network; nothing else is changed or left out.

    Args:
        repeated_follows: Links that are in the table twice; the first was kept.
        self_follows: Links from a user to itself; they were left out.
        repeated_retweets: Retweets of a tweet that the user had retweeted before; the earliest was kept.
        missing_images: Images whose files are missing, or cannot be read; their tweets stay, without an image.
        invalid_rows: Invalid rows of a table by reason; they were left out on request (``on_error="drop"``).
    """

    repeated_follows: int = 0
    self_follows: int = 0
    repeated_retweets: int = 0
    missing_images: int = 0
    invalid_rows: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(asdict(self).values())

    def __str__(self) -> str:
        values = {name: count for name, count in asdict(self).items() if name != "invalid_rows"}
        counts = {name.replace("_", " "): count for name, count in values.items() if count}
        parts = [counted_plural(count, name) for name, count in counts.items()]
        return ", ".join([*parts, *describe_invalid_rows(self.invalid_rows)]) or "nothing"
