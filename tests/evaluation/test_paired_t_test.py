from __future__ import annotations

import math

import pytest
import torch

from graphcascade.evaluation.paired_t_test import paired_t_test


@pytest.mark.parametrize(
    ("t", "freedom", "p"),
    [  # from tables of Student's distribution
        (12.706204736, 1, 0.05),
        (2.570581836, 5, 0.05),
        (4.032142984, 5, 0.01),
        (2.228138852, 10, 0.05),
        (0.699812061, 10, 0.5),
        (1.983971519, 100, 0.05),
    ],
)
def test_p_is_that_of_students_distribution(t: float, freedom: int, p: float) -> None:
    # Values with mean t and standard error 1.
    count = freedom + 1
    values = torch.arange(count).double()
    values = (values - values.mean()) / values.std() * math.sqrt(count) + t
    statistic, found = paired_t_test(values + 3, torch.full((count,), 3.0))
    assert statistic == pytest.approx(t)
    assert found == pytest.approx(p, rel=1e-6)
    assert paired_t_test(torch.full((count,), 3.0), values + 3) == pytest.approx((-t, p), rel=1e-6)


def test_p_is_that_of_the_normal_distribution_for_many_pairs() -> None:
    generator = torch.Generator().manual_seed(0)
    first, second = torch.randn(2, 400_000, generator=generator, dtype=torch.float64) + 0.001
    t, p = paired_t_test(first, second)
    assert p == pytest.approx(math.erfc(abs(t) / math.sqrt(2)), rel=1e-4)


def test_pairs_without_a_difference_have_no_test() -> None:
    same = torch.arange(5.0)
    assert all(math.isnan(value) for value in paired_t_test(same, same))
    assert all(math.isnan(value) for value in paired_t_test(same[:1], same[:1] + 1))
    assert paired_t_test(same + 1, same) == (math.inf, 0.0)
