from __future__ import annotations

import logging
import math
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, UnknownNameError, UsageError
from graphcascade.evaluation import NextUserProtocol, evaluate, rank_next_users
from graphcascade.models import LSTM, MODELS, RNN, Popularity
from graphcascade.models.next_user import NextUserModel, ScoringModel
from graphcascade.nn import SourceFusion
from graphcascade.prediction import predict_next_users
from graphcascade.trainers import NextUserTrainer
from tests.evaluation.fixed_scores import USERS, counter, neural, three_cascades
from tests.models.attention_model import AttentionModel
from tests.models.small_data import dataset_of, random_dataset, whole_batch

scoring_model = sys.modules[ScoringModel.__module__]
PLAIN = NextUserProtocol("plain", ks=(1, 3))
MODELS_OF_FIXED_SCORES = pytest.mark.parametrize("make", [counter, neural])


# Ranks by hand, of: 2 after {0}; 4 after {0, 2}; 5 (unseen) after {1}; 3 after {4}; 0 after {4, 3}.
@MODELS_OF_FIXED_SCORES
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [2.5, 3, math.inf, 3.5, 1]),
        ({"ties": "optimistic"}, [2, 3, math.inf, 3, 1]),
        ({"ties": "pessimistic"}, [3, 3, math.inf, 4, 1]),
        ({"unseen": "in_vocabulary"}, [2.5, 3, 5, 3.5, 1]),
        ({"unseen": "leave_out"}, [2.5, 3, math.inf, 3.5, 1]),
    ],
)
def test_ranks_match_those_by_hand(make: Any, changes: dict[str, Any], expected: list[float]) -> None:
    rank, seen, cascade = rank_next_users(make(), three_cascades(), replace(PLAIN, **changes))
    assert rank.tolist() == expected
    assert seen.tolist() == [True, True, False, True, True]
    assert cascade.tolist() == [0, 0, 1, 2, 2]


@pytest.mark.parametrize("name", ["Popularity", "SourceCooccurrence", "Markov", "RecentUsers", "CTJaccard"])
def test_scores_of_selected_events_equal_those_among_all_events(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    links = torch.randint(0, 9, (2, 30), generator=torch.Generator().manual_seed(0))
    train = random_dataset([4, 1, 7, 3, 5, 8], 9, follow_graph=Data(edge_index=links, num_nodes=9))
    test = random_dataset([3, 1, 8, 2], 11, seed=1)
    choices = [{"score": "decay"}, {"score": "hazard"}] if name == "CTJaccard" else [{}]
    for arguments in choices:
        model = MODELS[name](9, **arguments).fit(train)
        batch = whole_batch(test)
        rows = torch.tensor([0, 1, 5, 6, 13])
        assert torch.equal(model.scores(batch, rows), model.scores(batch)[rows])
        whole = rank_next_users(model, test, PLAIN)
        with monkeypatch.context() as patch:
            patch.setattr(scoring_model, "MAX_SCORES", 10)  # two events at a time
            for mine, expected in zip(rank_next_users(model, test, PLAIN), whole, strict=True):
                assert torch.equal(mine, expected)


@pytest.mark.parametrize("make", [counter, lambda: neural(mask_infected=False)])
def test_infected_users_are_ranked_if_they_are_not_masked(make: Any) -> None:
    rank, _, _ = rank_next_users(make(), three_cascades(), replace(PLAIN, mask_infected=False))
    assert rank.tolist() == [3.5, 5, math.inf, 3.5, 1]


def test_a_model_that_masks_ranks_infected_users_last_whatever_the_protocol() -> None:
    rank, _, _ = rank_next_users(neural(), three_cascades(), replace(PLAIN, mask_infected=False))
    assert rank.tolist() == [2.5, 3, math.inf, 3.5, 1]


def test_the_end_is_ranked_like_a_user() -> None:
    protocol = replace(PLAIN, count_end=True, unseen="in_vocabulary")
    rank, seen, cascade = rank_next_users(neural(end=3.5), three_cascades(), protocol)
    # The end stands below users 0 and 1 and above the others.
    assert rank.tolist() == [3.5, 4, 2, 6, 2, 4.5, 1, 2]
    assert seen.tolist() == [True, True, True, False, True, True, True, True]
    assert cascade.tolist() == [0, 0, 0, 1, 1, 2, 2, 2]


def test_a_model_that_predicts_the_end_is_ranked_without_it_if_the_protocol_says_so() -> None:
    rank, _, _ = rank_next_users(neural(end=100.0), three_cascades(), PLAIN)
    assert rank.tolist() == [2.5, 3, math.inf, 3.5, 1]


@pytest.mark.parametrize("unseen", ["miss", "leave_out", "in_vocabulary"])
def test_an_unknown_user_is_a_miss_and_not_the_end(unseen: Any) -> None:
    data = dataset_of([[0, 6], [7, 1]], 8)
    protocol = replace(PLAIN, count_end=True, unseen=unseen)
    rank, seen, _ = rank_next_users(neural(end=9.0), data, protocol)
    assert rank.tolist() == [math.inf, 1, 3, 1]  # 6, the end, 1, the end
    assert seen.tolist() == [False, True, True, True]


@MODELS_OF_FIXED_SCORES
def test_figures_match_those_by_hand(make: Any) -> None:
    result = evaluate(make(), three_cascades(), PLAIN, seed=7)
    reciprocal = [1 / 2.5, 1 / 3, 0, 1 / 3.5, 1]
    groups = [reciprocal[:2], reciprocal[2:3], reciprocal[3:]]
    figures = result.metrics.set_index(["metric", "unit", "targets"])["value"]
    assert figures["MRR", "event", "all"] == pytest.approx(sum(reciprocal) / 5)
    assert figures["MRR", "event", "seen"] == pytest.approx(sum(reciprocal) / 4)
    assert figures["MRR", "cascade", "all"] == pytest.approx(sum(sum(g) / len(g) for g in groups) / 3)
    assert figures["MRR", "cascade", "seen"] == pytest.approx((sum(groups[0]) / 2 + sum(groups[2]) / 2) / 2)
    assert figures["Hit@1", "event", "all"] == pytest.approx(1 / 5)
    assert figures["Hit@3", "event", "all"] == pytest.approx(3 / 5)
    assert figures["Hit@3", "cascade", "all"] == pytest.approx((1 + 0 + 0.5) / 3)
    assert result["MRR"] == figures["MRR", "event", "all"]
    assert result.counts == {
        "cascades": 3,
        "events": 8,
        "predictions": 5,
        "next users not seen in training": 1,
        "cascades of one user": 0,
        "cascades cut": 0,
        "cascades dropped before the split": 0,
        "cascades of sources unseen as such": 0,
    }
    assert (result.seed, result.split, result.dataset) == (7, None, "cascades")
    assert result.model == type(make()).__name__


def test_standard_errors_take_cascades_as_units() -> None:
    result = evaluate(counter(), three_cascades(), PLAIN)
    errors = result.metrics.set_index(["metric", "unit", "targets"])["error"]
    groups = [[1 / 2.5, 1 / 3], [0], [1 / 3.5, 1]]
    means = np.array([sum(g) / len(g) for g in groups])
    assert errors["MRR", "cascade", "all"] == pytest.approx(means.std(ddof=1) / math.sqrt(3))
    mean = sum(sum(g) for g in groups) / 5
    squares = sum((sum(g) - mean * len(g)) ** 2 for g in groups)
    assert errors["MRR", "event", "all"] == pytest.approx(math.sqrt(squares * 3 / 2) / 5)
    single = evaluate(counter(), three_cascades()[:1], PLAIN)
    assert single.metrics["error"].isna().all()


@pytest.mark.parametrize(
    ("changes", "unit", "targets"),
    [
        ({}, "event", "all"),
        ({"average": "cascade"}, "cascade", "all"),
        ({"unseen": "leave_out"}, "event", "seen"),
        ({"unseen": "in_vocabulary", "average": "cascade"}, "cascade", "all"),
    ],
)
def test_the_headline_figures_are_those_of_the_protocol(changes: dict[str, Any], unit: str, targets: str) -> None:
    metrics = evaluate(counter(), three_cascades(), replace(PLAIN, **changes)).metrics
    headline = metrics[metrics["headline"]]
    assert headline["metric"].tolist() == ["Hit@1", "Hit@3", "MRR"]
    assert set(headline["unit"]) == {unit}
    assert set(headline["targets"]) == {targets}


@MODELS_OF_FIXED_SCORES
def test_users_are_matched_by_their_ids(make: Any) -> None:
    expected = evaluate(make(), three_cascades(), PLAIN).metrics
    number = [3, 5, 0, 1, 4, 2]  # of users 0, 1, ... in a dataset with an order of its own, and one user more
    users = [[number[user] for user in cascade.user.tolist()] for cascade in three_cascades()]
    ids = [f"u{number.index(user)}" for user in range(USERS)] + ["stranger"]
    found = evaluate(make(), dataset_of(users, 7, user_ids=ids), PLAIN).metrics
    assert found.equals(expected)


@MODELS_OF_FIXED_SCORES
def test_data_of_unknown_users_raise_an_error(make: Any) -> None:
    data = dataset_of([[0, 1]], 2, user_ids=["x", "y"])
    with pytest.raises(DataError, match=r"none of its 2 users is known to the model .*'x', the model has 'u0'"):
        evaluate(make(), data, PLAIN)


def test_longer_cascades_are_cut_or_dropped_and_counted() -> None:
    data = dataset_of([[0, 2, 4, 1], [1, 0]], USERS)

    def ranks(**changes: Any) -> tuple[list[float], dict[str, int]]:
        protocol = replace(PLAIN, max_length=2, **changes)
        rank = rank_next_users(counter(), protocol.limit(data), protocol)[0]
        return rank.tolist(), evaluate(counter(), data, protocol).counts

    rank, counts = ranks()
    assert rank == [2.5, 1]  # 2 after {0}; 0 after {1}
    assert counts["cascades cut"] == 1
    rank, counts = ranks(keep="last")
    assert rank == [2, 1]  # 1 after {4}: 0 is forgotten
    rank, counts = ranks(longer="drop")
    assert rank == [1]
    assert (counts["cascades"], counts["cascades dropped before the split"]) == (1, 1)


def test_many_cascades_keep_their_order_over_batches() -> None:
    data = random_dataset([3, 1, 2, 5] * 80, USERS)
    rank, _, cascade = rank_next_users(neural(), data, PLAIN)
    expected = [number for number, size in enumerate(data.table.size.tolist()) for _ in range(size - 1)]
    assert cascade.tolist() == expected
    alone = [rank_next_users(counter(), data[[number]], PLAIN)[0] for number in (0, 3, 319)]
    assert torch.equal(rank[cascade == 0], alone[0])
    assert torch.equal(rank[cascade == 3], alone[1])
    assert torch.equal(rank[cascade == 319], alone[2])


def test_data_without_predictions_raise_an_error() -> None:
    with pytest.raises(DataError, match="no cascade has a second user"):
        evaluate(counter(), dataset_of([[0], [1]], USERS), PLAIN)
    for protocol in (PLAIN, replace(PLAIN, max_length=5)):
        with pytest.raises(UsageError, match="has no cascade"):
            evaluate(counter(), three_cascades()[:0], protocol)
    with pytest.raises(DataError, match="no cascade has 2 events or fewer, so all are dropped"):
        evaluate(counter(), dataset_of([[0, 1, 2]], USERS), replace(PLAIN, max_length=2, longer="drop"))
    with pytest.raises(DataError, match="none of the 1 true users is in the training cascades"):
        evaluate(counter(), dataset_of([[1, 5]], USERS), replace(PLAIN, unseen="leave_out"))


def test_bad_arguments_raise_an_error() -> None:
    with pytest.raises(UsageError, match=r"protocol=.*: has Hit@7, and there are 6 users; give one with smaller ks"):
        evaluate(counter(), three_cascades(), replace(PLAIN, ks=(1, 7)))
    with pytest.raises(UnknownNameError, match="unknown protocol 'cyann'; use one of chronological"):
        evaluate(counter(), three_cascades(), "cyann")
    with pytest.raises(
        UsageError, match=r"protocol=.*: ranks the end of cascades, .* make the model with terminate=True"
    ):
        evaluate(counter(), three_cascades(), replace(PLAIN, count_end=True))
    with pytest.raises(UsageError, match="make the model with terminate=True"):
        evaluate(neural(), three_cascades(), replace(PLAIN, count_end=True))
    diverged = neural()
    with torch.no_grad():
        diverged.readout.weight.fill_(math.nan)
    with pytest.raises(UsageError, match="not finite"):
        evaluate(diverged, three_cascades(), PLAIN)


def test_metrics_of_more_users_than_there_are_are_left_out_of_presets(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "graphcascade"):
        result = evaluate(counter(), three_cascades(), "cyan")  # Hit@1 and Hit@5
        assert caplog.messages == []
        assert set(result.metrics["metric"]) == {"Hit@1", "Hit@5", "MRR"}
        assert set(evaluate(counter(), three_cascades()).metrics["metric"]) == {"MRR"}
    assert "Hit@10, Hit@50 and Hit@100 are left out, because there are only 6 users" in caplog.text


@MODELS_OF_FIXED_SCORES
@pytest.mark.parametrize("training", [True, False])
def test_the_training_mode_of_the_model_is_restored(make: Any, training: bool) -> None:
    model = make().train(training)
    evaluate(model, three_cascades(), PLAIN)
    assert model.training == training


# Nothing leaks ---------------------------------------------------------------------------------------------------

LEAK_USERS = 10
CASCADES = random_dataset([4, 6, 3, 5, 2, 7, 4, 5, 6, 4], LEAK_USERS, part=torch.tensor([0] * 6 + [1] * 2 + [2] * 2))
FILES = NextUserProtocol("files", split="files", ks=(1,))


def altered(data: CascadeDataset, event: int, seed: int = 0) -> CascadeDataset:
    """The events from ``event`` of the last cascade on have other users and times."""
    table = data.table
    start = int(table.ptr[-2])
    user, time = table.user.clone(), table.time.clone()
    kept = user[start : start + event].tolist()
    drawn = torch.randperm(table.num_users, generator=torch.Generator().manual_seed(seed)).tolist()
    others = [other for other in drawn if other not in kept]
    count = user.numel() - start - event
    user[start + event :] = torch.tensor(others[:count])
    time[start + event :] += 0.5 + torch.arange(count)
    return CascadeDataset(replace(table, user=user, time=time))


@pytest.mark.parametrize("name", ["LSTM", "RNN", "Popularity", "SourceCooccurrence", "Markov", "Attention"])
def test_a_later_event_changes_no_earlier_rank(name: str) -> None:
    torch.manual_seed(0)
    model: Any = AttentionModel(LEAK_USERS, 8) if name == "Attention" else MODELS[name](LEAK_USERS)
    if isinstance(model, NextUserModel):
        model.eval()
    else:
        model.fit(CASCADES[:6])
    data = CASCADES[6:9]
    size = int(data.table.size[-1])
    rank, seen, cascade = rank_next_users(model, data, PLAIN)
    for event in range(1, size):
        after, seen_after, _ = rank_next_users(model, altered(data, event), PLAIN)
        earlier = (cascade < 2).sum() + event - 1
        assert after[:earlier].equal(rank[:earlier])
        assert seen_after[:earlier].equal(seen[:earlier])


@pytest.mark.parametrize("name", ["Popularity", "SourceCooccurrence", "Markov"])
def test_test_cascades_do_not_change_a_counting_model(name: str) -> None:
    states = []
    for data in (CASCADES, altered(CASCADES, 0)):
        train, _, _ = FILES.prepare(data)
        states.append(MODELS[name](LEAK_USERS).fit(train).state_dict())
    assert all(states[1][key].equal(value) for key, value in states[0].items())


@pytest.mark.parametrize("make", [LSTM, RNN, AttentionModel])
def test_test_cascades_do_not_change_trained_weights(make: Any) -> None:
    states = []
    for data in (CASCADES, altered(CASCADES, 0)):
        train, val, _ = FILES.prepare(data)
        torch.manual_seed(0)
        trainer = NextUserTrainer(max_epochs=2, batch_size=3, protocol=FILES, progress=False)
        states.append(trainer.fit(make(LEAK_USERS, 4), train, val).state_dict())
    assert all(states[1][key].equal(value) for key, value in states[0].items())


def test_the_result_says_whether_the_model_masks_infected_users(caplog: pytest.LogCaptureFixture) -> None:
    result = evaluate(neural(), three_cascades(), replace(PLAIN, mask_infected=False))
    assert result.protocol.mask_infected
    assert "train it with mask_infected=False" in caplog.text
    assert not evaluate(counter(), three_cascades(), replace(PLAIN, mask_infected=False)).protocol.mask_infected


def test_training_and_test_cascades_must_be_of_one_split() -> None:
    data = random_dataset([3] * 40, USERS)
    train, _, test = data.splits("random", seed=0)
    other = data.splits("random", seed=1)[2]
    model = Popularity(USERS).fit(train)
    evaluate(model, test, PLAIN)
    with pytest.raises(UsageError, match="of another split"):
        evaluate(model, other, PLAIN)
    with pytest.raises(UsageError, match="test part of a split; train on the train part"):
        Popularity(USERS).fit(test)


def test_cuts_before_the_split_are_counted() -> None:
    protocol = NextUserProtocol("short", split="random", ks=(1,), max_length=2)
    train, _, test = protocol.prepare(random_dataset([3] * 20, USERS))
    result = evaluate(Popularity(USERS).fit(train), test, protocol)
    assert result.counts["cascades cut"] == len(test) == 2


def test_head_and_tail_sources_have_separate_figures(caplog: pytest.LogCaptureFixture) -> None:
    data = random_dataset([4, 2, 6, 3, 5, 6, 2, 4], USERS)
    head = torch.tensor([True, False, True, False, False, False])
    protocol = NextUserProtocol("small", ks=(1, 3), average="cascade")
    result = evaluate(counter(), data, protocol, head=head)
    source = data.table.user[data.table.ptr[:-1]]
    for name, chosen in (("head", head[source]), ("tail", ~head[source])):
        alone = evaluate(counter(), data[chosen.nonzero().view(-1).tolist()], protocol)
        rows = result.metrics[result.metrics["targets"] == name]
        assert set(rows["unit"]) == {"cascade"}
        assert dict(zip(rows["metric"], rows["value"], strict=True)) == pytest.approx(
            {metric: alone[metric] for metric in ("Hit@1", "Hit@3", "MRR")}
        )
    plain = evaluate(counter(), data, protocol)
    assert result["MRR"] == plain["MRR"]
    assert set(plain.metrics["targets"]) == {"all", "seen"}
    assert "tail sources" in str(result)
    with pytest.raises(UsageError, match=r"head: has the shape \[3\], must have \[6\]"):
        evaluate(counter(), data, protocol, head=head[:3])


def test_the_result_of_a_model_with_sources_counts_new_sources(caplog: pytest.LogCaptureFixture) -> None:
    model = LSTM(USERS, dim=2, embedding=SourceFusion(USERS, 2))
    train = dataset_of([[0, 1, 2], [4, 3, 5]], USERS)
    model.prepare(train)
    model.user_ids = train.user_ids
    test = dataset_of([[0, 2, 4], [1, 5], [4, 3, 0], [7, 2]], 8)
    result = evaluate(model, test, NextUserProtocol("small", ks=(1, 3)))
    assert result.model == "LSTM+source (sum)"
    assert result.counts["cascades of sources unseen as such"] == 2
    predict_next_users(model, test, 2)
    assert "2 of 4 cascades begin with a user who began no training cascade" in caplog.text
