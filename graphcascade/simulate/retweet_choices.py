from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["choose_retweets"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

BLOCK = 256  # retweets that do not see each other
FEED = 100  # newest tweets of a feed that a user chooses among
CAPACITY = 128  # entries of a feed that are kept: a tweet that several followees passed on has several
FEED_SHARE = 0.9
UNIFORM, TRENDING = 20, 10  # candidates outside of the feed
RECENT = 500  # last posts and retweets, from which trending tweets are drawn


def choose_retweets(
    user: Ints,
    time: Floats,
    follower: Ints,
    followee: Ints,
    author: Ints,
    post_time: Floats,
    taste: Floats,
    content: Floats,
    rng: np.random.Generator,
) -> Ints:
    """Chooses the tweet of each retweet, in the order of time; see :func:`simulate_retweets`.

    A user never retweets a tweet twice, nor an own one, nor one that is not posted yet.

    Args:
        user: User of each retweet, ``[R]``.
        time: Time of each retweet, ``[R]``, never decreasing.
        follower, followee: Ends of the links, ``[S]``.
        author: Author of each tweet, ``[T]``.
        post_time: Time of each tweet, ``[T]``, never decreasing.
        taste: Effective taste of each user, ``[U, D]``.
        content: Content of each tweet, ``[T, D]``.
        rng: Random generator.

    Returns:
        Tweets, ``[R]``; -1 where no candidate is left.
    """
    num_users, num_tweets = taste.shape[0], author.size
    taste, content = taste.astype(np.float32), content.astype(np.float32)
    feeds = _Feeds(follower, followee, num_users)
    tweet = np.full(user.size, -1, dtype=np.int64)
    seen: Ints = np.empty(0, dtype=np.int64)  # sorted keys of the retweets so far
    recent: Ints = np.empty(0, dtype=np.int64)
    posted = 0
    for begin in range(0, user.size, BLOCK):
        rows = np.arange(begin, min(begin + BLOCK, user.size))
        newly = np.arange(posted, np.searchsorted(post_time, time[begin]))
        feeds.push(author[newly], newly)
        posted += newly.size
        recent = np.append(recent, newly)[-RECENT:]
        # A user's second retweet of the block comes after the first, so that it is another tweet.
        for now in _by_occurrence(user, rows):
            candidate = _candidates(feeds, user[now], posted, recent, rng)
            key = user[now][:, None] * num_tweets + candidate
            valid = (candidate >= 0) & (author[candidate] != user[now][:, None]) & ~_contains(seen, key)
            valid[:, :CAPACITY] &= np.cumsum(valid[:, :CAPACITY], axis=1) <= FEED
            in_feed = rng.random(now.size) < FEED_SHARE
            # If nothing is left in the feed, or outside of it, the user looks at the other side.
            feed, outside = valid[:, :CAPACITY].any(1), valid[:, CAPACITY:].any(1)
            in_feed = (in_feed & feed) | ~outside
            valid[:, :CAPACITY] &= in_feed[:, None]
            valid[:, CAPACITY:] &= ~in_feed[:, None]
            score = np.einsum("bd,bcd->bc", taste[user[now]], content[candidate])
            score = np.where(valid, score + rng.gumbel(size=score.shape), -np.inf)
            best = score.argmax(1)
            found = valid.any(1)
            tweet[now[found]] = candidate[np.arange(now.size), best][found]
            seen = np.sort(np.append(seen, (user[now] * num_tweets + tweet[now])[found]))
        done = rows[tweet[rows] >= 0]
        feeds.push(user[done], tweet[done])
        recent = np.append(recent, tweet[done])[-RECENT:]
    return tweet


def _candidates(feeds: _Feeds, user: Ints, posted: int, recent: Ints, rng: np.random.Generator) -> Ints:
    """Returns the feeds, newest first, then the candidates outside of them, ``[B, CAPACITY + 30]``; -1 for none."""
    uniform = rng.integers(posted, size=(user.size, UNIFORM)) if posted else np.full((user.size, UNIFORM), -1)
    trending = rng.choice(recent, (user.size, TRENDING)) if recent.size else np.full((user.size, TRENDING), -1)
    feed = _without_repeats(feeds.newest(user))
    return np.concatenate([feed, _without_repeats(np.concatenate([uniform, trending], axis=1))], axis=1)


class _Feeds:
    """The newest entries of each user's feed, in a ring."""

    def __init__(self, follower: Ints, followee: Ints, num_users: int) -> None:
        order = np.argsort(followee, kind="stable")
        self.follower = follower[order]
        self.ptr = np.append(0, np.cumsum(np.bincount(followee, minlength=num_users)))
        reader = np.full(num_users, -1, dtype=np.int64)
        ids = np.unique(follower)
        reader[ids] = np.arange(ids.size)
        self.reader = reader  # row of the ring of each user who follows somebody
        self.entries = np.full((ids.size, CAPACITY), -1, dtype=np.int32)
        self.count = np.zeros(ids.size, dtype=np.int64)

    def push(self, source: Ints, tweet: Ints) -> None:
        """Adds tweets to the feeds of the followers of their sources, in this order."""
        size = self.ptr[source + 1] - self.ptr[source]
        if size.sum() == 0:
            return
        event = np.arange(source.size).repeat(size)
        offset = np.arange(event.size) - (np.cumsum(size) - size).repeat(size)
        row = self.reader[self.follower[self.ptr[source][event] + offset]]
        order = np.argsort(row, kind="stable")
        row, event = row[order], event[order]
        rows, start, counts = np.unique(row, return_index=True, return_counts=True)
        rank = np.arange(row.size) - start.repeat(counts)
        kept = rank >= (counts - CAPACITY).repeat(counts)  # later entries overwrite earlier ones anyway
        self.entries[row[kept], (self.count[row] + rank)[kept] % CAPACITY] = tweet[event[kept]]
        self.count[rows] += counts

    def newest(self, user: Ints) -> Ints:
        """Returns the feeds of users, newest first, ``[B, CAPACITY]``, -1 for no entry."""
        row = self.reader[user]
        if self.count.size == 0:
            return np.full((user.size, CAPACITY), -1, dtype=np.int64)
        position = (self.count[row][:, None] - 1 - np.arange(CAPACITY)) % CAPACITY
        return np.where(row[:, None] < 0, -1, self.entries[row[:, None], position]).astype(np.int64)


def _without_repeats(candidate: Ints) -> Ints:
    """Replaces all but the first occurrence of each value in a row by -1."""
    order = np.argsort(candidate, axis=1, kind="stable")
    ordered = np.take_along_axis(candidate, order, axis=1)
    repeated = np.zeros(candidate.shape, dtype=bool)
    np.put_along_axis(repeated, order[:, 1:], ordered[:, 1:] == ordered[:, :-1], axis=1)
    return np.where(repeated, -1, candidate)


def _by_occurrence(user: Ints, rows: Ints) -> list[Ints]:
    """Divides rows so that no user is twice in a group; the earlier rows of a user are in earlier groups."""
    order = np.argsort(user[rows], kind="stable")
    _, start, counts = np.unique(user[rows][order], return_index=True, return_counts=True)
    rank = np.empty(rows.size, dtype=np.int64)
    rank[order] = np.arange(rows.size) - start.repeat(counts)
    return [rows[rank == number] for number in range(int(counts.max()))]


def _contains(ordered: Ints, key: Ints) -> Bools:
    if ordered.size == 0:
        return np.zeros(key.shape, dtype=bool)
    position = np.minimum(np.searchsorted(ordered, key), ordered.size - 1)
    found: Bools = ordered[position] == key
    return found
