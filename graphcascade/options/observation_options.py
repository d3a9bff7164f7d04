from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ObservationOptions"]


@dataclass(frozen=True)
class ObservationOptions:
    """Options of the beginning of a cascade, which its final size is predicted from.

    Args:
        observe: Time from the first event on, such as 1h, 30min or 2d. If neither this nor the number of events is
            given, that of the files, if they have only the beginnings of cascades.
        observe_events: Number of first events, including the source, instead of a time.
    """

    heading = "final sizes of cascades"  # in the help

    observe: str | None = None
    observe_events: int | None = None
