from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from graphcascade.data import RetweetNetwork
from graphcascade.data.seed import check_seed
from graphcascade.data.segments import segment_positions, segment_ptr
from graphcascade.data.sorted_keys import contains
from graphcascade.errors import UsageError
from graphcascade.loader.negative_sampler import CandidateSet, NegativeSampler

__all__ = ["RankingCandidates", "draw_candidates"]


@dataclass(frozen=True, eq=False)
class RankingCandidates:
    """Tweets to rank for each user: retweets that are held out, and tweets that the user never retweeted.

    Args:
        user: Users, ``[E]`` int64, sorted.
        tweet: Tweets, ``[E]`` int64, different for each user.
        label: Whether the user retweeted the tweet, ``[E]`` bool.
        candidates: Name of the set of candidates.
        num_negatives: Negatives for each retweet.
        seed: Seed of the draw.
        users_without_followees: Users with held-out retweets who are left out, because they follow nobody.
        users_without_negatives: Users who are left out, because nothing that they did not retweet can be drawn.
        users_not_exposed: Users who are left out, because none of their tweets reached them through a followee.
        retweets_not_exposed: Retweets of other users that are left out for this reason.
        missing_negatives: Negatives that could not be drawn, because their users have too few candidates.
    """

    user: Tensor
    tweet: Tensor
    label: Tensor
    candidates: str
    num_negatives: int
    seed: int
    users_without_followees: int = 0
    users_without_negatives: int = 0
    users_not_exposed: int = 0
    retweets_not_exposed: int = 0
    missing_negatives: int = 0

    @property
    def num_users(self) -> int:
        """Number of users whose candidates are ranked."""
        return int(self.user.unique().numel())

    @property
    def positive_share(self) -> float:
        """Share of the candidates that were retweeted: the precision of a random order."""
        return float(self.label.double().mean())


def draw_candidates(
    part: RetweetNetwork, candidates: CandidateSet = "followees", num_negatives: int = 2, seed: int = 0
) -> RankingCandidates:
    """Draws the tweets to rank for each user of a validation or test part.

    Candidates are the retweets of the part and, for each of them, ``num_negatives`` different tweets that the user
    never retweeted or posted, in any part (AMNL paper, Section 3.1). Which tweets reached a user is taken from all
    parts as well: it defines the question, and no model sees it. So no retweet of the test is a negative of the
    validation, although the user had not made it by then.

    Args:
        part: The validation or test part of a split.
        candidates: ``"followees"``, the paper's: negatives are tweets that followees posted or retweeted. So negatives
            have reached the user, but not all retweets have, and a model that counts followees is misled.
            ``"exposed"``: the same, with only those retweets of tweets that reached the user through a followee.
            ``"uniform"``: negatives are drawn from all tweets. Users without followees are left out of the first two.
        num_negatives: Negatives for each retweet.
        seed: Seed of the draw.

    Returns:
        The candidates, and counts of what is left out.

    Raises:
        UsageError: The set is unknown; ``num_negatives`` is below 1; no user is left.
    """
    if num_negatives < 1:
        raise UsageError(argument="num_negatives", value=num_negatives, reason="must be at least 1")
    check_seed(seed)
    sampler = NegativeSampler(part.whole, candidates)
    user, tweet = part.supervised
    users = part.num_users
    held_out = torch.bincount(user, minlength=users) > 0
    followers = torch.ones(users, dtype=torch.bool) if candidates == "uniform" else sampler.exposure.has_followees
    able = sampler.num_candidates > 0
    kept = (followers & able)[user]
    reached = torch.ones_like(kept)
    if candidates == "exposed":
        reached = sampler.exposure.reaches(user, tweet)
    exposed_users = torch.bincount(user[kept & reached], minlength=users) > 0
    user, tweet = user[kept & reached], tweet[kept & reached]
    if user.numel() == 0:
        counts = {
            "follow nobody": int((held_out & ~followers).sum()),
            "have nothing that they did not retweet among their candidates": int((held_out & followers & ~able).sum()),
            "retweeted nothing that reached them through a followee": int((held_out & followers & able).sum()),
        }
        found = ", ".join(f"{count:,} {noun}" for noun, count in counts.items() if count)
        raise UsageError(
            argument="candidates",
            value=candidates,
            reason=f"no user of {part.name} is left to rank tweets for: of the users with held-out retweets, {found}; "
            + ("add tweets that they did not retweet" if candidates == "uniform" else "use other candidates, such as"),
            remedy=None if candidates == "uniform" else ("candidates", "uniform"),
        )
    wanted = num_negatives * torch.bincount(user, minlength=users)
    key = _draw_different(sampler, wanted.minimum(sampler.num_candidates), part.num_tweets, seed)
    owner = key.div(part.num_tweets, rounding_mode="floor")
    all_users = torch.cat([user, owner])
    label = torch.arange(all_users.numel()) < user.numel()
    order = torch.argsort(all_users, stable=True)
    return RankingCandidates(
        user=all_users[order],
        tweet=torch.cat([tweet, key - owner * part.num_tweets])[order],
        label=label[order],
        candidates=candidates,
        num_negatives=num_negatives,
        seed=seed,
        users_without_followees=int((held_out & ~followers).sum()),
        users_without_negatives=int((held_out & followers & ~able).sum()),
        users_not_exposed=int((held_out & followers & able & ~exposed_users).sum()),
        retweets_not_exposed=int((exposed_users[part.supervised[0]] & kept & ~reached).sum()),
        missing_negatives=int(wanted.sum()) - key.numel(),
    )


def _draw_different(sampler: NegativeSampler, wanted: Tensor, num_tweets: int, seed: int) -> Tensor:
    """Draws ``wanted[u]`` different tweets for each user u, and returns sorted keys ``u * num_tweets + tweet``."""
    generator = torch.Generator().manual_seed(seed)
    keys = torch.empty(0, dtype=torch.long)
    missing = wanted
    while bool((missing > 0).any()):
        # More than are missing, so that few rounds are needed where nearly all candidates are wanted.
        user = torch.arange(wanted.numel()).repeat_interleave(torch.where(missing > 0, 4 * missing + 8, 0))
        fresh = user * num_tweets + sampler.draw(user, generator)
        fresh = fresh[~contains(keys, fresh)]
        ordered, order = torch.sort(fresh, stable=True)
        first = torch.ones_like(ordered, dtype=torch.bool)
        first[1:] = ordered.diff() > 0
        fresh = fresh[order[first].sort().values]  # in the order of the draws, without repeats
        owner = fresh.div(num_tweets, rounding_mode="floor")
        position = segment_positions(segment_ptr(torch.bincount(owner, minlength=wanted.numel())))
        keys = torch.cat([keys, fresh[position < missing[owner]]]).sort().values
        counts = torch.bincount(keys.div(num_tweets, rounding_mode="floor"), minlength=wanted.numel())
        missing = wanted - counts
    return keys
