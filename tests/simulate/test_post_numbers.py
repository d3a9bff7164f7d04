import numpy as np
import pytest

from graphcascade.simulate.post_numbers import CRAWL_TIME_NAMES, NUMBER_NAMES, draw_numbers


def test_counts_of_the_crawl_say_something_about_popularity():
    rng = np.random.default_rng(0)
    popularity = rng.standard_normal(20_000)
    numbers = draw_numbers(np.arange(20_000), popularity, rng)
    assert numbers.shape == (20_000, len(NUMBER_NAMES))
    assert NUMBER_NAMES[5:] == CRAWL_TIME_NAMES
    columns = dict(zip(NUMBER_NAMES, numbers.T, strict=True))
    for name, correlation in (("total_views", 0.6), ("photo_count", 0.0), ("followers", 0.6)):
        assert np.corrcoef(np.log1p(columns[name]), popularity)[0, 1] == pytest.approx(correlation, abs=0.03)
    assert columns["is_pro"].mean() == pytest.approx(0.31, abs=0.02)
    assert np.isnan(columns["latitude"]).mean() == pytest.approx(0.7, abs=0.02)
    assert (columns["geo_accuracy"][np.isnan(columns["latitude"])] == 0).all()


def test_counts_belong_to_users():
    numbers = draw_numbers(np.array([0, 1, 0]), np.zeros(2), np.random.default_rng(0))
    assert (numbers[0, 5:] == numbers[2, 5:]).all()
    assert not (numbers[0, 5:] == numbers[1, 5:]).all()
