from __future__ import annotations

from torch import Tensor

from graphcascade.models.next_user.influence_model import InfluenceModel
from graphcascade.models.registry import MODELS

__all__ = ["CTBernoulli"]


@MODELS.register("CTBernoulli")
class CTBernoulli(InfluenceModel):
    r"""Influence along the links of a follow graph, in continuous time, by the Bernoulli distribution.

    `Learning Influence Probabilities in Social Networks <https://doi.org/10.1145/1718487.1718518>`_ (Goyal, Bonchi and
    Lakshmanan, WSDM 2010), Sections 3.1, 4.1 and 4.2; a baseline of CYAN-RNN. Let :math:`A_v` be the number of
    cascades with ``v``, :math:`A_{v2u}` the number of those in which ``u``, who follows ``v``, comes after ``v``, and
    :math:`\tau_{v,u}` the mean delay between the two. Then

    .. math::
        p_{v,u} = \frac{A_{v2u}}{A_v}, \qquad
        p_u(t) = 1 - \prod_{v} \big(1 - p_{v,u}\, e^{-(t - t_v) / \tau_{v,u}}\big).

    Scores after an event are computed at the time of this event, because the time of the next one is not known yet.
    ``"decay"`` scores by :math:`p_u`. ``"hazard"``, a much better extension, scores by the rate at which each user is
    infected at this time, :math:`\sum_v p_{v,u} / \tau_{v,u}`. Infected users have the score 0.

    Args:
        num_users: Number of users.
        score: How users are scored: "decay" or "hazard".

    Raises:
        UsageError: ``score`` is neither of these.

    Deviations from the paper: self-loops are ignored; a mean delay of 0 is replaced by the shortest positive mean
    delay.
    """

    def _probability(self, spread: Tensor, source: Tensor, target: Tensor, together: Tensor) -> Tensor:
        return spread / source
