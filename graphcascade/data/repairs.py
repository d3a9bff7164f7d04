from __future__ import annotations

from dataclasses import asdict, dataclass

__all__ = ["Repairs"]


@dataclass(frozen=True)
class Repairs:
    """What was mended while reading; nothing else is ever changed or left out.

    Args:
        reordered_cascades: Cascades whose events were not in order of time; sorted, ties in file order.
        repeated_users: Events of a user already in the cascade; the first is kept.
        untimed_sources: Sources without a time; they take the time of the first event after them.
        reattached_parents: Parents that are not events of the cascade; the nearest ancestor that is takes their place.
        unknown_users: Events of a placeholder for an unknown user; they are left out.
        cut_off_events: Events without a time at the end of a file that breaks off there; they are left out.
    """

    reordered_cascades: int = 0
    repeated_users: int = 0
    untimed_sources: int = 0
    reattached_parents: int = 0
    unknown_users: int = 0
    cut_off_events: int = 0

    def __bool__(self) -> bool:
        return any(asdict(self).values())

    def __str__(self) -> str:
        told = []
        for name, count in asdict(self).items():
            if count:
                told.append(f"{count:,} {name.removesuffix('s' if count == 1 else '').replace('_', ' ')}")
        return ", ".join(told) or "nothing"
