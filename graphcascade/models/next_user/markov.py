from __future__ import annotations

from torch import Tensor
from torch_geometric.data import Data

from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.segments import segment_ids
from graphcascade.errors import UsageError
from graphcascade.models.next_user.counting_model import CountingModel
from graphcascade.models.registry import MODELS
from graphcascade.nn import PairCounts

__all__ = ["Markov"]


@MODELS.register("Markov")
class Markov(CountingModel):
    r"""First-order Markov chain over users ("MC-1" of the CYAN-RNN paper), smoothed towards popularity.

    A baseline of `Cascade Dynamics Modeling with Attention-based Recurrent Neural Network
    <https://doi.org/10.24963/ijcai.2017/416>`_ (Wang et al., 2017):

    .. math::
        p(v \mid u) = \frac{n_{uv} + \alpha\, \pi_v}{n_u + \alpha}

    where :math:`n_{uv}` is how often ``v`` comes directly after ``u``, :math:`n_u` the sum of :math:`n_{uv}` over
    ``v``, and :math:`\pi` the share of each user in all training events.

    Args:
        num_users: Number of users.
        smoothing: :math:`\alpha > 0`, the weight of popularity in counts.

    Raises:
        UsageError: ``smoothing`` is not above 0.
    """

    def __init__(self, num_users: int, smoothing: float = 1.0) -> None:
        super().__init__(num_users)
        if not smoothing > 0:
            raise UsageError(owner="Markov", argument="smoothing", value=smoothing, reason="must be above 0")
        self.smoothing = smoothing
        self.follows = PairCounts(num_users)

    def _count(self, table: CascadeTable) -> None:
        cascade = segment_ids(table.ptr)
        same_cascade = cascade[1:] == cascade[:-1]
        self.follows = PairCounts(self.num_users)
        self.follows.add(table.user[:-1][same_cascade], table.user[1:][same_cascade])

    def scores(self, batch: Data, rows: Tensor | None = None) -> Tensor:
        count = self.follows.rows(batch.user if rows is None else batch.user[rows])
        prior = self.smoothing * self.frequency / self.frequency.sum()
        return (count + prior) / (count.sum(1, keepdim=True) + self.smoothing)
