from __future__ import annotations

import math

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.models import PoissonProcess
from tests.models.small_data import dataset_of, random_dataset

DATASET = dataset_of([[0, 1, 2], [3], [2, 1]], 4, [[0.0, 1.0, 4.0], [7.0], [10.0, 12.0]])


def test_rate_and_likelihood_match_those_by_hand() -> None:
    """The intervals are 1, 3 and 2."""
    model = PoissonProcess().fit(DATASET)
    assert float(model.rate) == 0.5
    assert float(model.horizon) == 3
    table = DATASET.table
    expected = [math.log(0.5) - 0.5 * interval for interval in (1, 3, 2)]
    assert model.log_prob(table.time, table.ptr).tolist() == pytest.approx(expected)
    assert model.log_likelihood(DATASET) == pytest.approx(sum(expected))


def test_mean_and_median_are_those_of_a_truncated_exponential_distribution() -> None:
    """Mean and median of a truncated exponential distribution."""
    model = PoissonProcess().fit(DATASET)
    table = DATASET.table
    survival = math.exp(-1.5)
    assert model.mean(table.time, table.ptr).tolist() == pytest.approx([2 - 3 * survival / (1 - survival)] * 6)
    assert model.median(table.time, table.ptr).tolist() == pytest.approx([-2 * math.log(1 - (1 - survival) / 2)] * 6)


def test_mean_and_median_without_a_horizon_are_those_of_an_exponential_distribution() -> None:
    model = PoissonProcess(math.inf).fit(DATASET)
    table = DATASET.table
    assert model.mean(table.time, table.ptr).tolist() == pytest.approx([2] * 6)
    assert model.median(table.time, table.ptr).tolist() == pytest.approx([2 * math.log(2)] * 6)


def test_rate_is_recovered() -> None:
    torch.manual_seed(0)
    times = torch.empty(500, 20, dtype=torch.float64).exponential_(3.0).cumsum(1).tolist()
    dataset = dataset_of([list(range(20))] * 500, 20, times)
    assert PoissonProcess().fit(dataset).rate.item() == pytest.approx(3, rel=0.03)


def test_config_and_str_show_the_horizon() -> None:
    model = PoissonProcess(4.0)
    assert model.config == {"horizon": 4.0}
    assert str(model.fit(random_dataset([3], 4))).endswith("horizon=4)")
    with pytest.raises(UsageError, match=r"PoissonProcess\(horizon=-1"):
        PoissonProcess(-1)
