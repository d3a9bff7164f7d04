from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from graphcascade.data.invalid_rows import describe_invalid_rows
from graphcascade.plurals import counted_plural

__all__ = ["Repairs"]


@dataclass(frozen=True)
class Repairs:
    """Counts of the repairs made while reading; nothing else is changed or left out.

    Args:
        reordered_cascades: Cascades whose events were out of order; they were sorted by time, ties in file order.
        repeated_users: Events of users already in the cascade; they were left out.
        untimed_sources: Sources without a time; they took the time of the first event after them.
        reattached_parents: Parents without an event in the cascade; the nearest ancestor with one took their place.
        unknown_users: Events of a placeholder for an unknown user; they were left out.
        cut_off_events: Events without a time at the end of a truncated file; they were left out.
        invalid_rows: Invalid rows of a table by reason; they were left out on request (``on_error="drop"``).
    """

    reordered_cascades: int = 0
    repeated_users: int = 0
    untimed_sources: int = 0
    reattached_parents: int = 0
    unknown_users: int = 0
    cut_off_events: int = 0
    invalid_rows: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(asdict(self).values())

    def __str__(self) -> str:
        parts = []
        for name, count in asdict(self).items():
            if name == "invalid_rows":
                parts += describe_invalid_rows(count)
            elif count:
                parts.append(counted_plural(count, name.replace("_", " ")))
        return ", ".join(parts) or "nothing"
