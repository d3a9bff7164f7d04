"""Each function equals a plain loop over the earlier posts."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from graphcascade.data.posts.past_posts import last_values, moving_means, past_sums, recent_counts


def random_posts(count: int, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    group = torch.randint(-1, 5, (count,), generator=generator)
    value = torch.randn(count, generator=generator, dtype=torch.float64) - 3
    value[torch.rand(count, generator=generator) < 0.3] = math.nan
    return group, value


SIZES = [(0, 0), (1, 1), (2, 2), (60, 3), (61, 4)]


@pytest.mark.parametrize(("count", "seed"), SIZES)
@pytest.mark.parametrize("block", [None, 1, 7])
def test_past_sums_are_over_the_earlier_known_values_of_the_group(count: int, seed: int, block: int | None) -> None:
    group, value = random_posts(count, seed)
    until = None if block is None else torch.arange(count) // block * block
    total, number = past_sums(group, value, until)
    assert total.dtype == torch.float64
    for post in range(count):
        earlier = [
            float(value[other])
            for other in range(post if until is None else int(until[post]))
            if group[other] == group[post] >= 0 and not math.isnan(value[other])
        ]
        assert float(total[post]) == pytest.approx(sum(earlier), abs=1e-12)
        assert int(number[post]) == len(earlier)


@pytest.mark.parametrize(("count", "seed"), SIZES)
def test_last_values_are_the_latest_earlier_known_value_of_the_group(count: int, seed: int) -> None:
    group, value = random_posts(count, seed)
    last = last_values(group, value)
    for post in range(count):
        expected = math.nan
        for other in range(post):
            if group[other] == group[post] >= 0 and not math.isnan(value[other]):
                expected = float(value[other])
        assert float(last[post]) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(("count", "seed"), SIZES)
@pytest.mark.parametrize("length", [1, 3, 100])
def test_moving_means_are_over_the_last_posts_of_the_group_with_the_post(count: int, seed: int, length: int) -> None:
    group, first = random_posts(count, seed)
    value = torch.stack([first, random_posts(count, seed + 10)[1]], 1)
    mean = moving_means(group, value, length)
    for post in range(count):
        window = [other for other in range(post + 1) if group[other] == group[post]][-length:]
        if group[post] < 0:
            window = [post]
        for column in range(2):
            known = [float(value[other, column]) for other in window if not math.isnan(value[other, column])]
            expected = sum(known) / len(known) if known else math.nan
            assert float(mean[post, column]) == pytest.approx(expected, nan_ok=True, abs=1e-12)


@pytest.mark.parametrize(("count", "seed"), SIZES)
@pytest.mark.parametrize("length", [1, 7, 100])
def test_recent_counts_are_of_the_group_among_the_posts_just_before(count: int, seed: int, length: int) -> None:
    group, _ = random_posts(count, seed)
    counts = recent_counts(group, length)
    for post in range(count):
        before = range(max(0, post - length), post)
        assert int(counts[post]) == sum(1 for other in before if group[other] == group[post] >= 0)
