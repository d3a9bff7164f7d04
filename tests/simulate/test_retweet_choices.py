import numpy as np

from graphcascade.simulate import retweet_choices
from graphcascade.simulate.retweet_choices import _by_occurrence, _Feeds, _without_repeats, choose_retweets


def test_feeds_match_a_plain_loop(monkeypatch):
    monkeypatch.setattr(retweet_choices, "CAPACITY", 5)
    rng = np.random.default_rng(0)
    follower, followee = np.array([0, 0, 1, 4]), np.array([2, 3, 2, 0])
    feeds = _Feeds(follower, followee, 5)
    expected = {user: [] for user in range(5)}
    for _ in range(20):
        source, tweet = rng.integers(5, size=4), rng.integers(9, size=4)
        feeds.push(source, tweet)
        for q, t in zip(source, tweet, strict=True):
            for p in follower[followee == q]:
                expected[p].append(t)
    newest = feeds.newest(np.arange(5))
    for user in range(5):
        filled = expected[user][::-1][:5]
        assert newest[user].tolist() == filled + [-1] * (5 - len(filled))


def test_choices_come_from_the_feed_and_never_from_the_future(monkeypatch):
    """Users 0 to 3 follow user 4, who posts the even tweets; user 5 posts the others."""
    monkeypatch.setattr(retweet_choices, "FEED_SHARE", 1.0)
    monkeypatch.setattr(retweet_choices, "BLOCK", 7)
    rng = np.random.default_rng(0)
    author = np.where(np.arange(200) % 2 == 0, 4, 5)
    post_time = np.arange(200.0)
    user = rng.integers(4, size=60)
    time = np.sort(rng.uniform(100, 200, 60))
    taste, content = rng.standard_normal((6, 8)), rng.standard_normal((200, 8))
    follower, followee = np.arange(4), np.full(4, 4)
    tweet = choose_retweets(user, time, follower, followee, author, post_time, taste, content, rng)
    assert (tweet % 2 == 0).all()
    assert (post_time[tweet] <= time).all()
    assert len(set(zip(user, tweet, strict=True))) == 60


def test_users_without_candidates_retweet_nothing():
    rng = np.random.default_rng(0)
    none = np.empty(0, dtype=np.int64)
    ones = np.ones((1, 2))
    tweet = choose_retweets(np.array([0]), np.array([5.0]), none, none, np.array([0]), np.array([1.0]), ones, ones, rng)
    assert tweet.tolist() == [-1]  # the only tweet is the user's own


def test_repeats_are_left_out():
    assert _without_repeats(np.array([[3, 1, 3, 3], [2, 2, 0, 1]])).tolist() == [[3, 1, -1, -1], [2, -1, 0, 1]]


def test_values_are_grouped_by_their_occurrence():
    groups = _by_occurrence(np.array([9, 7, 7, 8, 7, 8]), np.arange(1, 6))
    assert [group.tolist() for group in groups] == [[1, 3], [2, 5], [4]]
