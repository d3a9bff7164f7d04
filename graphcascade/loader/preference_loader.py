from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from graphcascade.data import RetweetNetwork
from graphcascade.data.seed import check_seed
from graphcascade.errors import UsageError
from graphcascade.loader.negative_sampler import CandidateSet, NegativeSampler
from graphcascade.loader.resumable_loader import ResumableLoader

__all__ = ["PreferenceBatch", "PreferenceLoader"]


class PreferenceBatch(NamedTuple):
    """Triples: each user prefers the first tweet to the second.

    Args:
        user: Users, ``[B]`` int64.
        positive: Tweets that the users retweeted, ``[B]`` int64.
        negative: Tweets that they did not retweet, ``[B]`` int64; ``[B, oversampling]`` if there is a choice.
    """

    user: Tensor
    positive: Tensor
    negative: Tensor


class PreferenceLoader(ResumableLoader[PreferenceBatch]):
    """Mini-batches of preference triples of a network of retweets (AMNL paper, Section 2.1).

    For each retweet, ``num_negatives`` triples are drawn anew in every epoch. Negatives are tweets that followees
    posted or retweeted. Users without such tweets get uniform negatives, because their vectors matter to
    followers; users who retweeted or posted all tweets are left out. Both are counted.

    Only the retweets of the part that is given are used, so that no held-out retweet of a followee shapes the
    negatives; a user's own held-out retweet may be drawn as one, as nobody knows it yet. The times of posts are
    ignored: a negative may be posted after the user's last training retweet.

    The triples of an epoch depend only on ``seed`` and the number of the epoch. A loader can be restarted in the middle
    of an epoch; see :class:`ResumableLoader`. Memory is that of the triples' numbers, and at most 128 MB of candidates.

    Args:
        network: The training part of a split, or a network whose retweets are all for training.
        batch_size: Triples in a batch.
        num_negatives: Triples for each retweet; the paper has two.
        candidates: Where negatives come from: ``"followees"`` as above; ``"exposed"`` is the same, with only those
            retweets of tweets that reached the user through a followee, except for users without followees;
            ``"uniform"`` draws from all tweets.
        shuffle: Whether to draw a new order in every epoch; without it, triples are sorted by user.
        seed: Seed of the negatives and of the orders.
        drop_last: Whether to leave out the triples that do not fill a batch.
        oversampling: Negatives that are drawn for each triple. With more than one, they are ``[B, oversampling]``, for
            models that choose among them; the memory grows by this factor.

    Raises:
        UsageError: A size is below 1; the set of candidates is unknown; no triple or no batch is left; the network is
            the validation or test part of a split.

    Example:
        >>> for user, positive, negative in PreferenceLoader(train, batch_size=8_192):
        ...     loss = (model(user, negative) - model(user, positive) + margin).relu().sum()
    """

    def __init__(
        self,
        network: RetweetNetwork,
        batch_size: int = 8_192,
        num_negatives: int = 2,
        candidates: CandidateSet = "followees",
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
        oversampling: int = 1,
    ) -> None:
        sizes = {"batch_size": batch_size, "num_negatives": num_negatives, "oversampling": oversampling}
        for argument, value in sizes.items():
            if value < 1:
                raise UsageError(owner="PreferenceLoader", argument=argument, value=value, reason="must be at least 1")
        check_seed(seed)
        if network.split is not None and network.split.part != "train":
            raise UsageError(
                f"{network.name}: this is the {network.split.part} part of a split; draw triples from the train part."
            )
        super().__init__(batch_size, drop_last)
        self.num_negatives = num_negatives
        self.oversampling = oversampling
        self.candidates = candidates
        self.shuffle = shuffle
        self.seed = seed
        self._sampler = NegativeSampler(network, candidates)
        self._uniform = self._sampler if candidates == "uniform" else NegativeSampler(network, "uniform")
        self._user, self._tweet = self._choose_positives(network)
        if len(self) == 0:
            reason = "it has no retweet to draw triples from"
            if self.num_triples:
                reason = f"drop_last=True leaves no batch of its {self.num_triples:,} triples; lower batch_size"
            raise UsageError(f"PreferenceLoader: {network.name}: {reason}.")

    def _choose_positives(self, network: RetweetNetwork) -> tuple[Tensor, Tensor]:
        user, tweet = network.supervised
        kept = self._uniform.num_candidates[user] > 0
        self.num_without_negatives = int((~kept).sum())
        """Retweets left out, because their users retweeted or posted all tweets."""
        if self.candidates == "exposed":
            exposure = self._sampler.exposure
            kept &= exposure.reaches(user, tweet) | ~exposure.has_followees[user]
        self.num_not_exposed = user.numel() - self.num_without_negatives - int(kept.sum())
        """Retweets left out, because their tweets reached the users through no followee; 0 except for "exposed"."""
        user, tweet = user[kept], tweet[kept]
        self._from_uniform = self._sampler.num_candidates[user] == 0
        self.num_uniform_users = user[self._from_uniform].unique().numel()
        """Users whose negatives are uniform, because none of their followees passed on anything they could reject."""
        return user, tweet

    @property
    def num_triples(self) -> int:
        """Number of triples of an epoch."""
        return self._user.numel() * self.num_negatives

    @property
    def num_examples(self) -> int:
        """Number of triples of an epoch."""
        return self.num_triples

    def _configuration(self) -> dict[str, int | str]:
        return {
            "retweets": self._user.numel(),
            "batch_size": self.batch_size,
            "num_negatives": self.num_negatives,
            "candidates": self.candidates,
            "shuffle": self.shuffle,
            "seed": self.seed,
            "drop_last": self.drop_last,
            "oversampling": self.oversampling,
        }

    def _batches(self, epoch: int, start: int) -> Iterator[PreferenceBatch]:
        generator = torch.Generator().manual_seed(self.seed + epoch)
        negative = self._draw(generator)
        count = self.num_triples
        order = torch.randperm(count, generator=generator) if self.shuffle else torch.arange(count)
        bounds = self._bounds().tolist()
        for low, high in pairwise(bounds[start:]):
            triple = self._own(order[low:high])
            row = triple.div(self.num_negatives, rounding_mode="floor")
            user, positive = (each.index_select(0, row) for each in (self._user, self._tweet))
            yield PreferenceBatch(user, positive, negative.index_select(0, triple))

    def _draw(self, generator: torch.Generator) -> Tensor:
        """Draws the negatives of an epoch, ``[num_triples]`` or ``[num_triples, oversampling]``."""
        repeats = self.num_negatives * self.oversampling
        user = self._user.repeat_interleave(repeats)
        negative = self._sampler.draw(user, generator)
        if self.num_uniform_users:
            row = self._from_uniform.repeat_interleave(repeats).nonzero().view(-1)
            negative[row] = self._uniform.draw(user[row], generator)
        return negative if self.oversampling == 1 else negative.view(-1, self.oversampling)
