from __future__ import annotations

from torch import Tensor

from graphcascade.models.next_user.influence_model import InfluenceModel
from graphcascade.models.registry import MODELS

__all__ = ["CTJaccard"]


@MODELS.register("CTJaccard")
class CTJaccard(InfluenceModel):
    r"""Influence along the links of a follow graph, in continuous time, by the Jaccard index.

    `Learning Influence Probabilities in Social Networks <https://doi.org/10.1145/1718487.1718518>`_ (Goyal, Bonchi and
    Lakshmanan, WSDM 2010). This is :class:`CTBernoulli` with

    .. math::
        p_{v,u} = \frac{A_{v2u}}{A_{u|v}}

    where :math:`A_{u|v}` is the number of cascades with ``u`` or ``v``.

    Args:
        num_users: Number of users.
        score: How users are scored: "decay" or "hazard"; see :class:`CTBernoulli`.

    Raises:
        UsageError: ``score`` is neither of these.
    """

    def _probability(self, spread: Tensor, source: Tensor, target: Tensor, together: Tensor) -> Tensor:
        return spread / (source + target - together)
