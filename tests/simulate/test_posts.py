import numpy as np
import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.simulate import simulate_posts
from graphcascade.simulate.post_arrays import POST_PRESETS, draw_posts


@pytest.fixture(scope="module")
def stream():
    return simulate_posts(num_posts=20_000, seed=1)


def test_labels_are_those_of_whole_views_and_near_those_of_smpd(stream):
    assert stream.validate()
    views = stream.to_views(stream.y.double())
    torch.testing.assert_close(views, views.round(), rtol=1e-5, atol=1e-3)
    assert views.min() == pytest.approx(1)
    assert float(stream.y.mean()) == pytest.approx(6.406, abs=0.05)
    assert float(stream.y.std()) == pytest.approx(2.473, abs=0.2)
    assert float((stream.y == 1).double().mean()) == pytest.approx(0.0134, abs=0.01)
    y = stream.y.numpy()
    lags = [np.corrcoef(y[lag:], y[:-lag])[0, 1] for lag in (1, 10, 100)]
    assert lags[0] > 0.15
    assert lags[0] > lags[1] > lags[2]


def test_the_stream_has_the_posts_that_are_drawn(stream):
    posts = draw_posts(POST_PRESETS["claims"], 20_000, 1_250, 32, 1)
    assert (stream.num_posts, stream.num_categories, stream.depth) == (20_000, 756, 3)
    assert stream.num_users == posts.authors.user.max() + 1 < 1_250
    assert (stream.category.numpy() == 88 + posts.authors.concept).all()
    assert stream.category_ids[[0, 11, 88]].tolist() == ["category 0", "subcategory 0", "concept 0"]
    assert stream["post"].x_image.dtype == torch.float16
    assert stream["post"].x_text[7].numpy() == pytest.approx(posts.text[7], abs=0.01)
    assert stream["post"].has_image.all()
    views = max(round(2 ** posts.score[3] - 1), 1)
    assert float(stream.y[3]) == pytest.approx(np.log2(1 + views))


def test_the_true_mean_has_a_lower_error_than_anything_else(stream):
    error = (stream.y - stream["post"].true_mean).abs().mean()
    assert float(error) == pytest.approx(np.sqrt(2 / np.pi), abs=0.03)  # of normal noise
    assert (stream["post"].true_mean >= 1).all()


def test_the_placebo_exchanges_parents_and_nothing_else(stream):
    placebo = simulate_posts(num_posts=20_000, seed=1, placebo=True)
    assert placebo.y.equal(stream.y)
    assert placebo.category.equal(stream.category)
    assert placebo["post"].x_image.equal(stream["post"].x_image)
    assert placebo.validate()
    same = (placebo.parent == stream.parent)[11:]
    assert same.double().mean() < 0.1
    assert torch.bincount(placebo.parent[88:]).equal(torch.bincount(stream.parent[88:]))


def test_the_seed_decides_the_stream(stream):
    again, other = (simulate_posts(num_posts=500, seed=seed, dim=8) for seed in (1, 2))
    assert again.fingerprints.equal(simulate_posts(num_posts=500, seed=1, dim=8).fingerprints)
    assert not other.y.equal(again.y)


def test_texts_depend_on_the_features():
    stream = simulate_posts(num_posts=3_000, num_users=200, dim=16, texts=True)
    assert stream["post"].title[5] == stream.category_ids[stream.category[5]]
    words = [{int(word.strip(".")[4:]) for word in text.split()} for text in stream["post"].text]
    x = stream["post"].x_text.double()
    x = torch.nn.functional.normalize(x - x.mean(0))
    near = (x @ x.T).fill_diagonal_(-1).argmax(1).tolist()
    rng = np.random.default_rng(0)
    shared, by_chance = (
        np.mean([len(words[post] & words[other]) for post, other in enumerate(others)])
        for others in (near, rng.integers(3_000, size=3_000))
    )
    assert shared > 3 * by_chance


def test_invalid_arguments_raise_an_error():
    with pytest.raises(UsageError, match="preset='claim': use 'claims' or 'realistic'"):
        simulate_posts("claim")
    with pytest.raises(UsageError, match="num_posts=3: must be at least 100"):
        simulate_posts(num_posts=3)
    with pytest.raises(UsageError, match="num_users=0: must be at least 1"):
        simulate_posts(num_posts=200, num_users=0)
    with pytest.raises(UsageError, match="dim=2: must be at least 4"):
        simulate_posts(num_posts=200, dim=2)
