from __future__ import annotations

import math
from contextlib import nullcontext
from dataclasses import replace

import pytest
import torch

from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation import Result, RolloutProtocol, cascade_answers, evaluate, evaluate_cascades
from graphcascade.models import LSTM, NDM, Markov, Netrate, PoissonProcess
from graphcascade.models.fittable_model import FittableModel
from graphcascade.models.model import Model
from graphcascade.prediction import simulate_rollouts
from graphcascade.trainers import NextUserTrainer
from tests.evaluation.fixed_scores import SCORES, USERS, counter
from tests.models.small_data import dataset_of

CASCADES = [[0, 2, 4], [1, 5, 0, 3], [3], [4, 3, 0, 1, 2, 5]]
PROTOCOL = RolloutProtocol(simulations=40, early_steps=2, terminate=False)


def f1_literally(shares: list[dict[int, float]], truth: list[set[int]]) -> tuple[float, float]:
    """The paper's formulas, as they stand (Section 5.3)."""
    each, hits, predicted, true = [], 0.0, 0.0, 0
    for share, users in zip(shares, truth, strict=True):
        hit = sum(share.get(user, 0.0) for user in users)
        total = sum(share.values())
        precision, recall = hit / total if total else 0.0, hit / len(users)
        each.append(2 * precision * recall / (precision + recall) if hit else 0.0)
        hits, predicted, true = hits + hit, predicted + total, true + len(users)
    precision, recall = hits / predicted, hits / true
    return sum(each) / len(each), 2 * precision * recall / (precision + recall)


def f1(result: Result, answer: str, horizon: str = "full") -> tuple[float, float]:
    macro, micro = (result.value(name, answer=answer, horizon=horizon) for name in ("Macro-F1", "Micro-F1"))
    return macro, micro


@pytest.mark.parametrize("model", [LSTM(USERS), Markov(USERS), Netrate(), PoissonProcess()])
def test_models_say_whether_they_can_be_tested(model: Model) -> None:
    data = dataset_of(CASCADES, USERS)
    fitted = model.fit(data) if isinstance(model, FittableModel) else model
    fitted.user_ids = data.user_ids
    with nullcontext() if model.predicts_cascades else pytest.raises(UsageError, match="does not predict whole cas"):
        evaluate_cascades(fitted, data, replace(PROTOCOL, terminate=True), allow_overlap=True)
    assert model.predicts_cascades is not isinstance(model, PoissonProcess)


def test_f1_matches_the_formula_of_the_paper() -> None:
    torch.manual_seed(0)
    model = LSTM(USERS, dim=3, hidden=4, std=1.0).eval()
    data = dataset_of(CASCADES, USERS)
    model.user_ids = data.user_ids
    result = evaluate_cascades(model, data, PROTOCOL, seed=3)
    known = [cascade for cascade in CASCADES if len(cascade) > 1]
    source, steps = torch.tensor([one[0] for one in known]), torch.tensor([len(one) - 1 for one in known])
    found = simulate_rollouts(model, source, torch.zeros(3).double(), steps, 40, terminate=False, early_steps=2, seed=3)
    for horizon, values, first in (("full", found.share, 9), ("early", found.early, 2)):
        shares: list[dict[int, float]] = [{} for _ in known]
        for case, user, value in zip(found.cascade.tolist(), found.user.tolist(), values.tolist(), strict=True):
            shares[case][user] = value
        truth = [set(one[1 : 1 + first]) for one in known]
        expected = f1_literally(shares, truth)
        assert f1(result, "sampled", horizon) == pytest.approx(expected)
        sets = []
        for share, users in zip(shares, truth, strict=True):
            best = sorted(share, key=lambda user: (-share[user], user))[: len(users)]
            sets.append({user: 1.0 for user in best if share[user] > 0})
        assert f1(result, "set", horizon) == pytest.approx(f1_literally(sets, truth))
    assert (result["Macro-F1"], result["Micro-F1"]) == f1(result, "sampled")
    assert result.counts["cascades of one user, left out"] == 1
    assert result.counts["users drawn"] == 40 * (2 + 3 + 5)


def test_a_counting_baseline_names_its_best_users_without_the_source() -> None:
    result = evaluate_cascades(counter(), dataset_of(CASCADES, USERS), PROTOCOL)  # scores 5, 4, 3, 3, 1, 0
    truth = [{2, 4}, {5, 0, 3}, {3, 0, 1, 2, 5}]
    sets = [{1: 1.0, 2: 1.0}, {0: 1.0, 2: 1.0, 3: 1.0}, dict.fromkeys((0, 1, 2, 3, 5), 1.0)]
    assert f1(result, "set") == pytest.approx(f1_literally(sets, truth))
    assert result["Macro-F1"] == result.value("Macro-F1", answer="set")  # it has no simulations
    early = [{1: 1.0, 2: 1.0}, {0: 1.0, 2: 1.0}, {0: 1.0, 1: 1.0}]
    truth = [{2, 4}, {5, 0}, {3, 0}]
    assert result.value("Macro-F1", horizon="early") == pytest.approx(f1_literally(early, truth)[0])


def test_the_counter_weight_combines_log_probabilities(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    model = LSTM(USERS, dim=3, hidden=4, std=1.0).eval()
    data = dataset_of(CASCADES, USERS)
    model.user_ids = data.user_ids
    known = [cascade for cascade in CASCADES if len(cascade) > 1]
    source, steps = torch.tensor([one[0] for one in known]), torch.tensor([len(one) - 1 for one in known])
    found = simulate_rollouts(model, source, torch.zeros(3).double(), steps, 40, terminate=False, early_steps=2, seed=3)
    different = False
    for weight in (0.3, 0.8):
        result = evaluate_cascades(model, data, replace(PROTOCOL, counter_weight=weight), seed=3, counter=counter())
        for horizon, values, first in (("full", found.share, 9), ("early", found.early, 2)):
            sets, truth = [], [set(one[1 : 1 + first]) for one in known]
            for case, cascade in enumerate(known):
                share = [0.5 / 40] * USERS  # whom no simulation infects
                for one, user, value in zip(found.cascade.tolist(), found.user.tolist(), values.tolist(), strict=True):
                    if one == case and value > 0:
                        share[user] = value
                score = {
                    user: weight * math.log(max(SCORES[user], 1e-9)) + (1 - weight) * math.log(share[user])
                    for user in range(USERS)
                    if user != cascade[0]
                }
                best = sorted(score, key=lambda user: (-score[user], user))[: len(truth[case])]
                sets.append(dict.fromkeys(best, 1.0))
            figures = f1(result, "set", horizon)
            assert figures == pytest.approx(f1_literally(sets, truth))
            alone = evaluate_cascades(model, data, PROTOCOL, seed=3)
            different |= figures != f1(alone, "set", horizon)
            assert result["Macro-F1"] == alone["Macro-F1"]  # the simulations themselves stay
    assert different
    assert "sets with a counting baseline of weight 0.8" in str(result)
    monkeypatch.setattr(cascade_answers, "MAX_SCORES", 2 * USERS)  # in batches of two cascades
    in_parts = evaluate_cascades(model, data, replace(PROTOCOL, counter_weight=0.8), seed=3, counter=counter())
    assert in_parts.metrics["value"].tolist() == result.metrics["value"].tolist()
    only = evaluate_cascades(model, data, replace(PROTOCOL, counter_weight=1.0), counter=counter())
    assert f1(only, "set") == f1(evaluate_cascades(counter(), data, PROTOCOL), "set")


def test_standard_errors_match_the_formulas() -> None:
    data = dataset_of(CASCADES * 2, USERS)
    result = evaluate_cascades(counter(), data, PROTOCOL)
    f = [2 * 1 / 4, 2 * 2 / 6, 1.0] * 2  # of the sets above
    mean = sum(f) / 6
    error = math.sqrt(sum((one - mean) ** 2 for one in f) / 5 / 6)
    assert (result["Macro-F1"], result.error("Macro-F1")) == pytest.approx((mean, error))
    hits, both = [1, 2, 5] * 2, [4, 6, 10] * 2
    micro = 2 * sum(hits) / sum(both)
    residual = sum((2 * hit - micro * size) ** 2 for hit, size in zip(hits, both, strict=True))
    expected = (micro, math.sqrt(residual * 6 / 5) / sum(both))
    assert (result["Micro-F1"], result.error("Micro-F1")) == pytest.approx(expected)
    assert "Macro-F1, set" in str(result)
    assert "protocol cascade: 40 simulations from the source" in str(result)


def test_users_whom_the_model_does_not_know_are_counted() -> None:
    torch.manual_seed(0)
    model = LSTM(USERS, dim=3, hidden=4).eval()
    model.user_ids = dataset_of(CASCADES, USERS).user_ids
    strangers = dataset_of([[0, 1, 6], [7, 2]], 8)
    result = evaluate_cascades(model, strangers, PROTOCOL)
    assert result.counts["users not seen in training"] == 1
    assert result.counts["sources not seen in training"] == 1


def test_cascades_not_in_training_have_separate_figures() -> None:
    data = dataset_of([[1, 2, 4], [0, 5, 3], [2, 1], [4, 3, 0, 5], [3, 1]], USERS)
    data.table.time[4] = data.table.time[5]  # of the second cascade
    train = dataset_of([[2, 1], [3, 4, 0, 5], [3, 1, 2], [0, 5, 3]], USERS)
    result = evaluate_cascades(counter(), data, PROTOCOL, train=train)
    alone = evaluate_cascades(counter(), data[[0, 3, 4]], PROTOCOL)
    new = result.metrics[result.metrics["targets"] == "new"]
    assert new["value"].tolist() == pytest.approx(alone.metrics["value"].tolist())
    assert new["error"].tolist() == pytest.approx(alone.metrics["error"].tolist())
    assert result["Macro-F1"] == evaluate_cascades(counter(), data, PROTOCOL)["Macro-F1"]
    assert result.value("Macro-F1", targets="new") == pytest.approx(alone["Macro-F1"])
    assert result.counts["cascades that are in training, too"] == 2
    assert result.counts["cascades with tied times"] == 1
    assert "no tied times" in str(result)
    none = evaluate_cascades(counter(), data[[2]], PROTOCOL, train=train)
    assert set(none.metrics["targets"]) == {"all"}
    with pytest.raises(UsageError, match="other users"):
        evaluate_cascades(counter(), data, PROTOCOL, train=dataset_of([[0, 1]], USERS + 1))


def test_bad_input_raises_an_error() -> None:
    with pytest.raises(DataError, match="no cascade has a second user"):
        evaluate_cascades(counter(), dataset_of([[0], [1]], USERS))
    with pytest.raises(UsageError, match="simulations=0"):
        RolloutProtocol(simulations=0)
    with pytest.raises(UsageError, match="temperature=nan"):
        RolloutProtocol(temperature=math.nan)
    with pytest.raises(UsageError, match=r"counter_weight=1.5: must be from 0 to 1"):
        RolloutProtocol(counter_weight=1.5)
    model, data, half = LSTM(USERS, dim=2, hidden=2), dataset_of(CASCADES, USERS), RolloutProtocol(counter_weight=0.5)
    model.user_ids = data.user_ids
    with pytest.raises(UsageError, match=r"counter_weight=0.5: needs a counting baseline"):
        evaluate_cascades(model, data, half)
    with pytest.raises(UsageError, match="counter='Popularity': counter_weight is 0"):
        evaluate_cascades(model, data, PROTOCOL, counter=counter())
    with pytest.raises(UsageError, match="counter='Popularity': Popularity is not simulated"):
        evaluate_cascades(counter(), data, half, counter=counter())
    other = counter()
    other.user_ids = data.user_ids[::-1]
    with pytest.raises(UsageError, match="Popularity knows other users than LSTM"):
        evaluate_cascades(model, data, half, counter=other)


def test_the_protocol_decides_whether_a_model_may_end_a_simulation() -> None:
    torch.manual_seed(0)
    model = LSTM(USERS, dim=3, hidden=4, terminate=True).eval()
    data = dataset_of(CASCADES, USERS)
    model.user_ids = data.user_ids
    with torch.no_grad():
        model.readout.bias[USERS] = 50.0  # it always ends at once
    assert evaluate_cascades(model, data, RolloutProtocol(simulations=9)).counts["users drawn"] == 0
    going = evaluate_cascades(model, data, RolloutProtocol(simulations=9, terminate=False))
    assert going.counts["users drawn"] == 9 * going.counts["users after the source"]


# A trained NDM on cascades that differ from those of the training.


def fitted_ndm(window: int = 3) -> NDM:
    torch.manual_seed(0)
    train = dataset_of([[0, 1], [1, 2, 0], [2, 0], [3, 1], [0, 2, 3]], 7)
    return NextUserTrainer(max_epochs=2, progress=False).fit(NDM(7, dim=8, heads=2, window=window), train)


def test_a_cascade_may_be_longer_than_any_in_training() -> None:
    model, long = fitted_ndm(), dataset_of([list(range(7))], 7)
    result = evaluate_cascades(model, long, RolloutProtocol(simulations=50))
    assert result.counts["users after the source"] == 6
    assert result.counts["users not seen in training"] == 3
    assert 0 < result["Macro-F1"] <= 1
    assert evaluate(model, long).counts["predictions"] == 6


def test_sources_that_training_never_saw_get_equal_answers() -> None:
    model = fitted_ndm()
    strange = dataset_of([[5, 0, 1], [6, 0, 1]], 7)
    assert (
        evaluate_cascades(model, strange, RolloutProtocol(simulations=50)).counts["sources not seen in training"] == 2
    )
    found = simulate_rollouts(model, torch.tensor([5, 6]), torch.zeros(2), torch.tensor([2, 2]), 50, 0.0)
    first, second = (found.user[found.cascade == number] for number in (0, 1))
    assert torch.equal(first, second)


def test_the_window_of_ndm_may_be_longer_than_the_cascades() -> None:
    model, short = fitted_ndm(window=9), dataset_of([[0, 1]], 7)
    result = evaluate_cascades(model, short, RolloutProtocol(simulations=50), allow_overlap=True)
    assert result["Macro-F1"] > 0
    assert evaluate(model, short, allow_overlap=True)["MRR"] > 0
