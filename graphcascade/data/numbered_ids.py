from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["numbered_ids"]


def numbered_ids(count: int) -> npt.NDArray[np.object_]:
    """Returns the ids "0", "1", ..., ``[count]`` strings, for data without ids of their own."""
    return np.array([str(number) for number in range(count)], dtype=object)
