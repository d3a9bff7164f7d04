from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from graphcascade.errors import UsageError
from graphcascade.evaluation import NextUserProtocol, Result, evaluate, mean_figure, paired_difference
from tests.evaluation.fixed_scores import counter, three_cascades

PROTOCOL = NextUserProtocol("plain", ks=(1, 3))
T_2 = 4.302652729911275  # the quantile 0.975 of Student's t-distribution with two degrees of freedom


def result(values: list[float], weight: list[float]) -> Result:
    """A result whose MRR by cascade is given."""
    base = evaluate(counter(), three_cascades(), PROTOCOL)
    mean = float(np.average(values, weights=weight))
    metrics = base.metrics.copy()
    metrics.loc[(metrics["metric"] == "MRR") & metrics["headline"], "value"] = mean
    return replace(base, metrics=metrics, unit_values=pd.DataFrame({"weight": weight, "MRR": values}))


def test_headline_figures_are_the_weighted_means_of_the_cascades() -> None:
    for average, weight in (("event", [2.0, 1.0, 2.0]), ("cascade", [1.0, 1.0, 1.0])):
        found = evaluate(counter(), three_cascades(), replace(PROTOCOL, average=average))
        assert found.unit_values is not None
        assert found.unit_values["weight"].tolist() == weight
        for metric in ("Hit@1", "Hit@3", "MRR"):
            mean = np.average(found.unit_values[metric], weights=found.unit_values["weight"])
            assert mean == pytest.approx(found[metric])
        figure = mean_figure([found], "MRR")
        assert (figure.value, figure.error) == pytest.approx((found["MRR"], found.error("MRR")))
        assert "unit_values" not in found.to_dict()


def test_the_interval_is_that_of_the_formula() -> None:
    first, second, weight = [0.5, 0.9, 0.4], [0.2, 0.8, 0.3], [2.0, 1.0, 3.0]
    found = paired_difference([result(first, weight)], [result(second, weight)], "MRR")
    differences = [one - other for one, other in zip(first, second, strict=True)]
    value = sum(w * d for w, d in zip(weight, differences, strict=True)) / 6
    squares = sum((w * (d - value)) ** 2 for w, d in zip(weight, differences, strict=True))
    error = math.sqrt(3 / 2 * squares / 36)
    expected = (value, error, value - T_2 * error, value + T_2 * error)
    assert (found.value, found.error, found.lower, found.upper) == pytest.approx(expected)
    assert (found.units, found.sign) == (3, 0)


def test_seeds_are_averaged_and_their_spread_widens_the_interval() -> None:
    weight = [1.0, 1.0, 1.0]
    seeds = [result([0.5, 0.6, 0.7], weight), result([0.7, 0.8, 0.9], weight)]
    other = result([0.1, 0.2, 0.3], weight)
    found = paired_difference(seeds, [other], "MRR")
    variance = np.var([0.6, 0.8], ddof=1) / 2  # the differences of the cascades are equal, so nothing else varies
    assert (found.value, found.error) == pytest.approx((0.5, math.sqrt(variance)))
    assert paired_difference(seeds[:1], [other], "MRR").error == pytest.approx(0)
    assert paired_difference(seeds[:1], [other], "MRR").sign == 1
    assert paired_difference([other], seeds[:1], "MRR").sign == -1


def test_units_for_which_a_metric_is_not_defined_do_not_count() -> None:
    weight = [1.0, 1.0, 1.0]
    found = paired_difference([result([0.5, math.nan, 0.7], weight)], [result([0.2, 0.3, 0.3], weight)], "MRR")
    assert (found.value, found.units) == (pytest.approx(0.35), 2)


def test_a_single_cascade_has_no_interval() -> None:
    found = paired_difference([result([0.5], [1.0])], [result([0.2], [1.0])], "MRR")
    assert found.value == pytest.approx(0.3)
    assert math.isnan(found.error)
    assert math.isnan(found.lower)
    assert found.sign == 0


def test_results_without_values_by_cascade_raise_an_error() -> None:
    whole = evaluate(counter(), three_cascades(), PROTOCOL)
    without = replace(whole, unit_values=None)
    with pytest.raises(UsageError, match="Popularity does not have the MRR of each of the cascades"):
        paired_difference([whole], [without], "MRR")
    other = evaluate(counter(), three_cascades(), replace(PROTOCOL, ks=(1,)))
    with pytest.raises(UsageError, match="was not tested on the same data"):
        paired_difference([whole], [other], "MRR")
