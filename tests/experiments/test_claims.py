from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from graphcascade.experiments.claims import check_claims, quantile
from graphcascade.experiments.experiment import Experiment

RUNS = {
    "a": {"F1": np.array([[0.40, 0.42, 0.44]]), "RMSE": np.array([[2.0, 2.1, 2.2]])},
    "b": {"F1": np.array([[0.38, 0.41, 0.42]]), "RMSE": np.array([[2.2, 2.3, 2.4]])},  # paired: never better
    "c": {"F1": np.array([[0.30, 0.42, 0.54]]), "RMSE": np.array([[1.0, 1.0, 1.0]])},
    "counter": {"F1": np.array([[0.36]])},
}
PUBLISHED = {"a": {"F1": 0.41, "RMSE": float("nan")}}


def check(**claim: Any) -> tuple[str, bool | None]:
    experiment = Experiment("", "", "", "", "", "", ["F1", "RMSE"], {}, (), claims=[claim])
    ((words, supported),) = check_claims(experiment, RUNS, PUBLISHED, "abc")
    return words, supported


# Differences of F1 between a and b: .02, .01, .02, so their mean is .0167 +- .0143 (t = 4.303).
@pytest.mark.parametrize(
    ("claim", "words", "supported"),
    [
        ({"row": "a", "better_than": ["b"], "metrics": ["F1"]}, "a better than b: F1 +0.017 ± 0.014", True),
        (
            {"row": "b", "better_than": ["a"], "metrics": ["F1"]},
            "b better than a: F1 -0.017 ± 0.014 (not supported)",
            False,
        ),
        (
            {"row": "a", "better_than": ["b"], "margin": 0.002, "metrics": ["F1"]},
            "a at least 0.002 better than b: F1 +0.017 ± 0.014",
            True,
        ),
        (
            {"row": "a", "better_than": ["b"], "margin": 0.01, "metrics": ["F1"]},
            "a at least 0.01 better than b: F1 +0.017 ± 0.014 (inconclusive)",
            None,
        ),
        (
            {"row": "a", "better_than": ["b"], "margin": 0.04, "metrics": ["F1"]},
            "a at least 0.04 better than b: F1 +0.017 ± 0.014 (not supported)",
            False,
        ),
        # A smaller error is a better one.
        ({"row": "a", "better_than": ["b"]}, "a better than b: F1 +0.017 ± 0.014; RMSE -0.2", True),
        # The runs differ too much.
        (
            {"row": "a", "better_than": ["c"], "metrics": ["F1"]},
            "a better than c: F1 +0.00 ± 0.25 (inconclusive)",
            None,
        ),
        (
            {"row": "b", "better_than": ["c"]},
            "b better than c: F1 -0.02 ± 0.25 (inconclusive); RMSE +1.30 ± 0.25 (not supported)",
            False,
        ),
        ({"row": "a", "better_than": ["counter"], "metrics": ["F1"]}, "a better than counter: F1 +0.060 ± 0.050", True),
        (
            {"row": "counter", "better_than": ["counter"], "metrics": ["F1"]},
            "counter better than counter: F1 +0 (not supported)",
            False,
        ),
        (
            {"row": "a", "better_than": ["published"]},
            "a better than the published figures: F1 +0.010 ± 0.050 (inconclusive)",
            None,
        ),
        ({"row": "a", "within": 0.07}, "a within 0.07 of the published figures (largest difference 0.010)", True),
        ({"row": "a", "within": 0.05}, "a within 0.05 of the published figures (largest difference 0.010)", None),
        (
            {"row": "b", "within": 0.04, "of": "a", "metrics": ["F1"]},
            "b within 0.04 of a on F1 (largest difference 0.017)",
            True,
        ),
        (
            {"row": "b", "within_share": 0.05, "of": "a", "metrics": ["RMSE"]},
            "b within 5% of a on RMSE (largest difference 9.5%)",
            False,
        ),
    ],
)
def test_claims_are_read_from_their_settings(claim: dict[str, Any], words: str, supported: bool | None) -> None:
    assert check(**claim) == (words, supported)


@pytest.mark.parametrize("freedom", [1, 4, 9, 30, 31, 60])
def test_quantiles_are_those_of_student(freedom: int) -> None:
    # The integral of t's density up to the quantile: the tangent of an angle makes the range finite.
    angle = np.linspace(0, math.atan(quantile(freedom) / math.sqrt(freedom)), 100_001)
    scale = math.gamma((freedom + 1) / 2) / (math.sqrt(math.pi) * math.gamma(freedom / 2))
    density = scale * np.cos((angle[1:] + angle[:-1]) / 2) ** (freedom - 1)
    assert float((density * np.diff(angle)).sum()) == pytest.approx(0.475, abs=2e-5)


def test_equal_runs_are_not_better_than_each_other() -> None:
    runs = {"a": {"F1": np.array([[0.1 + 0.2, 0.3]])}, "b": {"F1": np.array([[0.3, 0.3]])}}
    experiment = Experiment("", "", "", "", "", "", ["F1"], {}, (), claims=[{"row": "a", "better_than": ["b"]}])
    assert check_claims(experiment, runs, {}, "ab") == [("a better than b: F1 +0 (not supported)", False)]


def test_claims_about_unpublished_figures_are_left_out() -> None:
    experiment = Experiment("", "", "", "", "", "", ["F1"], {}, (), claims=[{"row": "b", "better_than": ["published"]}])
    assert check_claims(experiment, RUNS, PUBLISHED, "abc") == []


def test_runs_on_several_networks_are_paired_network_by_network() -> None:
    networks = {
        "model": {"F1": np.array([[0.2, 0.21], [0.8, 0.81]])},
        # Differences of .01 and .02 on the one and .01 and .02 on the other: .015 +- .0152 (t = 4.303, two networks).
        "ceiling": {"F1": np.array([[0.22], [0.82]])},
        "higher": {"F1": np.array([[0.23], [0.83]])},
        "far": {"F1": np.array([[0.20], [1.00]])},  # networks are given: how much they differ is no chance
    }
    claims: list[dict[str, Any]] = [
        {"row": "model", "within": 0.031, "of": "ceiling"},
        {"row": "model", "within": 0.030, "of": "ceiling"},
        {"row": "higher", "better_than": ["model", "ceiling"]},
        {"row": "ceiling", "better_than": ["model"]},
        {"row": "far", "better_than": ["ceiling", "model"]},
    ]
    experiment = Experiment("", "", "", "", "", "", ["F1"], {}, (), claims=claims)
    supported = [one.supported for one in check_claims(experiment, networks, {}, {"model"})]
    assert supported == [True, None, True, True, None, True, True]


def test_one_run_decides_a_claim_only_without_randomness() -> None:
    runs = {
        "model": {"F1": np.array([[0.9]])},
        "counter": {"F1": np.array([[0.1]])},
        "other": {"F1": np.array([[0.2]])},
    }
    claims: list[dict[str, Any]] = [
        {"row": "model", "better_than": ["counter"]},
        {"row": "model", "within": 0.8, "of": "counter"},
        {"row": "other", "better_than": ["counter"]},
    ]
    experiment = Experiment("", "", "", "", "", "", ["F1"], {}, (), claims=claims)
    assert [one.supported for one in check_claims(experiment, runs, {}, {"model"})] == [None, None, True]


def test_runs_on_random_splits_share_training_cascades() -> None:
    experiment = Experiment("", "", "", "", "", "", ["F1"], {}, (), claims=[{"row": "a", "better_than": ["b"]}])
    ((words, supported),) = check_claims(replace(experiment, split="random"), RUNS, {}, "abc")
    # As above, .0143, times the root of 1 + 3 * .1 / .8.
    assert (words, supported) == ("a better than b: F1 +0.017 ± 0.017 (inconclusive)", None)
