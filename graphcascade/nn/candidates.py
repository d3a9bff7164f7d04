from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

__all__ = ["Candidates"]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Users that were drawn to stand for all users in a loss; see :class:`~graphcascade.nn.UserSampler`.

    Args:
        user: Distinct users, ``[C]`` int64.
        log_weight: Logarithm of how many users each of them stands for, ``[C]``: how often the user was drawn, divided
            by how often that was expected. A sum over all users is estimated by the sum over the candidates with these
            weights, and the mean of the estimate over many draws is the sum itself.
    """

    user: Tensor
    log_weight: Tensor
