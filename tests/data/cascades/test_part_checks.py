from __future__ import annotations

from collections.abc import Callable

import pytest

from graphcascade.data import CascadeDataset, CascadeTable
from graphcascade.data.cascades.part_checks import check_training, check_validation
from graphcascade.errors import UsageError


@pytest.fixture
def dataset(make_table: Callable[..., CascadeTable]) -> CascadeDataset:
    return CascadeDataset(make_table([[c % 6, (c + 1) % 6] for c in range(20)]))


def test_training_on_the_test_part_is_an_error(dataset: CascadeDataset) -> None:
    train, val, test = dataset.splits("random")
    for part in (dataset, train, val):
        check_training(part)
    with pytest.raises(UsageError, match="this is the test part of a split; train on the train part"):
        check_training(test)


def test_validation_on_the_test_part_or_on_another_split_is_an_error(dataset: CascadeDataset) -> None:
    train, val, test = dataset.splits("random")
    check_validation(train, val)
    check_validation(train, None)
    with pytest.raises(UsageError, match="this is the test part of a split; validate on the validation part"):
        check_validation(train, test)
    with pytest.raises(UsageError, match=r"seed 1.* come from another split than the training cascades .*seed 0"):
        check_validation(train, dataset.splits("random", seed=1)[1])


def test_validation_by_training_cascades_is_reported(dataset: CascadeDataset, caplog: pytest.LogCaptureFixture) -> None:
    check_validation(dataset[:2], dataset[2:])
    assert caplog.text == ""
    check_validation(dataset[:2], dataset[1:])
    assert "1 of 19 validation cascades are also training cascades" in caplog.text
