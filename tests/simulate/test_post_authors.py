import numpy as np
import pytest

from graphcascade.simulate.post_authors import _draw_concept, _follow, draw_authors

SUBCATEGORY = np.repeat(np.arange(20), 5)  # of 100 concepts


@pytest.fixture(scope="module")
def authors():
    return draw_authors(20_000, 2_000, SUBCATEGORY, np.random.default_rng(0))


def test_an_upload_has_one_user_and_one_concept(authors):
    later = np.flatnonzero(authors.continues)
    assert authors.continues.mean() == pytest.approx(0.15, abs=0.01)
    assert (authors.user[later] == authors.user[later - 1]).all()
    assert (authors.concept[later] == authors.concept[later - 1]).all()


def test_users_return_after_twelve_posts_on_average(authors):
    """Of the posts that start an upload, about 45 % have a user of one of the 60 posts before, others by chance."""
    starts = np.flatnonzero(~authors.continues)
    starts = starts[starts >= 60]
    before = authors.user[starts[:, None] - np.arange(1, 61)]
    returned = (before == authors.user[starts][:, None]).any(1)
    assert returned.mean() == pytest.approx(0.55, abs=0.12)
    shuffled = np.random.default_rng(0).permutation(authors.user)
    by_chance = (shuffled[starts[:, None] - np.arange(1, 61)] == shuffled[starts][:, None]).any(1)
    assert returned.mean() - by_chance.mean() > 0.2


def test_users_keep_to_their_favourites_except_for_what_is_hot(authors):
    subcategory = SUBCATEGORY[authors.concept]
    busiest = np.bincount(authors.user).argmax()
    share = (
        np.sort(np.bincount(subcategory[authors.user == busiest], minlength=20))[::-1] / (authors.user == busiest).sum()
    )
    assert share[:3].sum() > 0.6
    assert share[3:].max() < 0.1


def test_all_users_post_and_few_post_much(authors):
    count = np.bincount(authors.user)
    assert count.min() >= 1
    assert np.sort(count)[-count.size // 10 :].sum() > 0.3 * count.sum()


def test_sources_are_followed_to_their_end():
    source = np.array([0, 0, 2, 1, 3, 2, 4])
    expected = []
    for post in range(source.size):
        while source[post] != post:
            post = source[post]
        expected.append(post)
    assert _follow(source).tolist() == expected == [0, 0, 2, 0, 0, 2, 0]


def test_concepts_are_of_the_wanted_subcategory_and_the_first_ones_are_frequent():
    subcategory = np.array([0, 1, 1, 1, 2, 2])
    wanted = np.random.default_rng(1).integers(3, size=30_000)
    concept = _draw_concept(wanted, subcategory, np.random.default_rng(2))
    assert (subcategory[concept] == wanted).all()
    share = np.bincount(concept[wanted == 1], minlength=6)[1:4] / (wanted == 1).sum()
    assert share == pytest.approx([6 / 11, 3 / 11, 2 / 11], abs=0.02)  # 1, 1/2 and 1/3
