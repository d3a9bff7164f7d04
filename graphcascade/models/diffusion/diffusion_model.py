from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.models.diffusion.link_statistics import LinkStatistics
from graphcascade.models.diffusion.target_shares import divide_links
from graphcascade.models.diffusion.transmissions import Transmissions
from graphcascade.models.fittable_model import FittableModel
from graphcascade.simulate.delays import Delays

__all__ = ["DiffusionModel"]


class DiffusionModel(FittableModel):
    """Base class of models that infer a weighted network and predict cascades by simulating them on it.

    :meth:`fit` infers the network, which is then :attr:`graph`.

    A prediction simulates the process of the model: an infected user transmits along each edge after a random delay, as
    in :func:`~graphcascade.simulate.simulate_cascades`. Simulations have no horizon unless one is given.
    """

    uses_follow_graph: bool = False
    """Whether the model learns the weights of the links of the follow graph, and needs one."""
    delays: Delays
    """Family of the delays, which defines the meaning of ``edge_weight`` and how cascades spread."""
    edge_index: Tensor
    """Inferred edges in the direction of transmission, ``[2, M]``."""
    edge_weight: Tensor
    """Their rates or probabilities, ``[M]`` float64, positive."""
    source_count: Tensor
    """Number of training cascades that each user began, ``[num_users]`` int64; empty in older files."""
    observation: Tensor
    """Horizon of the training cascades and shortest power-law delay, ``[2]`` float64; NaN for none."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.empty(0, dtype=torch.bool))
        self.register_buffer("edge_index", torch.empty(2, 0, dtype=torch.long))
        self.register_buffer("edge_weight", torch.empty(0, dtype=torch.float64))
        self.register_buffer("source_count", torch.empty(0, dtype=torch.long))
        self.register_buffer("observation", torch.full((2,), math.nan, dtype=torch.float64))

    @property
    def predicts_cascades(self) -> bool:
        return True

    @property
    def graph(self) -> Data:
        """The inferred network: ``edge_index``, ``edge_weight``, ``num_nodes``.

        Its attributes ``delays``, ``time_unit``, ``horizon`` and ``min_delay`` describe the meaning of the weights and
        how long the training cascades were observed, as far as known, and ``source_count`` says how many of them each
        user began, so that :func:`~graphcascade.simulate.simulate_cascades` draws similar sources.

        Raises:
            UsageError: The model was not trained.
        """
        self.require_trained()
        graph = Data(edge_index=self.edge_index, edge_weight=self.edge_weight, num_nodes=self.num_users)
        graph.delays = self.delays
        if self.source_count.numel():
            graph.source_count = self.source_count
        horizon, min_delay = self.observation.tolist()
        if not math.isnan(horizon):
            graph.horizon = horizon
            if self.time_unit is not None:
                graph.time_unit = self.time_unit
        if not math.isnan(min_delay):
            graph.min_delay = min_delay
        return graph

    def _fit(self, train: CascadeDataset) -> None:
        self.edge_index, self.edge_weight = self._infer(train)
        self.observation = self._observation(train)
        self.source_count = torch.bincount(train.table.source, minlength=train.num_users)

    def expected_transmissions(self, dataset: CascadeDataset) -> Tensor:
        """Returns the expected number of transmissions along each edge, given who was infected when.

        This measures the evidence for an edge. It is at most the number of cascades in which the edge could have
        transmitted, and the relative standard error of a rate is about one over its square root.

        Args:
            dataset: Cascades of the same users, such as the training cascades.

        Returns:
            ``[M]`` float64, in the order of ``edge_index``.

        Raises:
            UsageError: The model was not trained, or its class does not define expected transmissions.
            DataError: No user is infected after another, in any cascade.
        """
        return self._expected_by_edge(self._own_transmissions(dataset), self.edge_weight)

    def link_statistics(self, dataset: CascadeDataset) -> LinkStatistics:
        r"""Returns what some cascades say about each edge: transmissions, gain in likelihood, interval of the weight.

        The gain of an edge is the log-likelihood with the edge minus that without it, while the weights of the others
        stay. An infection that no other edge explains would be impossible without the edge. So both likelihoods have a
        background: each user can also be infected from elsewhere, at a constant rate, which explains one in a hundred
        of the user's infections. With the hazard :math:`\lambda_k` of an infection, its background :math:`b_k` and the
        exposure :math:`X_e`, the gain of models with additive hazards is

        .. math::
            \sum_{k \in e} \log \frac{\lambda_k + b_k}{\lambda_k - \alpha_e h_{ek} + b_k} - \alpha_e X_e

        It is negative if the edge explains less than it predicts in vain.

        The interval is that of a Poisson count, namely of as many certain transmissions as would have the same
        relative standard error. This error comes from the Fisher information of all edges to the same user.

        Several processes share the users whom the edges lead to, see :mod:`graphcascade.processes`.

        Args:
            dataset: Cascades of the same users, such as the training cascades.

        Returns:
            The statistics, in the order of ``edge_index``.

        Raises:
            UsageError: The model was not trained, or its class does not define them.
            DataError: No user is infected after another, in any cascade.
        """
        self.require_trained()

        def describe(links: Tensor) -> tuple[Tensor, ...]:
            possible = self._possible_transmissions(dataset, self.edge_index[:, links])
            weight = self.edge_weight[links]
            interval = self._interval_by_edge(possible, weight) or ()
            return self._expected_by_edge(possible, weight), self._gain_by_edge(possible, weight), *interval

        return LinkStatistics(*divide_links(self.edge_index, dataset.table, describe))

    def _own_transmissions(self, dataset: CascadeDataset) -> Transmissions:
        """Returns the possible transmissions along the edges of the network."""
        self.require_trained()
        return self._possible_transmissions(dataset, self.edge_index)

    @abstractmethod
    def _infer(self, dataset: CascadeDataset) -> tuple[Tensor, Tensor]:
        """Infers edges ``[2, M]``, sorted, and their weights ``[M]`` float64."""

    def _possible_transmissions(self, dataset: CascadeDataset, edge_index: Tensor) -> Transmissions:
        """Returns the possible transmissions along some edges in some cascades, for :meth:`link_statistics`.

        The edges are all edges of the network to some users.
        """
        raise self._undefined("_possible_transmissions")

    def _expected_by_edge(self, possible: Transmissions, weight: Tensor) -> Tensor:
        """Returns the expected transmissions along the edges of ``possible`` with these weights, ``[M]``."""
        raise self._undefined("_expected_by_edge")

    def _gain_by_edge(self, possible: Transmissions, weight: Tensor) -> Tensor:
        """Returns the gain in log-likelihood of the edges of ``possible`` with these weights, ``[M]``."""
        raise self._undefined("_gain_by_edge")

    def _interval_by_edge(self, possible: Transmissions, weight: Tensor) -> tuple[Tensor, Tensor] | None:
        """Returns 95 % intervals of the weights, each end ``[M]``, or ``None`` if they are no free parameters."""
        return None

    def _undefined(self, method: str) -> UsageError:
        return UsageError(
            f"{type(self).__name__} does not define {method}(), so there is no evidence for its links; define it, or "
            "call link_evidence() without the model."
        )

    def _observation(self, dataset: CascadeDataset) -> Tensor:
        """Returns :attr:`observation` for a dataset."""
        return torch.full_like(self.observation, math.nan)

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.config.items())

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        for name in ("observation", "source_count"):  # older files have none
            state_dict.setdefault(prefix + name, getattr(self, name))
        # The numbers of users and edges are only known from the state dict.
        for name, own in list(self.named_buffers(recurse=False)):
            if prefix + name in state_dict and state_dict[prefix + name].dim() == own.dim():
                setattr(self, name, torch.empty_like(state_dict[prefix + name]))
        super()._load_from_state_dict(state_dict, prefix, *args)
