from __future__ import annotations

from graphcascade.errors import UsageError

__all__ = ["check_seed"]


def check_seed(seed: int) -> None:
    """Raises an error if a random generator could not take the seed.

    Raises:
        UsageError: The seed is negative, or 2 ** 63 or more.
    """
    if not 0 <= seed < 1 << 63:
        raise UsageError(argument="seed", value=seed, reason="must be 0 or more, and less than 2 ** 63")
