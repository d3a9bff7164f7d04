from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property

import torch
from torch_geometric.data import Data

from graphcascade.analysis import link_evidence
from graphcascade.data import CascadeDataset
from graphcascade.data.segments import num_pairs
from graphcascade.models import Netrate

__all__ = ["Study"]

logger = logging.getLogger(__name__)

MAX_PAIRS = 2_000_000  # pairs of events that a network is inferred from; takes about a minute


@dataclass(eq=False)
class Study:
    """What the sections of a page are made from; each result is computed when the first section asks for it.

    Args:
        dataset: All cascades. If their true network is known, the sections compare with it.
        max_epochs: Maximum number of training epochs of each model.
        seed: Random seed of the split, the weights and the simulations.
        progress: Show progress bars, on terminals.
    """

    dataset: CascadeDataset
    max_epochs: int = 15
    seed: int = 0
    progress: bool = False

    @cached_property
    def network_cascades(self) -> CascadeDataset:
        """The cascades that the network is inferred from: all, or the smallest ones if there are too many pairs."""
        size = self.dataset.table.size
        if num_pairs(self.dataset.table.ptr) <= MAX_PAIRS:
            return self.dataset
        order = size.argsort(stable=True)
        pairs = (size[order] * (size[order] - 1) // 2).cumsum(0)
        kept = order[: max(1, int((pairs <= MAX_PAIRS).sum()))].sort().values
        return self.dataset.index_select(kept)

    @cached_property
    def diffusion(self) -> Netrate:
        """The model of who infects whom."""
        torch.manual_seed(self.seed)
        model = Netrate(prune=True, progress=self.progress)
        model.fit(self.network_cascades)
        return model

    @cached_property
    def network(self) -> Data:
        """The inferred network with the evidence of each link."""
        return link_evidence(self.diffusion.graph, self.network_cascades, self.diffusion)
