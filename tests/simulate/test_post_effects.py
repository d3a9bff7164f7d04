import numpy as np
import pytest

from graphcascade.simulate.post_effects import autoregressive, drifts, recent_share, standardise


def test_recent_posts_of_the_same_group_count_as_in_a_plain_loop():
    group = np.random.default_rng(0).integers(3, size=40)
    expected = [
        sum(0.85 ** (back - 1) for back in range(1, 8) if post >= back and group[post - back] == group[post])
        for post in range(40)
    ]
    assert recent_share(group, 7, 0.85) == pytest.approx(np.array(expected))
    assert recent_share(np.array([1, 1]), 7, 0.85).tolist() == [0, 1]


def test_neighbours_have_the_given_correlation_and_variance_1():
    noise = np.random.default_rng(0).standard_normal(50_000)
    correlation = np.where(np.arange(50_000) % 2 == 1, 0.8, 0.0)
    process = autoregressive(noise, correlation)
    assert process.std() == pytest.approx(1, abs=0.02)
    assert np.corrcoef(process[::2], process[1::2])[0, 1] == pytest.approx(0.8, abs=0.01)
    assert np.corrcoef(process[1:-1:2], process[2::2])[0, 1] == pytest.approx(0, abs=0.02)


def test_rows_of_vectors_follow_the_same_equation():
    noise = np.random.default_rng(0).standard_normal((30, 2))
    correlation = np.append(0, np.full(29, 0.9))
    process = autoregressive(noise, correlation)
    for column in range(2):
        assert process[:, column] == pytest.approx(autoregressive(noise[:, column], correlation))
    assert process[1] == pytest.approx(0.9 * noise[0] + np.sqrt(1 - 0.81) * noise[1])


def test_a_drift_forgets_with_the_distance_between_the_posts_of_a_group():
    rng = np.random.default_rng(0)
    group = rng.integers(2, size=12)
    noise = rng.standard_normal(12)
    assert drifts(noise, group, 0.01) == pytest.approx(noise)  # without an overflow between two groups
    expected = noise.copy()
    last: dict[int, int] = {}
    for post in range(12):
        before = last.get(int(group[post]))
        if before is not None:
            rho = np.exp(-(post - before) / 400)
            expected[post] = rho * expected[before] + np.sqrt(1 - rho**2) * noise[post]
        last[int(group[post])] = post
    assert drifts(noise, group, 400) == pytest.approx(expected)


def test_standardised_values_have_mean_0_and_deviation_1():
    assert standardise(np.array([1.0, 3.0])).tolist() == [-1, 1]
