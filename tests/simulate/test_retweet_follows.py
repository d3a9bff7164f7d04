import numpy as np
import pytest

from graphcascade.simulate.retweet_follows import _draw_degrees, draw_follows


def test_follow_links_have_the_given_counts_and_no_repeats():
    rng = np.random.default_rng(0)
    community = rng.integers(5, size=400)
    follower, followee = draw_follows(community, np.exp(rng.standard_normal(400)), 200, 1_500, rng)
    assert follower.size == 1_500
    assert len(set(zip(follower, followee, strict=True))) == 1_500
    assert (follower != followee).all()
    assert np.unique(follower).size == 200
    assert np.bincount(follower).max() == 100  # a quarter of the users at most
    assert (np.diff(follower) >= 0).all()
    # .8 from the own community, and a fifth of the others
    assert (community[follower] == community[followee]).mean() == pytest.approx(0.84, abs=0.08)


def test_visible_users_have_more_followers():
    rng = np.random.default_rng(0)
    visibility = np.ones(400)
    visibility[:10] = 50.0
    _, followee = draw_follows(np.zeros(400, dtype=np.int64), visibility, 200, 1_000, rng)
    followers = np.bincount(followee, minlength=400)
    assert followers[:10].mean() > 10 * followers[10:].mean()


@pytest.mark.parametrize(("count", "total", "most"), [(4_758, 29_501, 162), (10, 60, 20), (5, 5, 1)])
def test_degrees_have_the_given_sum_and_maximum(count, total, most):
    degree = _draw_degrees(count, total, most, np.random.default_rng(0))
    assert degree.sum() == total
    assert (degree.min(), degree.max()) == (min(degree), most)
    assert degree.min() >= 1
