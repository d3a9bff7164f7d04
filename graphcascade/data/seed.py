from __future__ import annotations

from graphcascade.errors import UsageError

__all__ = ["check_seed"]


def check_seed(seed: int) -> None:
    """Refuses a seed that not every generator takes.

    Raises:
        UsageError: Below 0, or 2 ** 63 and above.
    """
    if not 0 <= seed < 1 << 63:
        raise UsageError(f"seed={seed}: must be 0 or more, and less than 2 ** 63.")
