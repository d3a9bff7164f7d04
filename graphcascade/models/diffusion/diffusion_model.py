from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset, Split, as_dataset
from graphcascade.data.fingerprints import merge_fingerprints
from graphcascade.data.part_checks import check_training
from graphcascade.errors import UsageError
from graphcascade.models.diffusion.transmissions import Transmissions
from graphcascade.simulate.delays import Delays

__all__ = ["DiffusionModel"]


class DiffusionModel(nn.Module, ABC):
    """Infers a weighted network from cascades, and predicts by letting cascades spread on it.

    A cascade is predicted by simulations of the model's own process: whoever is infected transmits along each edge
    after a random delay, as in :func:`~graphcascade.simulate.simulate_cascades`. There is no horizon then, unless one
    is asked for there.

    Args:
        config: Arguments that make the same model again.
    """

    config: dict[str, Any]
    """Arguments that make the same model again."""
    delays: Delays
    """Family of the delays: what ``edge_weight`` means, and how cascades spread."""
    user_ids: npt.NDArray[np.object_] | None = None
    """Ids of the users, ``[num_users]`` strings."""
    time_unit: str | None = None
    """Unit of the times that the model was trained on, where it is known."""
    split: Split | None = None
    """The part of a split that the model was trained on, if it was one."""
    trained_on: Tensor | None = None
    """Fingerprints of the training cascades, ``[N]`` int64, sorted; see :mod:`graphcascade.data.fingerprints`."""
    notes: dict[str, Any] | None = None
    """What was saved with the model."""
    seen: Tensor
    """Users whom training saw, ``[num_users]`` bool."""
    edge_index: Tensor
    """Inferred edges, the way information flows, ``[2, M]``."""
    edge_weight: Tensor
    """Their rates or probabilities, ``[M]`` float64, positive."""
    observation: Tensor
    """Horizon of the training cascades, and shortest power-law delay, ``[2]`` float64; NaN where there is none."""

    def __init__(self, **config: Any) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("seen", torch.empty(0, dtype=torch.bool))
        self.register_buffer("edge_index", torch.empty(2, 0, dtype=torch.long))
        self.register_buffer("edge_weight", torch.empty(0, dtype=torch.float64))
        self.register_buffer("observation", torch.full((2,), math.nan, dtype=torch.float64))

    @property
    def num_users(self) -> int:
        """Number of users; 0 before training."""
        return self.seen.numel()

    @property
    def graph(self) -> Data:
        """What was inferred: ``edge_index``, ``edge_weight``, ``num_nodes``.

        Its attributes ``delays``, ``time_unit``, ``horizon`` and ``min_delay`` say what the weights mean, and how long
        the training cascades were observed, where this is known.

        Raises:
            UsageError: The model was never trained.
        """
        self.check_trained()
        graph = Data(edge_index=self.edge_index, edge_weight=self.edge_weight, num_nodes=self.num_users)
        graph.delays = self.delays
        horizon, min_delay = self.observation.tolist()
        if not math.isnan(horizon):
            graph.horizon = horizon
            if self.time_unit is not None:
                graph.time_unit = self.time_unit
        if not math.isnan(min_delay):
            graph.min_delay = min_delay
        return graph

    def check_trained(self) -> None:
        """Refuses to predict before training.

        Raises:
            UsageError: The model was never trained.
        """
        if self.num_users == 0:
            raise UsageError(f"{type(self).__name__} was not trained yet: fit it first.")

    def fit(self, dataset: CascadeDataset) -> Data:
        """Infers the network; the model keeps it as ``graph``.

        Args:
            dataset: Training cascades.

        Returns:
            See :attr:`graph`: ``edge_index`` ``[2, M]`` the way information flows, ``edge_weight`` ``[M]`` float64,
            ``num_nodes``.

        Raises:
            UsageError: The test part of a split.
            DataError: No user is infected after another, in any cascade.
        """
        dataset = as_dataset(dataset, "dataset")
        check_training(dataset)
        self.edge_index, self.edge_weight = self._infer(dataset)
        self.observation = self._observation(dataset)
        self.seen = dataset.seen
        self.user_ids = dataset.user_ids
        self.time_unit = dataset.time_unit
        self.split = dataset.split
        self.trained_on = merge_fingerprints(None, dataset.fingerprints)
        return self.graph

    def expected_transmissions(self, dataset: CascadeDataset) -> Tensor:
        """How many transmissions along each edge the model expects in some cascades, given who was infected when.

        This is the evidence for an edge: it is at most the number of cascades in which the edge could have transmitted,
        and the relative standard error of a rate is about one over its square root.

        Args:
            dataset: Cascades of the same users, such as those of the training.

        Returns:
            ``[M]`` float64, in the order of ``edge_index``.

        Raises:
            UsageError: The model was never trained.
            DataError: No user is infected after another, in any cascade.
        """
        self.check_trained()
        found = self._possible(dataset)
        own, others = (index[0] * self.num_users + index[1] for index in (self.edge_index, found.edge_index))
        found = found.only(torch.isin(others, own))
        edge = torch.searchsorted(own, found.edge_index[0] * self.num_users + found.edge_index[1])
        result = torch.zeros_like(self.edge_weight)
        result[edge] = self._attribute(found, self.edge_weight[edge])
        return result

    @abstractmethod
    def _infer(self, dataset: CascadeDataset) -> tuple[Tensor, Tensor]:
        """Edges ``[2, M]``, sorted, and their weights ``[M]`` float64."""

    def _possible(self, dataset: CascadeDataset) -> Transmissions:
        """All possible transmissions of some cascades; for :meth:`expected_transmissions`."""
        raise NotImplementedError

    def _attribute(self, found: Transmissions, weight: Tensor) -> Tensor:
        """Expected transmissions along the edges of ``found`` with these weights, ``[M]``."""
        raise NotImplementedError

    def _observation(self, dataset: CascadeDataset) -> Tensor:
        """See :attr:`observation`."""
        return torch.full_like(self.observation, math.nan)

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.config.items())

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        state_dict.setdefault(prefix + "observation", self.observation)  # earlier files have none
        # How many users and edges there are is known from the file only.
        for name, own in list(self.named_buffers(recurse=False)):
            if prefix + name in state_dict and state_dict[prefix + name].dim() == own.dim():
                setattr(self, name, torch.empty_like(state_dict[prefix + name]))
        super()._load_from_state_dict(state_dict, prefix, *args)
