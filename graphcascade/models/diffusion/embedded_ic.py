from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from graphcascade.data import CascadeDataset
from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.seed import check_seed
from graphcascade.data.segments import expand_ranges, ordered_pairs, segment_ids
from graphcascade.errors import UsageError
from graphcascade.models.diffusion.attempts import ANY_DELAY
from graphcascade.models.diffusion.diffusion_model import DiffusionModel
from graphcascade.models.diffusion.probability_gains import probability_gains
from graphcascade.models.diffusion.transmissions import PAIRS_PER_CHUNK, Transmissions, truncate_at_horizon
from graphcascade.models.registry import MODELS
from graphcascade.nn import PairCounts
from graphcascade.progress import track

__all__ = ["EmbeddedIC"]

SCORES_PER_CHUNK = 2**20  # scores that are computed at a time
MAX_LOGIT = 40.0  # larger logits are clamped, because denormal numbers are slow


@MODELS.register("EmbeddedIC")
class EmbeddedIC(DiffusionModel):
    r"""Embedded independent cascade model: transmission probabilities from distances between user vectors.

    `Representation Learning for Information Diffusion through Social Networks: an Embedded Cascade Model
    <https://doi.org/10.1145/2835776.2835817>`_ (Bourigault et al., 2016). Each user has a vector as a sender,
    :math:`z_u`, with a bias :math:`b_u`, and one as a receiver, :math:`w_v`:

    .. math::
        P_{uv} = \frac{1}{1 + \exp(b_u + \lVert z_u - w_v \rVert^2)}

    An infected user tries once to infect each other user, at any later time. Who infected a user at :math:`t_v` is not
    known. Expectation maximization therefore weights a success of :math:`u` by
    :math:`P_{uv} / (1 - \prod_{t_x < t_v} (1 - P_{xv}))` and a failure by the rest; all attempts to infect users who
    stay uninfected failed.

    Deviations from the paper: all failures are used instead of a sample; the gradient is that of all cascades, with
    Adam; users infected at the same time do not infect each other; the graph leaves out pairs of small probability that
    do not co-occur in the training cascades.

    Args:
        dim: Size of the vectors.
        iterations: Number of expectation steps, each followed by one gradient step of the vectors.
        learning_rate: Initial learning rate of Adam; it decays to almost 0.
        weight_decay: Penalty on the vectors: half of this times their squared norm is added to the loss.
        min_probability: Smallest probability of pairs in the graph that do not co-occur; 1 leaves all of them out.
        seed: Seed of the initial vectors.
        progress: Whether to show a progress bar on terminals and in notebooks.

    Raises:
        UsageError: A number is out of range.
    """

    delays = "discrete"
    bias: Tensor
    """Bias of each sender against transmission, ``[num_users]``."""
    sender: Tensor
    """Vectors of the users as senders, ``[num_users, dim]``."""
    receiver: Tensor
    """Vectors of the users as receivers, ``[num_users, dim]``."""

    def __init__(
        self,
        dim: int = 50,
        iterations: int = 500,
        learning_rate: float = 0.05,
        weight_decay: float = 0.0,
        min_probability: float = 1e-4,
        seed: int = 0,
        progress: bool = False,
    ) -> None:
        super().__init__()
        for name, value in (("dim", dim), ("iterations", iterations)):
            if value < 1:
                raise UsageError(owner="EmbeddedIC", argument=name, value=value, reason="must be at least 1")
        if not learning_rate > 0:
            raise UsageError(
                owner="EmbeddedIC", argument="learning_rate", value=learning_rate, reason="must be above 0"
            )
        if not weight_decay >= 0:
            raise UsageError(
                owner="EmbeddedIC", argument="weight_decay", value=weight_decay, reason="must be 0 or more"
            )
        if not 0 < min_probability <= 1:
            raise UsageError(
                owner="EmbeddedIC",
                argument="min_probability",
                value=min_probability,
                reason="must be above 0 and at most 1",
            )
        check_seed(seed)
        self.dim = dim
        self.iterations = iterations
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.min_probability = min_probability
        self.seed = seed
        self.progress = progress
        self.register_buffer("bias", torch.empty(0))
        self.register_buffer("sender", torch.empty(0, dim))
        self.register_buffer("receiver", torch.empty(0, dim))

    def _infer(self, dataset: CascadeDataset) -> tuple[Tensor, Tensor]:
        table, _ = truncate_at_horizon(dataset, None)
        possible = self._possible_transmissions(dataset, None)
        num_users = table.num_users
        num_cascades = torch.bincount(table.user, minlength=num_users).double()
        not_later = _not_later(table)
        generator = torch.Generator().manual_seed(self.seed)
        sender, receiver = (torch.randn(num_users, self.dim, generator=generator) * 0.1 for _ in range(2))
        # The initial probabilities are about the observed frequency of transmissions.
        base = possible.num_infections / float(num_cascades.sum() * max(1, num_users - 1))
        start = -math.log(base / (1 - base)) if base < 1 else 0.0
        bias = torch.full((num_users,), start - 0.02 * self.dim)
        parameters = [nn.Parameter(value) for value in (bias, sender, receiver)]
        optimizer = torch.optim.Adam(parameters, lr=self.learning_rate)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(0.01, 1 - step / self.iterations))
        ptr = torch.searchsorted(possible.edge_index[0].contiguous(), torch.arange(num_users + 1))
        active = (num_cascades > 0).nonzero().view(-1)
        self.bias, self.sender, self.receiver = (value.data for value in parameters)
        for _ in track(range(self.iterations), "embedding", self.progress):
            success = self._successes(possible, _scores(bias, sender, receiver, possible.edge_index)).float()
            for parameter in parameters:
                parameter.grad = self.weight_decay * parameter.data if parameter.dim() > 1 else torch.zeros_like(bias)
            for users in active.split(max(1, SCORES_PER_CHUNK // num_users)):
                edge, bounds = expand_ranges(ptr[users], ptr[users + 1])
                row = segment_ids(bounds)
                tried = (num_cascades[users, None] - not_later.rows(users)).float()
                tried[torch.arange(users.numel()), users] = 0
                # The derivative with respect to the logit of failure: expected successes minus predicted ones.
                score = _all_scores(bias[users], sender[users], receiver).clamp_(max=MAX_LOGIT)
                slope = tried.mul_(torch.sigmoid(-score)).neg_()
                slope[row, possible.edge_index[1, edge]] += success[edge]
                self._add_gradient(parameters, users, slope)
            optimizer.step()
            scheduler.step()
        return self._network(possible.edge_index, active, dataset.seen)

    def _possible_transmissions(self, dataset: CascadeDataset, edge_index: Tensor | None) -> Transmissions:
        return Transmissions.from_table(*truncate_at_horizon(dataset, None), ANY_DELAY, edge_index=edge_index)

    def _expected_by_edge(self, possible: Transmissions, weight: Tensor) -> Tensor:
        return self._successes(possible, torch.log1p(-weight) - weight.log())

    def _gain_by_edge(self, possible: Transmissions, weight: Tensor) -> Tensor:
        return probability_gains(possible, weight)

    @staticmethod
    def _add_gradient(parameters: list[nn.Parameter], users: Tensor, slope: Tensor) -> None:
        """Adds the gradient of some senders, given the derivative with respect to their logits, ``[B, num_users]``."""
        bias, sender, receiver = parameters
        assert bias.grad is not None
        assert sender.grad is not None
        assert receiver.grad is not None
        z, w, total = sender.data[users], receiver.data, slope.sum(1)
        bias.grad[users] += total
        sender.grad[users] += 2 * (total[:, None] * z - slope @ w)
        receiver.grad += 2 * (slope.sum(0)[:, None] * w - slope.T @ z)

    def _network(self, edge_index: Tensor, active: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the pairs that co-occur, and other pairs of training users of at least ``min_probability``."""
        num_users = seen.numel()
        keys = [edge_index[0] * num_users + edge_index[1]]
        highest = (
            math.log(self.min_probability) - math.log1p(-self.min_probability) if self.min_probability < 1 else 0.0
        )
        for users in active.split(max(1, SCORES_PER_CHUNK // num_users)):
            if self.min_probability == 1:
                break
            is_edge = (-_all_scores(self.bias[users], self.sender[users], self.receiver) >= highest) & seen
            is_edge[torch.arange(users.numel()), users] = False
            row, other = is_edge.nonzero(as_tuple=True)
            keys.append(users[row] * num_users + other)
        key = torch.unique(torch.cat(keys))
        edge_index = torch.stack([key // num_users, key % num_users])
        probability = torch.sigmoid(-_scores(self.bias, self.sender, self.receiver, edge_index).double())
        return edge_index[:, probability > 0], probability[probability > 0]

    @staticmethod
    def _successes(possible: Transmissions, score: Tensor) -> Tensor:
        """Returns the expected successes along each edge, ``[M]`` float64, given logits of failure."""
        score = score.double()
        log_failure = -nn.functional.softplus(-score)  # log of 1 - P
        log_no_success = torch.bincount(
            possible.infection, log_failure[possible.edge], minlength=possible.num_infections
        )
        share = torch.sigmoid(-score)[possible.edge] / -torch.expm1(log_no_success)[possible.infection]
        return possible.sum_by_edge(share)


def _scores(bias: Tensor, sender: Tensor, receiver: Tensor, edge_index: Tensor) -> Tensor:
    """Returns the logits of failure along edges, ``[M]``; edges must be sorted by sender."""
    num_users = bias.numel()
    parts = [bias[:0]]
    for users in torch.arange(num_users).split(max(1, SCORES_PER_CHUNK // num_users)):
        first, last = torch.searchsorted(edge_index[0].contiguous(), torch.stack([users[0], users[-1] + 1])).tolist()
        u, v = edge_index[:, first:last]
        # A matrix product of a whole block is faster than gathering rows for each edge.
        parts.append(_all_scores(bias[users], sender[users], receiver)[u - users[0], v])
    return torch.cat(parts)


def _all_scores(bias: Tensor, z: Tensor, receiver: Tensor) -> Tensor:
    """Returns the logits of failure of some senders with all users, ``[B, num_users]``."""
    distance = z.square().sum(1, keepdim=True) + receiver.square().sum(1) - 2 * z @ receiver.T
    return bias[:, None] + distance


def _not_later(table: CascadeTable) -> PairCounts:
    """Counts the cascades in which the second user is not infected after the first, who then makes no attempt."""
    counts = PairCounts(table.num_users)
    for earlier, later in ordered_pairs(table.ptr, PAIRS_PER_CHUNK):
        counts.add(table.user[later], table.user[earlier])
        tied = (table.time[earlier] == table.time[later]).nonzero().view(-1)
        counts.add(table.user[earlier[tied]], table.user[later[tied]])
    return counts
