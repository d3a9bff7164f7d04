from __future__ import annotations

import math

import pytest
import torch

from graphcascade.evaluation.metric_rows import MetricRow, display_name, mean_and_error, metric_rows

VALUE = torch.tensor([1.0, 0.0, 4.0], dtype=torch.float64)
CASCADE = torch.tensor([5, 5, 7])


def test_means_and_standard_errors_match_those_by_hand() -> None:
    # Over events 5 / 3; the sums of the cascades are 1 of two events and 4 of one.
    residuals = [1 - 2 * 5 / 3, 4 - 5 / 3]
    error = math.sqrt(sum(residual**2 for residual in residuals) * 2 / 1) / 3
    assert mean_and_error(VALUE, CASCADE, "event") == pytest.approx((5 / 3, error))
    # Over cascades: means 1/2 and 4, whose deviation is 3.5 / sqrt(2).
    assert mean_and_error(VALUE, CASCADE, "cascade") == pytest.approx((2.25, 3.5 / 2))
    mean, error = mean_and_error(VALUE[:2], CASCADE[:2], "event")
    assert mean == 0.5
    assert math.isnan(error)


def test_weights_divide_the_sums() -> None:
    weight = torch.tensor([2.0, 3.0, 5.0], dtype=torch.float64)
    residuals = [1 - 5 * 0.5, 4 - 5 * 0.5]
    error = math.sqrt(sum(residual**2 for residual in residuals) * 2) / 10
    assert mean_and_error(VALUE, CASCADE, "event", weight) == pytest.approx((0.5, error))
    assert mean_and_error(VALUE, CASCADE, "cascade", weight) == pytest.approx(((1 / 5 + 4 / 5) / 2, 0.3))


def test_each_group_and_unit_has_a_row() -> None:
    groups = {"all": torch.ones(3).bool(), "seen": torch.tensor([True, False, True]), "new": torch.zeros(3).bool()}
    rows = metric_rows("MRR", VALUE, CASCADE, groups, ("event", "cascade"), ("seen", "cascade"))
    assert [(row.targets, row.unit, row.headline) for row in rows] == [
        ("all", "event", False),
        ("all", "cascade", False),
        ("seen", "event", False),
        ("seen", "cascade", True),
    ]
    assert [row.value for row in rows] == pytest.approx([5 / 3, 2.25, 2.5, 2.5])
    assert {(row.metric, row.answer, row.horizon) for row in rows} == {("MRR", "", "")}


def test_the_error_of_a_root_mean_square_matches_the_delta_method() -> None:
    groups = {"all": torch.ones(3).bool()}
    (plain,) = metric_rows("MSE", VALUE, CASCADE, groups, ("event",), ("all", "event"))
    (row,) = metric_rows("RMSE", VALUE, CASCADE, groups, ("event",), ("all", "event"), root=True, answer="median")
    root = math.sqrt(5 / 3)
    assert row == MetricRow("RMSE", "median", "", "all", "event", root, plain.error / (2 * root), True)
    (zero,) = metric_rows("RMSE", 0 * VALUE, CASCADE, groups, ("event",), ("all", "event"), root=True)
    assert (zero.value, zero.error) == (0, 0)


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        (("Macro-F1", "set", "early"), "Macro-F1, early, set"),
        (("Macro-F1", "sampled", "full"), "Macro-F1, sampled"),
        (("RMSE", "median", ""), "RMSE of the median"),
        (("MRR", "", ""), "MRR"),
    ],
)
def test_names_in_tables_have_the_horizon_and_the_answer(columns: tuple[str, str, str], name: str) -> None:
    assert display_name(*columns) == name
