"""Gains in likelihood of the links of independent cascade models."""

from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.models.diffusion.transmissions import Transmissions

__all__ = ["probability_gains"]

MAX_PROBABILITY = 1 - 1e-12  # so that logs of failures are finite


def probability_gains(possible: Transmissions, probability: Tensor) -> Tensor:
    r"""Returns the log-likelihood with each edge minus that without it, ``[M]`` float64.

    The log-likelihood of probabilities :math:`P` is, over infections :math:`k`, edges :math:`e`, and the number
    :math:`F_e` of failed attempts,

    .. math::
        \sum_k \log \Big(1 - (1 - b_k) \prod_{e \in k} (1 - P_e)\Big) + \sum_e F_e \log (1 - P_e)

    with the background :math:`b`, see :meth:`~graphcascade.models.DiffusionModel.link_statistics`.

    Args:
        possible: Possible transmissions; the exposure of an edge is its number of attempts.
        probability: Probability of each edge, ``[M]``, in (0, 1).
    """
    failure = torch.log1p(-probability.clamp(max=MAX_PROBABILITY))
    background = torch.log1p(-possible.background.clamp(max=1.0))
    own = failure[possible.edge]
    whole = torch.bincount(possible.infection, own, minlength=possible.num_infections) + background
    rest = (whole[possible.infection] - own).clamp(max=0)  # rounding may make it slightly positive
    with_edge, without = ((-torch.expm1(value)).log() for value in (whole[possible.infection], rest))
    attempts = possible.exposure - possible.sum_by_edge(torch.ones_like(own))
    return possible.sum_by_edge(with_edge - without) + attempts.round() * failure
