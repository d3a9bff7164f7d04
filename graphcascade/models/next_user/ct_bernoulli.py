from __future__ import annotations

from torch import Tensor

from graphcascade.models.next_user.influence_model import InfluenceModel
from graphcascade.models.registry import MODELS

__all__ = ["CTBernoulli"]


@MODELS.register("CTBernoulli")
class CTBernoulli(InfluenceModel):
    r"""Influence along the links of a follow graph, in continuous time, by the Bernoulli distribution.

    `Learning Influence Probabilities in Social Networks <https://doi.org/10.1145/1718487.1718518>`_ (Goyal, Bonchi and
    Lakshmanan, WSDM 2010), Sections 3.1, 4.1 and 4.2; a baseline of CYAN-RNN. With :math:`A_v` the number of cascades
    that hold ``v``, :math:`A_{v2u}` of those in which ``u`` comes after ``v``, whom they follow, and
    :math:`\tau_{v,u}` the mean delay,

    .. math::
        p_{v,u} = \frac{A_{v2u}}{A_v}, \qquad
        p_u(t) = 1 - \prod_{v} \big(1 - p_{v,u}\, e^{-(t - t_v) / \tau_{v,u}}\big).

    Scores after an event are of its own time: that of the next one would tell what is to be predicted. ``"decay"``
    scores by :math:`p_u`; ``"hazard"``, an extension that is much better at it, by how likely each user is to come
    within the next instant, :math:`\sum_v p_{v,u} / \tau_{v,u}`. Who has come already has the score 0.

    Args:
        num_users: Number of users.
        reading: "decay" or "hazard".

    Raises:
        UsageError: Another reading.

    Deviations from the paper: links that lead from one user to themselves do not count; a mean delay of 0 is the
    shortest positive one of any link.
    """

    def _chance(self, spread: Tensor, source: Tensor, target: Tensor, together: Tensor) -> Tensor:
        return spread / source
