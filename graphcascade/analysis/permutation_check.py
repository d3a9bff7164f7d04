from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor

from graphcascade.analysis.shuffle_users import shuffle_users
from graphcascade.data import CascadeDataset
from graphcascade.data.seed import check_seed
from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation import NextUserProtocol, evaluate
from graphcascade.models import Markov, TrueHazards
from graphcascade.models.diffusion import DiffusionModel, rate_model
from graphcascade.processes import divide_work
from graphcascade.progress import track
from graphcascade.value_types import check_numbers

__all__ = ["PermutationCheck", "permutation_check"]

logger = logging.getLogger(__name__)

LEVEL = 0.05  # of the test of the whole network
PROTOCOL = NextUserProtocol("held out", split="random", ks=(1,))
MAX_USERS = 5_000  # of whom all are ranked after each event of the held-out cascades


@dataclass(frozen=True)
class PermutationCheck:
    """Compares an inferred network with those that are inferred from shuffled cascades.

    Args:
        links: Number of links of the network.
        shuffled_links: Number of links that are inferred from each set of shuffled cascades.
        gain: Sum of the positive gains in log-likelihood of the links.
        shuffled_gains: The same of the shuffled cascades.
        min_gain: Smallest gain from which on links are reliable: the shuffled cascades have at most
            ``false_discoveries`` as many links with such a gain. ``None`` if there is none.
        reliable_links: Number of links with at least this gain.
        false_discoveries: Expected share of the reliable links that are there by chance.
        seed: Seed of the first shuffle, and of the cascades that are held out; the next shuffle has the seed plus one,
            and so on.
        mrr: Mean reciprocal rank of the next user in a fifth of the cascades, if the network is inferred from the
            others; ``None`` if the model was not tested.
        mrr_before: The same with links from the event just before each infection, see
            :class:`~graphcascade.models.Markov`.
        mrr_error: The larger standard error of the two.
    """

    links: int
    shuffled_links: tuple[int, ...]
    gain: float
    shuffled_gains: tuple[float, ...] = field(repr=False)
    min_gain: float | None
    reliable_links: int
    false_discoveries: float
    seed: int
    mrr: float | None = None
    mrr_before: float | None = None
    mrr_error: float | None = None

    @property
    def permutations(self) -> int:
        """Number of shuffles."""
        return len(self.shuffled_links)

    @property
    def p_value(self) -> float:
        """Probability of so high a sum of gains by chance; at least one over the number of shuffles plus one."""
        return (1 + sum(gain >= self.gain for gain in self.shuffled_gains)) / (1 + self.permutations)

    @property
    def better_than_chance(self) -> bool:
        """Whether the network has reliable links, and as few shuffles as possible, or 5 %, have as high a gain."""
        return self.reliable_links > 0 and self.p_value <= self._level

    @property
    def _level(self) -> float:
        """Largest p-value of a network that is better than chance."""
        return max(LEVEL, 1 / (1 + self.permutations))

    @property
    def better_than_event_before(self) -> bool | None:
        """Whether it predicts the next user as well as links from the event before, up to the standard error."""
        if self.mrr is None or self.mrr_before is None or self.mrr_error is None:
            return None
        return self.mrr >= self.mrr_before - self.mrr_error

    @property
    def warning(self) -> str | None:
        """Says why the network cannot be trusted, or ``None`` if it can."""
        if not self.better_than_chance:
            reason = "networks inferred from shuffled cascades fit as well"
            if self.p_value <= self._level:
                reason = (
                    "networks inferred from shuffled cascades do not fit as well, but have links as strong as these"
                )
            return (
                f"The network is not better than chance: {reason} (p = {self.p_value:.2g}). Do not rely on its links."
            )
        if self.better_than_event_before is False:
            return (
                "The network is not better than links from the event before: on held-out cascades, these predict "
                f"the next user with an MRR of {self.mrr_before:.3f}, and the network with {self.mrr:.3f}. Try other "
                "delays."
            )
        return None

    def __str__(self) -> str:
        by_chance = sum(self.shuffled_links) / self.permutations
        text = (
            f"{self.links:,} links are inferred, and {by_chance:,.0f} on shuffled data (mean of {self.permutations} "
            f"shuffles, seed {self.seed}). "
        )
        if self.min_gain is not None:
            text += (
                f"From a gain of {self.min_gain:.1f} on, the network has {self.reliable_links:,} links, of which at "
                f"most {100 * self.false_discoveries:g} % are expected by chance."
            )
        else:
            text += f"No gain separates them with at most {100 * self.false_discoveries:g} % links by chance."
        if self.mrr is not None:
            text += (
                f" On held-out cascades, it predicts the next user with an MRR of {self.mrr:.3f}; links from the event "
                f"before have {self.mrr_before:.3f}."
            )
        return text


@check_numbers
def permutation_check(
    model: DiffusionModel,
    dataset: CascadeDataset,
    permutations: int = 20,
    false_discoveries: float = 0.05,
    seed: int = 0,
    progress: bool = False,
) -> PermutationCheck:
    """Infers networks from shuffled cascades, and compares them with the network of a model.

    A shuffle keeps times, sizes of cascades, and the number of cascades of each user, see :func:`shuffle_users`. With
    exponential and Rayleigh delays, the network is also inferred without a fifth of the cascades, and predicts the next
    user in these. A warning is logged if the network is not better than chance, or predicts worse than links from the
    event before. Several processes share the shuffles, see :mod:`graphcascade.processes`.

    Args:
        model: A model that infers networks. If it was not trained yet, a copy is fitted to the cascades.
        dataset: The cascades that the model was, or is to be, fitted to.
        permutations: Number of shuffles. Each takes as long as fitting the model; with fewer than 19, the network
            cannot be shown to be better than chance at the level of 5 %.
        false_discoveries: Share of the reliable links that may be there by chance, in (0, 1).
        seed: Seed of the first shuffle.
        progress: Whether to show a progress bar on terminals and in notebooks.

    Raises:
        UsageError: ``permutations`` is less than 1; ``false_discoveries`` is not in (0, 1); the model was fitted to
            other users.
        DataError: No user is infected after another, in any cascade.
    """
    if permutations < 1:
        raise UsageError(argument="permutations", value=permutations, reason="must be 1 or more")
    if not 0 < false_discoveries < 1:
        raise UsageError(argument="false_discoveries", value=false_discoveries, reason="must be above 0 and below 1")
    check_seed(seed + permutations)
    fitted = model if model.user_ids is not None else _fit(model, dataset)
    gain = fitted.link_statistics(dataset).gain

    def shuffle(share: slice) -> tuple[Tensor, Tensor]:
        gains = []
        for number in track(range(permutations)[share], "shuffling", progress):
            data = shuffle_users(dataset, seed + number)
            gains.append(_fit(model, data).link_statistics(data).gain)
        return torch.cat(gains), torch.tensor([each.numel() for each in gains])

    with _without_notes():
        shuffled_gain, shuffled_links = divide_work(permutations, shuffle)
        mrr, mrr_before, mrr_error = _held_out(model, dataset, seed) or (None, None, None)
    min_gain = _min_gain(gain, shuffled_gain, permutations, false_discoveries)
    links = shuffled_links.tolist()
    check = PermutationCheck(
        links=gain.numel(),
        shuffled_links=tuple(links),
        gain=_total(gain),
        shuffled_gains=tuple(_total(each) for each in shuffled_gain.split(links)),
        min_gain=min_gain,
        reliable_links=0 if min_gain is None else int((gain >= min_gain).sum()),
        false_discoveries=false_discoveries,
        seed=seed,
        mrr=mrr,
        mrr_before=mrr_before,
        mrr_error=mrr_error,
    )
    if check.warning is not None:
        logger.warning("%s: %s", dataset.name, check.warning)
    return check


def _fit(model: DiffusionModel, dataset: CascadeDataset) -> DiffusionModel:
    return type(model)(**{**model.config, **({"progress": False} if "progress" in model.config else {})}).fit(dataset)


@contextmanager
def _without_notes() -> Iterator[None]:
    """Leaves out the notes about each fit, which are those about the cascades themselves."""
    notes = logging.getLogger(rate_model.__name__)
    level = notes.level
    notes.setLevel(logging.WARNING)
    try:
        yield
    finally:
        notes.setLevel(level)


def _held_out(model: DiffusionModel, dataset: CascadeDataset, seed: int) -> tuple[float, float, float] | None:
    """Returns the MRR on held-out cascades of the model and of links from the event before, and the larger error.

    ``None`` if next users cannot be predicted with the model, or if there are too many users or too few cascades.
    """
    if model.delays not in ("exponential", "rayleigh") or dataset.num_users > MAX_USERS:
        return None
    try:
        train, _, test = dataset.splits("random", (0.8, 0.0, 0.2), seed)
        hazards = TrueHazards(_fit(model, train).graph, model.delays)
        hazards.remember(train)
        results = [evaluate(each, test, PROTOCOL) for each in (hazards, Markov(dataset.num_users).fit(train))]
    except DataError:
        return None
    own, before = (result["MRR"] for result in results)
    return own, before, max(result.error("MRR") for result in results)


def _total(gain: Tensor) -> float:
    return float(gain.clamp(min=0).sum())


def _min_gain(gain: Tensor, shuffled_gain: Tensor, permutations: int, false_discoveries: float) -> float | None:
    """Returns the smallest positive gain from which on few enough links are expected by chance, if there is one.

    One link is added to the number of those by chance, so that a few shuffles do not make one link reliable.
    """
    level = gain[gain > 0].sort(descending=True).values
    by_chance = shuffled_gain.sort().values
    above = by_chance.numel() - torch.searchsorted(by_chance, level)
    expected = (above + 1) / permutations
    passed = (expected <= false_discoveries * torch.arange(1, level.numel() + 1)).nonzero()
    return float(level[passed[-1]]) if passed.numel() else None
