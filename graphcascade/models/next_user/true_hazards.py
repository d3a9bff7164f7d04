from __future__ import annotations

import math
from typing import Literal, cast

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset
from graphcascade.data.segments import expand_ranges, portions, running_sums, segment_ids, segment_steps
from graphcascade.errors import UsageError
from graphcascade.models.next_user.next_user_predictor import AttributionKind
from graphcascade.models.next_user.scoring_model import ScoringModel
from graphcascade.nn import conditional_mean, conditional_quantile

__all__ = ["TrueHazards"]

NUM_QUADRATURE_NODES = 64
MAX_RATES = 2**22  # rates that are processed at a time
Delays = Literal["exponential", "rayleigh"]


class TrueHazards(ScoringModel):
    r"""Upper bound for simulated cascades: the probability of each next user under the network that generated them.

    Given the events up to ``k``, user ``v`` is the next one with probability

    .. math::
        p(v) \propto \int_{t_k}^{T} \lambda_v(t) \exp\Big(-\int_{t_k}^t \sum_w \lambda_w(\tau) d\tau\Big) dt,
        \qquad \lambda_v(t) = \sum_{i \le k} h_{u_i v}(t - t_i)

    among the users who are not infected. Exponential delays have :math:`h = \alpha`, Rayleigh delays
    :math:`h(d) = \alpha d`; so the intensity is linear in time, and two integrals per event are enough for all users.

    Args:
        graph: ``edge_index`` in the direction of transmission, ``edge_weight`` :math:`\alpha`, ``num_nodes``.
        delays: Distribution of the delays.
        horizon: End of the simulation, :math:`T`.

    Raises:
        UsageError: ``delays`` is neither of these, or the graph has no edges or weights.
    """

    def __init__(
        self,
        graph: Data,
        delays: Delays = "exponential",
        horizon: float = math.inf,
    ) -> None:
        super().__init__(int(graph.num_nodes or 0))
        if delays not in ("exponential", "rayleigh"):
            raise UsageError(
                owner="TrueHazards", argument="delays", value=delays, reason="use 'exponential' or 'rayleigh'"
            )
        edge_index, weight = graph.edge_index, graph.get("edge_weight")
        if edge_index is None or weight is None:
            raise UsageError(owner="TrueHazards", argument="graph", reason="needs edge_index and edge_weight")
        self.delays = delays
        self.horizon = horizon
        self.seen = torch.ones(self.num_users, dtype=torch.bool)
        order = torch.argsort(edge_index[0], stable=True)
        self.target = edge_index[1][order]
        self.rate: Tensor = weight[order].double()
        self.ptr = torch.searchsorted(edge_index[0][order].contiguous(), torch.arange(self.num_users + 2))

    @classmethod
    def from_dataset(cls, dataset: CascadeDataset) -> TrueHazards:
        """Makes the model of a simulated dataset from its network, delays and horizon.

        If the simulation kept only cascades of several users (``min_size`` above 2), the scores are slightly below the
        upper bound, because they do not take this selection into account.

        Args:
            dataset: Simulated cascades, or a part of them.

        Raises:
            UsageError: The cascades were not simulated, or their delays are neither exponential nor Rayleigh.
        """
        table = dataset.table
        if table.true_graph is None or table.delays is None or table.horizon is None:
            raise UsageError(f"{dataset.name}: the true network is not known; only simulated cascades have one.")
        model = cls(table.true_graph, cast(Delays, table.delays), table.horizon)
        model.user_ids = dataset.user_ids
        model.time_unit = dataset.time_unit
        return model

    @property
    def longest_interval(self) -> float:
        return self.horizon

    @property
    def predicts_intervals(self) -> bool:
        return True

    @property
    def attributions(self) -> tuple[AttributionKind, ...]:
        return "alignment", "posterior"

    def align(self, batch: Data, attribution: AttributionKind = "alignment") -> Data:
        """Attributes the next infection to earlier events, given the true network.

        Args:
            batch: Simulated cascades.
            attribution: "alignment" for weights in proportion to the probability that event ``i`` causes the next
                infection, of any user; or "posterior" for weights given the next user and time.

        Returns:
            Edges ``i -> k`` over events with ``edge_weight``.

        Raises:
            UsageError: ``attribution`` is "likelihood".
        """
        if attribution == "likelihood":
            reason = "TrueHazards has only 'alignment' and 'posterior'"
            raise UsageError(argument="attribution", value=attribution, reason=reason)
        time, ptr = batch["time"], batch["ptr"]
        user = batch["user"].clamp(max=self.num_users)
        begin = ptr[:-1][segment_ids(ptr)]
        event = torch.arange(user.numel())
        source, event_ptr = expand_ranges(begin, event + 1)
        pairs = torch.stack([source, segment_ids(event_ptr)])
        if attribution == "posterior":  # no event follows the last event of a cascade
            last = torch.zeros_like(user, dtype=torch.bool).index_fill_(0, ptr[1:] - 1, True)
            pairs = pairs[:, ~last[pairs[1]]]
        earlier, now = pairs
        dense = torch.zeros(self.num_users + 1, self.num_users + 1, dtype=torch.float64)
        dense.index_put_((segment_ids(self.ptr), self.target), self.rate, accumulate=True)
        if attribution == "posterior":
            weight = dense[user[earlier], user[now + 1]]
            if self.delays == "rayleigh":
                weight = weight * (time[now + 1] - time[earlier])
            return Data(edge_index=pairs, edge_weight=weight, num_nodes=user.numel())
        infected = torch.zeros(user.numel(), self.num_users + 1, dtype=torch.float64)
        infected[torch.arange(user.numel()), user] = 1
        free = (running_sums(infected, ptr) == 0).double()
        total_rate = free @ dense.T  # of each user to the users who are not infected, after each event
        weight = total_rate[now, user[earlier]]
        if self.delays == "rayleigh":
            constant = torch.zeros_like(time).index_add_(0, now, weight * (time[now] - time[earlier]))
            slope = torch.zeros_like(time).index_add_(0, now, weight)
            integral, moment = _integrals(constant, slope, self.horizon - time)
            weight = weight * (integral[now] * (time[now] - time[earlier]) + moment[now])
        return Data(edge_index=pairs, edge_weight=weight, num_nodes=user.numel())

    def scores(self, batch: Data, rows: Tensor | None = None) -> Tensor:
        rows = torch.arange(batch["user"].numel()) if rows is None else rows
        constant, slope = self._intensities(batch, rows)
        if self.delays == "exponential":
            return constant
        integral, moment = _integrals(constant.sum(1), slope.sum(1), self.horizon - batch["time"][rows])
        return constant * integral[:, None] + slope * moment[:, None]

    def intervals(self, batch: Data) -> tuple[Tensor, Tensor, Tensor]:
        """Returns the true distribution of the time from each event to the next one of its cascade.

        Args:
            batch: Simulated cascades.

        Returns:
            Log-density of each observed interval, and the mean and median interval given a next event before the
            horizon; ``[E - B]`` float64 each, NaN if nobody could be infected any more.
        """
        time, ptr = batch["time"], batch["ptr"]
        follows = torch.ones_like(time, dtype=torch.bool).index_fill_(0, ptr[1:] - 1, False)
        rows = follows.nonzero().view(-1)
        parts = rows.split(max(1, MAX_RATES // self.num_users))
        sums = [torch.stack([part.sum(1) for part in self._intensities(batch, some)]) for some in parts]
        a, b = torch.cat([time.new_zeros(2, 0), *sums], 1).unbind()
        interval = segment_steps(time, ptr)

        def cumulative(s: Tensor) -> Tensor:
            return a * s + b * s.square() / 2

        def inverse(y: Tensor) -> Tensor:
            return 2 * y / (a[:, None] + (a.square()[:, None] + 2 * b[:, None] * y).sqrt())

        log_prob = (a + b * interval).log() - cumulative(interval)
        total = cumulative((self.horizon - time[follows]).clamp(max=1e100))  # avoids 0 times infinity
        return log_prob, conditional_mean(inverse, total), conditional_quantile(inverse, total, 0.5)

    def _intensities(self, batch: Data, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the constant and slope of each user's intensity after some events, ``[R, num_users]`` each."""
        time, cascades = batch["time"], batch["ptr"]
        user = batch["user"].clamp(max=self.num_users)  # the row after the last user has no edges
        source, event_ptr = expand_ranges(cascades[:-1][segment_ids(cascades)][rows], rows + 1)
        now = segment_ids(event_ptr)  # row of each event
        total, moment = (torch.zeros(rows.numel() * self.num_users, dtype=torch.float64) for _ in range(2))
        degree = self.ptr.diff()[user[source]]
        for part in portions(degree, MAX_RATES):
            edge, edge_ptr = expand_ranges(self.ptr[user[source[part]]], self.ptr[user[source[part]] + 1])
            pair = segment_ids(edge_ptr) + part.start
            place = now[pair] * self.num_users + self.target[edge]
            total.index_add_(0, place, self.rate[edge])  # parallel edges add up
            if self.delays == "rayleigh":
                moment.index_add_(0, place, self.rate[edge] * (time[rows[now[pair]]] - time[source[pair]]))
        total, moment = total.view(-1, self.num_users), moment.view(-1, self.num_users)
        known = user[source] < self.num_users
        total[now[known], user[source[known]]] = 0  # they are infected
        moment[now[known], user[source[known]]] = 0
        return (total, moment) if self.delays == "exponential" else (moment, total)


def _integrals(a: Tensor, b: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the integrals of exp(-a s - b s^2 / 2) and of s times this from 0 to ``length``, by Gauss-Legendre."""
    # Where the exponent is below -40 the integrand is negligible.
    limit = torch.minimum(40 / a.clamp(min=1e-12), (80 / b.clamp(min=1e-12)).sqrt())
    end = torch.minimum(length.double(), limit)
    node, weight = (torch.from_numpy(values) for values in np.polynomial.legendre.leggauss(NUM_QUADRATURE_NODES))
    s = end[:, None] * (node + 1) / 2
    density = torch.exp(-a[:, None] * s - b[:, None] * s.square() / 2) * weight * end[:, None] / 2
    return density.sum(1), (density * s).sum(1)
