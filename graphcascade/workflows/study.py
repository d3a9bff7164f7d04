from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.analysis import PermutationCheck, link_evidence, permutation_check, select_links
from graphcascade.data import CascadeDataset
from graphcascade.data.cascades.waits import long_wait
from graphcascade.data.segments import num_pairs
from graphcascade.errors import DataError
from graphcascade.models import Netrate
from graphcascade.options import NextUserOptions, SamplingOptions, TrainingOptions
from graphcascade.tasks import ModelComparison, Parts, compare_models
from graphcascade.tasks.table import TASKS
from graphcascade.trainers.next_user_trainer import NUM_SAMPLES, choose_num_samples

__all__ = ["Study"]

logger = logging.getLogger(__name__)

MAX_PAIRS = 2_000_000  # pairs of events that a network is inferred from; more take over a minute
MAX_PERMUTED_PAIRS = 20_000  # pairs of events; the inference is repeated with shuffled users if there are fewer
PERMUTATIONS = 19  # the least number that can show a probability of 5 %
MAX_SCORES = 5e8  # events times the users that each is compared with; one epoch with more takes minutes
MAX_RANKED = 2e8  # events times users of the validation cascades, and of the test cascades; more take minutes


@dataclass(eq=False)
class Study:
    """What the sections of a page are made from; each result is computed when a section first asks for it.

    Args:
        dataset: All cascades. If their true network is known, the sections compare with it.
        models: Names of the learned models to compare with counting; a few that suit the data if ``None``.
        max_epochs: Maximum number of training epochs of each model.
        budget: Minutes after which no further training begins.
        seed: Random seed of the split, the weights and the simulations.
        progress: Show progress bars, on terminals and in notebooks.
    """

    dataset: CascadeDataset
    models: Sequence[str] | None = None
    max_epochs: int = 30
    budget: float = 1.0
    seed: int = 0
    progress: bool = False

    @cached_property
    def options(self) -> NextUserOptions:
        """Options of the models of the next user, with the protocol that suits the data."""
        training, sampling = TrainingOptions(max_epochs=self.max_epochs), SamplingOptions(self.num_samples or None)
        options = NextUserOptions(training=training)
        task = TASKS["next-user"]
        # For a counting model: preparing for one that is trained in epochs also decides how it is trained.
        prepared: NextUserOptions = task.prepare(self.dataset, task.baselines[0], options)[1]
        return replace(prepared, sampling=sampling)

    @cached_property
    def num_samples(self) -> int:
        """Number of users from which the loss of learned models is estimated; 0 if all users are compared."""
        number, users = choose_num_samples(None, self.dataset.num_users), self.dataset.num_users
        large = self.dataset.table.num_events * users > MAX_SCORES
        return NUM_SAMPLES if number == 0 and large and users > NUM_SAMPLES else number

    @cached_property
    def whole_parts(self) -> Parts[CascadeDataset]:
        """All cascades for training, validation and test."""
        return TASKS["next-user"].split(self.dataset, self.options, self.seed)

    @cached_property
    def parts(self) -> Parts[CascadeDataset]:
        """The cascades that models are trained, chosen and tested on: of the last two, a sample if there are many."""
        whole = self.whole_parts
        return Parts(whole.train, self._sample(whole.val), self._sample(whole.test))

    def _sample(self, part: CascadeDataset) -> CascadeDataset:
        """Returns a random sample of cascades after whose events all users can be ranked in time; all if they can."""
        if part.table.num_events * part.num_users <= MAX_RANKED:
            return part
        order = torch.randperm(len(part), generator=torch.Generator().manual_seed(self.seed))
        count = int((part.table.size[order].cumsum(0) * part.num_users <= MAX_RANKED).sum())
        return part.index_select(order[: max(1, count)].sort().values)

    @cached_property
    def compared(self) -> Sequence[str] | None:
        """The learned models to compare: none if their training would take long, and the user did not name any.

        It takes long if there are too many events even with a loss that is estimated from some users.
        """
        users = self.num_samples or self.dataset.num_users
        large = self.dataset.table.num_events * users > MAX_SCORES
        return [] if large and self.models is None else self.models

    @cached_property
    def comparison(self) -> ModelComparison:
        """Models and baselines of the next user, tested on the same cascades."""
        return compare_models(
            "next-user",
            self.dataset,
            self.compared,
            self.options,
            seeds=1,
            seed=self.seed,
            budget=self.budget,
            progress=self.progress,
            parts=self.parts,
        )

    @property
    def saved_notes(self) -> Mapping[str, Any]:
        """What is saved with the best model, as plain values."""
        return {**TASKS["next-user"].notes(self.options), "seed": self.seed}

    @property
    def saved_tensors(self) -> Mapping[str, Tensor]:
        """Tensors that are saved with the best model: none."""
        return {}

    @cached_property
    def longest_wait(self) -> float:
        """The time that is longer than 90 % of the waits between two successive events of a cascade.

        Raises:
            DataError: No cascade has two events.
        """
        wait = long_wait(self.dataset)
        if wait is None:
            raise DataError(f"{self.dataset.name}: no cascade has two events, so it is not known how long they pause.")
        return wait

    @cached_property
    def open_cascades(self) -> CascadeDataset:
        """The cascades that may still go on, the last ones first: their last event is recent.

        Raises:
            DataError: The times do not say which cascades are recent.
        """
        table = self.dataset.table
        if table.order_problem is not None:
            raise DataError(f"{self.dataset.name}: {table.order_problem}, so it is not known which cascades are open.")
        last = table.time[table.ptr[1:] - 1]
        order = last.argsort(descending=True, stable=True)
        return self.dataset.index_select(order[last[order] >= last.max() - self.longest_wait])

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
    def permutations(self) -> PermutationCheck | None:
        """The inferred network compared with those of shuffled cascades; ``None`` if this would take long."""
        if num_pairs(self.network_cascades.table.ptr) > MAX_PERMUTED_PAIRS:
            return None
        return permutation_check(self.diffusion, self.network_cascades, PERMUTATIONS, seed=self.seed)

    @cached_property
    def network(self) -> Data:
        """The inferred network with the evidence of each link, those with the most evidence first.

        Raises:
            DataError: There is no link.
        """
        graph = self.diffusion.graph
        if graph.num_edges == 0:
            raise DataError(f"{self.dataset.name}: no link between two users is likely enough.")
        return select_links(link_evidence(graph, self.network_cascades, self.diffusion))
