import numpy as np
import pytest

from graphcascade.simulate.post_arrays import LEVELS, POST_PRESETS, draw_posts, number_categories
from graphcascade.simulate.post_effects import recent_share


@pytest.fixture(scope="module")
def posts():
    return draw_posts(POST_PRESETS["claims"], 30_000, 1_875, 32, 0)


def test_the_hierarchy_has_the_sizes_of_smpd():
    parent = number_categories(np.random.default_rng(0))
    assert parent.size == 11 + 77 + 668
    assert (parent[:11] == -1).all()
    assert np.unique(parent[11:88]).tolist() == list(range(11))
    assert np.unique(parent[88:]).tolist() == list(range(11, 88))


def test_times_ascend_over_a_year_and_uploads_are_short(posts):
    gap = np.diff(posts.time)
    assert gap.min() >= 1
    assert posts.time[-1] - posts.time[0] == pytest.approx(365 * 86_400, rel=0.001)
    continues = posts.authors.continues[1:]
    assert gap[continues].mean() < 0.05 * gap[~continues].mean()


@pytest.mark.parametrize("preset", ["claims", "realistic"])
def test_neighbours_of_an_upload_share_their_noise_and_their_content(preset):
    posts = draw_posts(POST_PRESETS[preset], 20_000, 1_250, 16, 1)
    noise = posts.score - posts.expected
    later = np.flatnonzero(posts.authors.continues)
    assert noise.std() == pytest.approx(POST_PRESETS[preset].noise, abs=0.03)
    assert np.corrcoef(noise[later], noise[later - 1])[0, 1] == pytest.approx(0.8, abs=0.02)
    for vectors in (posts.image, posts.text):
        change = (vectors[later] - vectors[later - 1]).var()  # the rest of the vector is that of the concept
        assert change == pytest.approx(2 * (1 - 0.9), abs=0.01)


def test_vectors_have_a_common_direction_and_one_of_each_concept(posts):
    """Of the squared length, 32 are the content, 9 + 4 or 4 + 9 the category, and 32 the common direction."""
    for vectors, subcategory_length in ((posts.image, 3), (posts.text, 2)):
        common = vectors.mean(0)
        assert np.linalg.norm(common) == pytest.approx(np.sqrt(32), rel=0.2)
        concept = posts.authors.concept
        means = np.stack(
            [vectors[concept == k].mean(0) - common for k in range(LEVELS[2]) if (concept == k).sum() > 50]
        )
        assert np.median(np.linalg.norm(means, axis=1)) == pytest.approx(np.sqrt(13), rel=0.15)
        subcategory = posts.parent[88 + concept] - 11
        means = np.stack([vectors[subcategory == k].mean(0) - common for k in range(LEVELS[1])])
        assert np.median(np.linalg.norm(means, axis=1)) > 0.9 * subcategory_length


def test_more_recent_posts_of_the_subcategory_mean_a_higher_score(posts):
    """The factor is .9 on average; 6.4 is the mean whatever the seed."""
    subcategory = posts.parent[88 + posts.authors.concept]
    burst = recent_share(subcategory, 7, 0.85)
    slope = np.polyfit((burst - burst.mean()) / burst.std(), posts.expected, 1)[0]
    assert slope == pytest.approx(0.9, abs=0.25)
    assert posts.expected.mean() == pytest.approx(6.4)


def test_the_term_of_the_content_depends_on_the_category(posts):
    """Within a category, a linear regression on the image explains what r_category and tanh give, and not across."""
    category = posts.parent[posts.parent[88 + posts.authors.concept]]
    rest = posts.expected - posts.expected.mean()
    explained = []
    for number in range(LEVELS[0]):
        rows = category == number
        design = np.column_stack([posts.image[rows], np.ones(rows.sum())]).astype(np.float64)
        fit = design @ np.linalg.lstsq(design, rest[rows], rcond=None)[0]
        explained.append(fit.var() * rows.mean())
    design = np.column_stack([posts.image, np.ones(len(rest))]).astype(np.float64)
    across = (design @ np.linalg.lstsq(design, rest, rcond=None)[0]).var()
    assert sum(explained) - across > 0.4  # most of .75 squared
