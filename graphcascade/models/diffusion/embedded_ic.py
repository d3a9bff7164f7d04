from __future__ import annotations

import math

import torch
from rich.console import Console
from rich.progress import track
from torch import Tensor, nn

from graphcascade.data import CascadeDataset
from graphcascade.data.seed import check_seed
from graphcascade.data.segments import expand_ranges, ordered_pairs, segment_ids
from graphcascade.data.table import CascadeTable
from graphcascade.errors import UsageError
from graphcascade.models.diffusion.diffusion_model import DiffusionModel
from graphcascade.models.diffusion.transmissions import PORTION, Transmissions, observed
from graphcascade.models.registry import MODELS
from graphcascade.nn import PairCounts
from graphcascade.simulate.delays import DelayFamily

__all__ = ["EmbeddedIC"]

PAIRS = 2**20  # whose distances are computed together
FAR = 40.0  # logit beyond which probabilities count as equal: denormal numbers are slow


@MODELS.register("EmbeddedIC")
class EmbeddedIC(DiffusionModel):
    r"""Probabilities of transmission from distances between vectors of users.

    `Representation Learning for Information Diffusion through Social Networks: an Embedded Cascade Model
    <https://doi.org/10.1145/2835776.2835817>`_ (Bourigault et al., 2016). Each user has a vector as a sender,
    :math:`z_u`, with a bias :math:`b_u`, and one as a receiver, :math:`w_v`:

    .. math::
        P_{uv} = \frac{1}{1 + \exp(b_u + \lVert z_u - w_v \rVert^2)}

    Whoever is infected tries once to infect each other user, whenever that takes effect. It is not known who succeeded
    with a user infected at :math:`t_v`: by expectation maximisation, a success of :math:`u` counts
    :math:`P_{uv} / (1 - \prod_{t_x < t_v} (1 - P_{xv}))`, a failure the rest of one; with users who stay uninfected all
    failed.

    Deviations from the paper: failures with all other users count instead of a sample of them, and the gradient is
    that of all cascades, by Adam; of users infected at the same time neither infects the other. The graph
    leaves out pairs of small probability that do not co-occur in the training cascades.

    Args:
        dim: Size of the vectors.
        iterations: Expectation steps; each is followed by one step of the vectors.
        learning_rate: Learning rate of Adam, at first; it falls to almost 0.
        weight_decay: Penalty: half of this times the squared length of the vectors is added to the loss.
        min_probability: Of the pairs that do not co-occur, the graph has those of at least this probability; 1 leaves
            all of them out.
        seed: Seed of the first vectors.
        progress: Show a progress bar, on terminals.

    Raises:
        UsageError: A number that is out of range.
    """

    delays = "discrete"
    bias: Tensor
    """Tendency of each user not to transmit, ``[num_users]``."""
    sender: Tensor
    """Vectors of users who transmit, ``[num_users, dim]``."""
    receiver: Tensor
    """Vectors of users who are infected, ``[num_users, dim]``."""

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
        super().__init__(
            dim=dim,
            iterations=iterations,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            min_probability=min_probability,
            seed=seed,
        )
        for name, value in (("dim", dim), ("iterations", iterations)):
            if value < 1:
                raise UsageError(f"EmbeddedIC: {name}={value}, must be at least 1.")
        if not learning_rate > 0:
            raise UsageError(f"EmbeddedIC: learning_rate={learning_rate}, must be above 0.")
        if not weight_decay >= 0:
            raise UsageError(f"EmbeddedIC: weight_decay={weight_decay}, must be 0 or more.")
        if not 0 < min_probability <= 1:
            raise UsageError(f"EmbeddedIC: min_probability={min_probability}, must be above 0 and at most 1.")
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
        table, _ = observed(dataset, None)
        found = self._possible(dataset)
        num_users = table.num_users
        often = torch.bincount(table.user, minlength=num_users).double()
        not_later = _not_later(table)
        generator = torch.Generator().manual_seed(self.seed)
        sender, receiver = (torch.randn(num_users, self.dim, generator=generator) * 0.1 for _ in range(2))
        # At first the probabilities are about as high as transmissions are frequent.
        base = found.num_infections / float(often.sum() * max(1, num_users - 1))
        start = -math.log(base / (1 - base)) if base < 1 else 0.0
        bias = torch.full((num_users,), start - 0.02 * self.dim)
        parameters = [nn.Parameter(value) for value in (bias, sender, receiver)]
        optimizer = torch.optim.Adam(parameters, lr=self.learning_rate)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(0.01, 1 - step / self.iterations))
        ptr = torch.searchsorted(found.edge_index[0].contiguous(), torch.arange(num_users + 1))
        active = (often > 0).nonzero().view(-1)
        bar = Console(stderr=True)
        shown = self.progress and bar.is_terminal
        self.bias, self.sender, self.receiver = (value.data for value in parameters)
        for _ in track(range(self.iterations), "embedding", console=bar, disable=not shown):
            success = self._successes(found, _scores(bias, sender, receiver, found.edge_index)).float()
            for parameter in parameters:
                parameter.grad = self.weight_decay * parameter.data if parameter.dim() > 1 else torch.zeros_like(bias)
            for users in active.split(max(1, PAIRS // num_users)):
                edge, bounds = expand_ranges(ptr[users], ptr[users + 1])
                row = segment_ids(bounds)
                tried = (often[users, None] - not_later.rows(users)).float()
                tried[torch.arange(users.numel()), users] = 0
                # The derivative by the logit of failure: expected successes, less those of as many attempts.
                score = _all_scores(bias[users], sender[users], receiver).clamp_(max=FAR)
                slope = tried.mul_(torch.sigmoid(-score)).neg_()
                slope[row, found.edge_index[1, edge]] += success[edge]
                self._add_gradient(parameters, users, slope)
            optimizer.step()
            scheduler.step()
        return self._network(found.edge_index, active, dataset.seen)

    def _possible(self, dataset: CascadeDataset) -> Transmissions:
        return Transmissions.from_table(*observed(dataset, None), _ANY_DELAY)

    def _attribute(self, found: Transmissions, weight: Tensor) -> Tensor:
        return self._successes(found, torch.log1p(-weight) - weight.log())

    @staticmethod
    def _add_gradient(parameters: list[nn.Parameter], users: Tensor, slope: Tensor) -> None:
        """Adds the gradient of some senders' rows, given the derivative by their logits, ``[B, num_users]``."""
        bias, sender, receiver = parameters
        assert bias.grad is not None
        assert sender.grad is not None
        assert receiver.grad is not None
        z, w, total = sender.data[users], receiver.data, slope.sum(1)
        bias.grad[users] += total
        sender.grad[users] += 2 * (total[:, None] * z - slope @ w)
        receiver.grad += 2 * (slope.sum(0)[:, None] * w - slope.T @ z)

    def _network(self, edge_index: Tensor, active: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """The pairs that co-occur, and those of other users whom training saw that are likely enough."""
        num_users = seen.numel()
        keys = [edge_index[0] * num_users + edge_index[1]]
        highest = (
            math.log(self.min_probability) - math.log1p(-self.min_probability) if self.min_probability < 1 else 0.0
        )
        for users in active.split(max(1, PAIRS // num_users)):
            if self.min_probability == 1:
                break
            near = (-_all_scores(self.bias[users], self.sender[users], self.receiver) >= highest) & seen
            near[torch.arange(users.numel()), users] = False
            row, other = near.nonzero(as_tuple=True)
            keys.append(users[row] * num_users + other)
        key = torch.unique(torch.cat(keys))
        edge_index = torch.stack([key // num_users, key % num_users])
        chance = torch.sigmoid(-_scores(self.bias, self.sender, self.receiver, edge_index).double())
        return edge_index[:, chance > 0], chance[chance > 0]

    @staticmethod
    def _successes(found: Transmissions, score: Tensor) -> Tensor:
        """Expected successes along each edge, ``[M]`` float64, given the logits ``score`` of failure."""
        score = score.double()
        fail = -nn.functional.softplus(-score)  # log of 1 - P
        nobody = torch.bincount(found.infection, fail[found.edge], minlength=found.num_infections)
        share = torch.sigmoid(-score)[found.edge] / -torch.expm1(nobody)[found.infection]
        return found.per_edge(share)


def _scores(bias: Tensor, sender: Tensor, receiver: Tensor, edge_index: Tensor) -> Tensor:
    """Logits of failure along edges, ``[M]``, which are in order of their senders."""
    num_users = bias.numel()
    parts = [bias[:0]]
    for users in torch.arange(num_users).split(max(1, PAIRS // num_users)):
        first, last = torch.searchsorted(edge_index[0].contiguous(), torch.stack([users[0], users[-1] + 1])).tolist()
        u, v = edge_index[:, first:last]
        # All of a block and then some of it: a product of matrices costs less than rows for each edge.
        parts.append(_all_scores(bias[users], sender[users], receiver)[u - users[0], v])
    return torch.cat(parts)


def _all_scores(bias: Tensor, z: Tensor, receiver: Tensor) -> Tensor:
    """Logits of failure of some senders with all users, ``[B, num_users]``."""
    distance = z.square().sum(1, keepdim=True) + receiver.square().sum(1) - 2 * z @ receiver.T
    return bias[:, None] + distance


def _not_later(table: CascadeTable) -> PairCounts:
    """Cascades in which the second user is infected no later than the first, who tries nothing then."""
    counts = PairCounts(table.num_users)
    for earlier, later in ordered_pairs(table.ptr, PORTION):
        counts.add(table.user[later], table.user[earlier])
        tied = (table.time[earlier] == table.time[later]).nonzero().view(-1)
        counts.add(table.user[earlier[tied]], table.user[later[tied]])
    return counts


class _AnyDelay(DelayFamily):
    """One attempt, whatever the delay: the exposure counts attempts."""

    def inverse_survival(self, survival: Tensor, weight: Tensor) -> Tensor:
        raise NotImplementedError

    def log_survival(self, delay: Tensor, weight: Tensor) -> Tensor:
        return -torch.ones_like(delay)

    def log_hazard(self, delay: Tensor, weight: Tensor) -> Tensor:
        return torch.zeros_like(delay)


_ANY_DELAY = _AnyDelay()
