from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, UsageError
from graphcascade.models.diffusion.attempts import ANY_DELAY, NEXT_STEP
from graphcascade.models.diffusion.diffusion_model import DiffusionModel
from graphcascade.models.diffusion.probability_gains import probability_gains
from graphcascade.models.diffusion.target_shares import gather_links, own_targets
from graphcascade.models.diffusion.transmissions import Transmissions, ages, truncate_at_horizon
from graphcascade.models.diffusion.weight_intervals import count_interval, effective_transmissions
from graphcascade.models.registry import MODELS
from graphcascade.processes import sum_over_processes
from graphcascade.progress import track

__all__ = ["IndependentCascade"]

MIN_PROBABILITY = 1e-12  # smaller ones are 0
MAX_PROBABILITY = 1 - 1e-12  # so that logs of failures are finite


@MODELS.register("IndependentCascade")
class IndependentCascade(DiffusionModel):
    r"""Independent cascade model: transmission probabilities along the links of a follow graph.

    `Prediction of Information Diffusion Probabilities for Independent Cascade Model
    <https://doi.org/10.1007/978-3-540-85567-5_9>`_ (Saito et al., 2008). An infected user tries once to infect each
    follower who is not infected yet. Each step of expectation maximization sets, for the link from :math:`u` to
    :math:`v`,

    .. math::
        P_{uv} \leftarrow \frac{1}{S^+_{uv} + S^-_{uv}} \sum_{s \in S^+_{uv}} \frac{P_{uv}}{1 - \prod_x (1 - P_{xv})}

    with the number :math:`S^-_{uv}` of cascades in which the attempt certainly failed, those :math:`S^+_{uv}` in which
    it may have succeeded, and the product over all users :math:`x` who may have infected :math:`v` in the cascade
    :math:`s`. With a ``step``, an attempt takes one step of time, as in the paper: only users infected in the step
    before may have infected :math:`v`. Without it, all followees who were infected before may have.

    The links to a user do not depend on those to other users, so that several processes infer the links to different
    users and only exchange the likelihood of each step, see :mod:`graphcascade.processes`.

    Deviations from the paper: without ``step``, the order of the users decides, since few data have time steps; an
    infection without a possible cause is an additional root; users who are infected in the last step of the observation
    make no attempts; links of probability 0 are left out of the network.

    Args:
        step: Length of a time step after the source, in the time unit of the dataset. ``None`` for attempts that may
            succeed at any later time.
        max_iterations: Largest number of steps of expectation maximization.
        tolerance: Training ends when the log-likelihood per infection increases by less than this in a step.
        progress: Whether to show a progress bar on terminals and in notebooks.

    Raises:
        UsageError: A number is out of range.
    """

    delays = "discrete"
    uses_follow_graph = True

    def __init__(
        self,
        step: float | None = None,
        max_iterations: int = 1000,
        tolerance: float = 1e-8,
        progress: bool = False,
    ) -> None:
        super().__init__()
        if step is not None and not 0 < step < math.inf:
            raise UsageError(
                owner="IndependentCascade", argument="step", value=step, reason="must be above 0 and finite"
            )
        if max_iterations < 1:
            raise UsageError(
                owner="IndependentCascade", argument="max_iterations", value=max_iterations, reason="must be at least 1"
            )
        if not tolerance >= 0:
            raise UsageError(
                owner="IndependentCascade", argument="tolerance", value=tolerance, reason="must be 0 or more"
            )
        self.step = step
        self.max_iterations = max_iterations
        self.tolerance = tolerance
        self.progress = progress
        self.log_likelihood: list[float] = []
        """Log-likelihood of the training cascades before each step, and at the end."""

    def _infer(self, dataset: CascadeDataset) -> tuple[Tensor, Tensor]:
        follows = dataset.follow_graph
        if follows is None:
            raise UsageError(
                argument="follow_graph",
                reason=f"{dataset.name} has none, and IndependentCascade learns the probabilities of its links; give a "
                "file of links, such as",
                remedy=("follow_graph", "follows.csv"),
            )
        key = follows["edge_index"][0] * dataset.num_users + follows["edge_index"][1]
        key = torch.unique(key[follows["edge_index"][0] != follows["edge_index"][1]])
        edge_index = torch.stack([key // dataset.num_users, key % dataset.num_users])
        possible = self._possible_transmissions(dataset, edge_index, own_targets(dataset.table))
        count = possible.sum_by_edge(torch.ones_like(possible.hazard))
        possible = possible.select_edges(count > 0)
        if sum_over_processes([possible.num_infections]) == [0]:
            raise DataError(f"{dataset.name}: in no cascade is a user infected after one whom the user follows.")
        probability = self._maximize(possible)
        kept = probability > MIN_PROBABILITY
        return gather_links(possible.edge_index[:, kept], probability[kept])

    def _maximize(self, possible: Transmissions) -> Tensor:
        """Returns the probabilities of the highest likelihood, ``[M]`` float64."""
        count = possible.sum_by_edge(torch.ones_like(possible.hazard))
        failures = (possible.exposure - count).round()
        probability = (count / possible.exposure / 2).clamp(max=MAX_PROBABILITY)
        (num_infections,) = sum_over_processes([possible.num_infections])
        self.log_likelihood = likelihoods = []
        for _ in track(range(self.max_iterations), "inferring", self.progress):
            share, infected = _attribute(possible, probability)
            likelihoods.append(_log_likelihood(infected, failures, probability))
            gain = likelihoods[-1] - likelihoods[-2] if len(likelihoods) > 1 else math.inf
            if gain < self.tolerance * num_infections:
                return probability
            probability = (possible.sum_by_edge(share) / possible.exposure).clamp(max=MAX_PROBABILITY)
        infected = _attribute(possible, probability)[1]
        likelihoods.append(_log_likelihood(infected, failures, probability))
        return probability

    def _possible_transmissions(
        self, dataset: CascadeDataset, edge_index: Tensor, targets: Tensor | None = None
    ) -> Transmissions:
        table, end = truncate_at_horizon(dataset, None)
        if self.step is None:
            return Transmissions.from_table(table, end, ANY_DELAY, edge_index=edge_index, targets=targets)
        steps = torch.floor(ages(table) / self.step)
        table, end = replace(table, time=steps), torch.floor(end / self.step)
        return Transmissions.from_table(
            table, end, NEXT_STEP, edge_index=edge_index, background=ANY_DELAY, targets=targets
        )

    def _expected_by_edge(self, possible: Transmissions, weight: Tensor) -> Tensor:
        return possible.sum_by_edge(_attribute(possible, weight)[0])

    def _gain_by_edge(self, possible: Transmissions, weight: Tensor) -> Tensor:
        return probability_gains(possible, weight)

    def _interval_by_edge(self, possible: Transmissions, weight: Tensor) -> tuple[Tensor, Tensor]:
        # With a = -log(1 - P), an infection has the likelihood 1 - exp(-sum of a), whose log has these second
        # derivatives; failures have none.
        rate = -torch.log1p(-weight)
        total = torch.bincount(possible.infection, rate[possible.edge], minlength=possible.num_infections)
        share = rate[possible.edge] * ((total / 2).exp() / torch.expm1(total))[possible.infection]
        count = effective_transmissions(possible, share)
        lower, upper = (-torch.expm1(-rate * end / count) for end in count_interval(count))
        return lower, upper


def _log_likelihood(infected: Tensor, failures: Tensor, probability: Tensor) -> float:
    """Returns the log-likelihood of the infections and failures of all processes."""
    own = float(infected.log().sum() + (failures * torch.log1p(-probability)).sum())
    return sum_over_processes([own])[0]


def _attribute(possible: Transmissions, probability: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the probability that each possible transmission succeeded ``[P]``, and that each user was infected."""
    failure = torch.log1p(-probability)[possible.edge]
    infected = -torch.expm1(torch.bincount(possible.infection, failure, minlength=possible.num_infections))
    return probability[possible.edge] / infected[possible.infection], infected
