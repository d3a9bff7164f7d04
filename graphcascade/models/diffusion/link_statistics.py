from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

__all__ = ["LinkStatistics"]


@dataclass(frozen=True, eq=False)
class LinkStatistics:
    """What some cascades say about each link of an inferred network.

    Args:
        transmissions: Expected number of transmissions along each link, ``[M]`` float64.
        gain: Log-likelihood with the link minus that without it, in nats, ``[M]`` float64.
        lower: Lower end of the 95 % interval of the weight, ``[M]`` float64; ``None`` if the weights are no free
            parameters of the model.
        upper: Upper end of this interval.
    """

    transmissions: Tensor
    gain: Tensor
    lower: Tensor | None = None
    upper: Tensor | None = None
