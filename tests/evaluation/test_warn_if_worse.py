from __future__ import annotations

import logging
from dataclasses import replace

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.evaluation import NextUserProtocol, Result, evaluate, warn_if_worse
from graphcascade.models import LSTM, Markov, Popularity
from tests.models.small_data import dataset_of

PROTOCOL = NextUserProtocol("small", ks=(1,))
# User 1 always comes after user 0, and user 2 after user 1, so a Markov chain ranks every true user first. A cascade of
# TRAIN occurs in VAL, too, which allow_overlap allows.
TRAIN = dataset_of([[0, 1, 2], [0, 1, 2], [3, 2], [4, 2]], 5)
VAL = dataset_of([[0, 1, 2], [0, 1]], 5)


def results() -> dict[str, Result]:
    torch.manual_seed(0)
    model = LSTM(5, dim=2, hidden=2)
    with torch.no_grad():  # the scores are those of the bias: users 4 and 3 before users 2 and 1
        model.readout.weight.zero_()
        assert model.readout.bias is not None
        model.readout.bias.copy_(torch.tensor([0.0, 1.0, 2.0, 3.0, 4.0]))
    models = {"LSTM": model, "Markov": Markov(5).fit(TRAIN), "Popularity": Popularity(5).fit(TRAIN)}
    return {name: evaluate(each, VAL, PROTOCOL, allow_overlap=True) for name, each in models.items()}


def warnings_of_comparison(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name == "graphcascade.evaluation.warn_if_worse"]


def test_a_better_baseline_is_a_warning_with_figures_and_advice(caplog: pytest.LogCaptureFixture) -> None:
    found = results()
    # By hand. LSTM: rank 4 of user 1 after user 0 (twice), rank 3 of user 2 after users 0 and 1. Popularity: user 2 is
    # in four cascades, users 0 and 1 in two, so user 1 has rank 2 and user 2 rank 1.
    assert found["LSTM"]["MRR"] == pytest.approx((1 / 4 + 1 / 3 + 1 / 4) / 3)
    assert found["Markov"]["MRR"] == 1
    assert found["Popularity"]["MRR"] == pytest.approx((1 / 2 + 1 + 1 / 2) / 3)
    with caplog.at_level(logging.WARNING):
        warning = warn_if_worse(found["LSTM"], [found["Popularity"], found["Markov"]], "Try something else.")
    assert warning == (
        "LSTM predicts the validation cascades worse than counting: its MRR is 0.2778, below Markov (1.0000) "
        "and Popularity (0.6667); there are 2 validation cascades. Try something else."
    )
    assert [record.getMessage() for record in warnings_of_comparison(caplog)] == [warning]
    more = [found["Markov"], found["Popularity"], replace(found["Markov"], model="Third")]
    listed = "below Markov (1.0000), Third (1.0000) and Popularity (0.6667); there are 2 validation cascades."
    assert listed in str(warn_if_worse(found["LSTM"], more))
    assert "learning_rate" in str(warn_if_worse(found["LSTM"], [found["Markov"]]))
    single = replace(found["LSTM"], counts={**found["LSTM"].counts, "cascades": 1})
    assert "; there is 1 validation cascade. Try" in str(warn_if_worse(single, [found["Markov"]], "Try it."))


def test_a_model_that_is_not_worse_gets_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    found = results()
    assert warn_if_worse(found["Markov"], [found["Markov"], found["Popularity"], found["LSTM"]]) is None
    assert not warnings_of_comparison(caplog)


def test_a_difference_within_the_standard_error_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    found = results()
    lower, higher = found["LSTM"], found["Markov"]
    difference = higher["MRR"] - lower["MRR"]
    for error, warns in ((1.01 * difference, False), (0.99 * difference, True)):
        uncertain = replace(higher, metrics=higher.metrics.assign(error=error))
        assert (warn_if_worse(lower, [uncertain]) is not None) == warns
    assert len(warnings_of_comparison(caplog)) == 1


def test_results_of_other_cascades_raise_an_error() -> None:
    found = results()
    other = evaluate(Markov(5).fit(TRAIN), dataset_of([[0, 1]], 5), PROTOCOL, allow_overlap=True)
    with pytest.raises(UsageError, match="cannot be compared"):
        warn_if_worse(found["LSTM"], [other])
