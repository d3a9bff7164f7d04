from __future__ import annotations

from collections.abc import Mapping

from graphcascade.plurals import counted

__all__ = ["describe_invalid_rows", "invalid_row_figures"]


def describe_invalid_rows(counts: Mapping[str, int]) -> list[str]:
    """Returns the invalid rows that were left out in words: nothing, or one text with the reasons."""
    total = sum(counts.values())
    if not total:
        return []
    reasons = ", ".join(f"{reason}: {count:,}" for reason, count in counts.items())
    return [f"{counted(total, 'invalid row')} left out ({reasons})"]


def invalid_row_figures(counts: Mapping[str, int]) -> dict[str, int]:
    """Returns the invalid rows that were left out as figures of a description, one for each reason."""
    return {f"invalid rows ({reason}), left out": count for reason, count in counts.items()}
