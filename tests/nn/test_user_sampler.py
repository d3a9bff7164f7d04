"""Candidates for a loss over many users."""

from __future__ import annotations

import math

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.nn import UserSampler

COUNT = torch.tensor([0, 1, 7, 2, 30, 0, 3])


def test_users_are_drawn_in_proportion_to_a_power_of_their_smoothed_frequency() -> None:
    sampler = UserSampler(COUNT, 5, power=0.5)
    share = [math.sqrt(count + 1) for count in COUNT.tolist()]
    expected = torch.tensor([value / sum(share) for value in share], dtype=torch.float64)
    torch.testing.assert_close(sampler.probability(torch.arange(7)), expected)
    generator = torch.Generator().manual_seed(0)
    draws, total = 4_000, torch.zeros(7, dtype=torch.float64)
    for _ in range(draws):
        candidates = sampler.draw(generator)
        assert bool((candidates.user.diff() > 0).all())
        # exp(log_weight) is the number of draws, divided by the expected number, 5 * expected.
        number = candidates.log_weight.exp() * 5 * expected[candidates.user]
        assert float(number.sum()) == pytest.approx(5)
        total.index_add_(0, candidates.user, number)
    deviation = (5 * expected / draws).sqrt()  # of independent draws; that of stratified ones is smaller
    assert bool(((total / draws - 5 * expected).abs() < 5 * deviation).all())


def test_weighted_sums_over_candidates_have_the_sum_over_all_users_as_their_mean() -> None:
    value = torch.tensor([3.0, -1.0, 0.5, 2.0, 1.0, 4.0, -2.0], dtype=torch.float64)
    sampler, generator = UserSampler(COUNT, 3), torch.Generator().manual_seed(1)
    sums = []
    for _ in range(20_000):
        candidates = sampler.draw(generator)
        sums.append(float((candidates.log_weight.exp() * value[candidates.user]).sum()))
    result = torch.tensor(sums, dtype=torch.float64)
    assert float(result.mean()) == pytest.approx(float(value.sum()), abs=5 * float(result.std()) / math.sqrt(20_000))


def test_as_many_draws_as_users_who_are_drawn_alike_are_all_users() -> None:
    candidates = UserSampler(COUNT, 7, power=0.0).draw()
    assert candidates.user.tolist() == list(range(7))
    torch.testing.assert_close(candidates.log_weight, torch.zeros(7, dtype=torch.float64), rtol=0, atol=1e-12)


def test_a_seed_fixes_the_draw_and_the_sampler_has_no_state_to_save() -> None:
    sampler = UserSampler(COUNT, 4)
    torch.manual_seed(3)
    first = sampler.draw()
    assert not all(sampler.draw().user.equal(first.user) for _ in range(20))
    torch.manual_seed(3)
    second = sampler.draw()
    assert first.user.equal(second.user)
    assert first.log_weight.equal(second.log_weight)
    assert sampler.state_dict() == {}
    assert str(sampler) == "UserSampler(7, num_samples=4, power=1.0)"


def test_bad_arguments_raise_an_error() -> None:
    with pytest.raises(UsageError, match=r"UserSampler\(num_samples=0\): must be at least 1"):
        UserSampler(COUNT, 0)
    with pytest.raises(UsageError, match=r"power=-1.0\): must be 0 or more"):
        UserSampler(COUNT, 2, power=-1.0)
