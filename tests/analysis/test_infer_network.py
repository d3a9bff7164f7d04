from __future__ import annotations

import itertools
import math
import sys

import pandas as pd
import pytest
import torch
from torch_geometric.data import Data

from graphcascade.analysis import (
    count_links,
    edge_report,
    infer_network,
    infer_parents,
    keep_links,
    parent_accuracy,
)
from graphcascade.analysis.edge_report import _auc_interval, _share_interval
from graphcascade.errors import DataError, UsageError
from graphcascade.io import from_pandas
from graphcascade.loader import CascadeLoader
from graphcascade.models import CYANRNN, LSTM, Markov, TrueHazards
from graphcascade.models.next_user import AttributionKind
from graphcascade.simulate import simulate_cascades
from graphcascade.trainers import NextUserTrainer
from tests.models.attention_model import AttentionModel
from tests.models.small_data import dataset_of, random_dataset

GRAPH = Data(
    edge_index=torch.tensor([[0, 0, 1, 2, 3, 3], [1, 2, 3, 3, 0, 4]]),
    edge_weight=torch.tensor([0.5, 2.0, 1.0, 0.7, 0.3, 1.5]),
    num_nodes=5,
)


@pytest.mark.parametrize("delays", ["exponential", "rayleigh"])
def test_true_alignments_match_hazards_in_a_plain_loop(delays: str) -> None:
    data = simulate_cascades(GRAPH, 30, delays=delays, horizon=6.0, min_size=2, seed=1)
    model = TrueHazards.from_dataset(data)
    (batch,) = CascadeLoader(data, batch_size=30)
    rate = {(int(u), int(v)): float(w) for (u, v), w in zip(GRAPH.edge_index.T, GRAPH.edge_weight, strict=True)}
    hazard = (lambda a, age: a) if delays == "exponential" else (lambda a, age: a * age)
    found = {attribution: model.align(batch, attribution) for attribution in ("alignment", "posterior")}
    weight = {
        attribution: {(int(i), int(k)): float(w) for (i, k), w in zip(one.edge_index.T, one.edge_weight, strict=True)}
        for attribution, one in found.items()
    }
    for first, last in itertools.pairwise(batch.ptr.tolist()):
        for k in range(first, last):
            seen = batch.user[first : k + 1].tolist()
            free = [v for v in range(5) if v not in seen]
            age = {i: float(batch.time[k] - batch.time[i]) for i in range(first, k + 1)}

            def intensity(i: int, s: float, free: list[int] = free, age: dict[int, float] = age) -> float:
                return sum(hazard(rate.get((int(batch.user[i]), v), 0.0), age[i] + s) for v in free)

            # Midpoint sums over what is left of the horizon.
            steps = 4000
            left = 6.0 - float(batch.time[k])
            survived, share = 0.0, dict.fromkeys(range(first, k + 1), 0.0)
            for number in range(steps):
                s = (number + 0.5) * left / steps
                each = {i: intensity(i, s) for i in share}
                total = sum(each.values())
                inside = math.exp(-(survived + total * left / steps / 2))
                survived += total * left / steps
                for i, one in each.items():
                    share[i] += one * inside * left / steps
            mine = {i: weight["alignment"][i, k] for i in share}
            if sum(share.values()) > 0:
                for i in share:
                    assert mine[i] / sum(mine.values()) == pytest.approx(share[i] / sum(share.values()), abs=2e-3)
            if k + 1 < last:
                for i in share:
                    a = rate.get((int(batch.user[i]), int(batch.user[k + 1])), 0.0)
                    expected = hazard(a, float(batch.time[k + 1] - batch.time[i]))
                    assert weight["posterior"][i, k] == pytest.approx(expected)


@torch.no_grad()
def test_the_parent_is_the_event_with_the_largest_share() -> None:
    data = dataset_of([[3, 1, 4, 0], [2, 5], [1, 2, 0]], 6)
    torch.manual_seed(0)
    model = AttentionModel(6)
    parent = infer_parents(model, data, batch_size=2)
    expected = []
    for cascade in range(3):
        (batch,) = CascadeLoader(data[[cascade]], batch_size=1)
        graph = model.align(batch)
        for k in range(batch.user.numel()):
            into = {
                int(i): float(w) for (i, t), w in zip(graph.edge_index.T, graph.edge_weight, strict=True) if t == k - 1
            }
            expected.append(max(into, key=into.__getitem__) if k else 0)
    assert parent.tolist() == expected
    assert infer_parents(None, data).tolist() == [0, 0, 1, 2, 0, 0, 0, 0, 1]


def test_network_counts_pairs_and_drops_rare_ones() -> None:
    data = dataset_of([[0, 1, 2], [0, 1], [3, 1, 2], [0, 1], [3, 0, 1]], 4)
    graph = infer_network(None, data, share=0)
    assert graph.edge_index.tolist() == [[0, 1, 3, 3], [1, 2, 0, 1]]
    assert graph.edge_weight.tolist() == [4, 2, 1, 1]
    # 1 comes twice after 3, once because of it; the others explain all that they could.
    assert infer_network(None, data, share=0.5).edge_index.equal(graph.edge_index)
    kept = infer_network(None, data, share=0.51)
    assert kept.edge_index.tolist() == [[0, 1, 3], [1, 2, 0]]
    assert kept.edge_weight.tolist() == [4, 2, 1]
    with pytest.raises(UsageError, match="share=2"):
        infer_network(None, data, share=2)
    with pytest.raises(DataError, match="there are no infections to count"):
        infer_network(None, dataset_of([[0], [1]], 4))
    with pytest.raises(UsageError, match="LSTM has no alignment"):
        infer_network(LSTM(4, dim=2, hidden=2), data)
    with pytest.raises(UsageError, match="attribution='posterior': AttentionModel has only 'alignment'"):
        infer_network(AttentionModel(4), data, "posterior")


@pytest.mark.parametrize("pairs", [0, 10**9])
def test_kept_links_match_a_plain_loop(monkeypatch: pytest.MonkeyPatch, pairs: int) -> None:
    """Both ways to count give the same: over all pairs of events, and over the events of the rarer user of a link."""
    module = sys.modules["graphcascade.analysis.infer_network"]
    monkeypatch.setattr(module, "num_pairs", lambda ptr: pairs)
    monkeypatch.setattr(module, "CHUNK", 5)
    data = random_dataset([5, 1, 7, 3, 2, 6, 7, 4], 8)
    cascades = [cascade.user.tolist() for cascade in data]
    links = count_links(infer_parents(None, data), data)
    kept = keep_links(links, data, share=0.4)
    expected = []
    for (u, v), count in zip(links.edge_index.T.tolist(), links.edge_weight.tolist(), strict=True):
        ordered = sum(u in one and v in one and one.index(u) < one.index(v) for one in cascades)
        if count >= 0.4 * ordered:
            expected.append([u, v])
    assert kept.edge_index.T.tolist() == expected
    assert 0 < len(expected) < links.num_edges


def test_accuracy_is_the_share_of_parents_that_are_right() -> None:
    data = simulate_cascades(GRAPH, 200, horizon=5.0, min_size=3, seed=0)
    truth = data.table.parent
    assert truth is not None
    assert parent_accuracy(truth, data) == 1
    sources = data.table.ptr[:-1]
    wrong = truth + 1
    assert parent_accuracy(wrong.index_fill(0, sources, 0), data) == 0
    with pytest.raises(UsageError, match="the true parents are not known"):
        parent_accuracy(truth, dataset_of([[0, 1]], 2))
    with pytest.raises(UsageError, match=r"parent: has the shape \[903\], must have \[904\]"):
        parent_accuracy(truth[1:], data)
    assert parent_accuracy(infer_parents(TrueHazards.from_dataset(data), data, "posterior"), data) > 0.8


def test_figures_of_compared_edges_match_those_by_hand() -> None:
    true = Data(edge_index=torch.tensor([[0, 1, 2], [1, 2, 0]]), num_nodes=3)
    mine = Data(
        edge_index=torch.tensor([[0, 1, 0, 1, 2], [1, 0, 1, 1, 1]]),
        edge_weight=torch.tensor([0.5, 3.0, 2.0, 9.0, 1.0]),
        num_nodes=3,
    )
    report = edge_report(mine, true)  # the loop and the repeated edge do not count
    assert (report.inferred, report.true) == (3, 3)
    assert (report.precision, report.recall, report.f1) == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    # True: 2, 0, 0. Others: 3, 1, 0. Pairs in order: (2>1, 2>0), (0=0), (0=0).
    assert report.auc == pytest.approx((2 + 0.5 + 0.5) / 9)
    assert "precision 0.333" in str(report)
    assert report.best_f1 == pytest.approx(2 * 1 / (2 + 3))  # of the weights 3, 2 and 1 those from 2 on
    empty = Data(edge_index=torch.empty(2, 0, dtype=torch.long), num_nodes=3)
    nothing = edge_report(empty, true)
    assert (nothing.precision, nothing.recall, nothing.f1, nothing.auc) == (0, 0, 0, 0.5)
    assert nothing.best_f1 == 0
    assert (edge_report(true, true).auc, edge_report(true, true).best_f1) == (1, 1)
    with pytest.raises(DataError, match="no edge"):
        edge_report(mine, empty)
    with pytest.raises(UsageError, match="over 3 users, the true one over 4"):
        edge_report(mine, Data(edge_index=true.edge_index, num_nodes=4))
    whole = torch.tensor([[a, b] for a in range(3) for b in range(3) if a != b]).T
    with pytest.raises(DataError, match="joins all pairs"):
        edge_report(mine, Data(edge_index=whole, num_nodes=3))
    bad = Data(edge_index=true.edge_index, edge_weight=torch.tensor([1.0, math.nan, 1.0]), num_nodes=3)
    with pytest.raises(UsageError, match="not a finite number"):
        edge_report(bad, true)


def test_links_are_ranked_by_their_evidence_if_there_is_any() -> None:
    true = Data(edge_index=torch.tensor([[0, 1], [1, 2]]), num_nodes=3)
    edges = torch.tensor([[0, 2, 2], [1, 0, 1]])
    mine = Data(edge_index=edges, edge_weight=torch.tensor([1.0, 9.0, 5.0]), num_nodes=3)
    # Of the true links, 0->1 has the weight 1 and the gain 7; 1->2 is missing. There are four other pairs.
    report = edge_report(mine, true)
    assert report.auc == pytest.approx((2 + 2 * 0.5) / 8)  # 0->1 is above two missing pairs, and 1->2 equals them
    assert report.ranked_by == "weight"
    mine.gain = torch.tensor([7.0, 2.0, -3.0])
    ranked = edge_report(mine, true)
    assert ranked.auc == pytest.approx((4 + 2 * 0.5) / 8)  # missing pairs come after the gain -3
    assert ranked.best_f1 == pytest.approx(2 / 3)
    assert ranked.ranked_by == "gain"
    assert "(links by gain)" in str(ranked)
    assert (ranked.precision, ranked.recall) == (report.precision, report.recall)
    mine.gain = torch.tensor([7.0, math.nan, 1.0])
    with pytest.raises(UsageError, match="inferred: has gains of which one is not a finite number"):
        edge_report(mine, true)


@torch.no_grad()
def test_parents_do_not_depend_on_the_number_of_threads() -> None:
    generator = torch.Generator().manual_seed(0)
    data = dataset_of([torch.randperm(90, generator=generator)[:80].tolist() for _ in range(128)], 90)
    torch.manual_seed(0)
    model, found, threads = AttentionModel(90), [], torch.get_num_threads()
    try:
        for count in (1, 2, 2):
            torch.set_num_threads(count)
            found.append(infer_parents(model, data))
    finally:
        torch.set_num_threads(threads)
    assert (found[0] == found[1]).double().mean() > 0.999  # sums in another order may change a close call
    assert torch.equal(found[1], found[2])


@pytest.mark.parametrize(
    ("edges", "said"),
    [
        (torch.tensor([[1], [25]]), r"true: has edges of the users 1 to 25, and 3 users"),
        (torch.tensor([[-1], [2]]), r"edges of the users -1 to 2"),
        (torch.tensor([[0.0], [2.0]]), r"edge_index \[2, 1\] of torch.float32, must have \[2, E\] int64"),
        (torch.tensor([[0], [2], [1]]), r"edge_index \[3, 1\]"),
    ],
)
def test_edges_outside_of_the_users_raise_an_error(edges: torch.Tensor, said: str) -> None:
    mine = Data(edge_index=torch.tensor([[0], [1]]), num_nodes=3)
    with pytest.raises(UsageError, match=said):
        edge_report(mine, Data(edge_index=edges, num_nodes=3))


def test_invalid_graphs_raise_an_error() -> None:
    mine = Data(edge_index=torch.tensor([[0], [1]]), edge_weight=torch.ones(2), num_nodes=3)
    with pytest.raises(UsageError, match="true=None: is not a graph"):
        edge_report(Data(edge_index=mine.edge_index, num_nodes=3), None)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"inferred: has 1 edges and weights of the shape \[2\]"):
        edge_report(mine, mine)


def test_unknown_attributions_and_models_without_alignments_raise_an_error() -> None:
    data = dataset_of([[0, 1, 2]], 3)
    for model in (None, AttentionModel(3)):
        with pytest.raises(UsageError, match="attribution='foo': use 'alignment', 'posterior', 'likelihood'"):
            infer_network(model, data, "foo")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="Markov has no alignments; CYANRNN has"):
        infer_network(Markov(3).fit(data), data)  # type: ignore[arg-type]


def test_infections_at_the_same_time_are_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    frame = pd.DataFrame({"user": list("abcab"), "item": [0, 0, 0, 1, 1], "time": [1, 1, 2, 1, 1]})
    infer_network(None, from_pandas(frame))
    assert "2 of 3 infections have the time of the event before" in caplog.text
    caplog.clear()
    infer_network(None, from_pandas(frame.assign(time=[1, 2, 3, 1, 2])))
    assert not caplog.text


class Fixed(AttentionModel):
    """Two heads, whose weights are those of the test."""

    def __init__(self, users: int, weight: list[list[float]]) -> None:
        super().__init__(users)
        self.given = torch.tensor(weight)

    def align(self, batch: Data, attribution: AttributionKind = "alignment") -> Data:
        edges = torch.tensor([[0, 0, 1, 0, 1, 2], [0, 1, 1, 2, 2, 2]])  # of one cascade of three events and more
        return Data(edge_index=edges, edge_weight=self.given, num_nodes=batch.num_nodes)


def test_heads_are_averaged_and_the_latest_of_equal_events_is_the_parent() -> None:
    data = dataset_of([[0, 1, 2, 3]], 4)
    heads = [[1.0, 1.0], [0.9, 0.2], [0.1, 0.8], [0.6, 0.0], [0.0, 0.6], [0.4, 0.4]]
    assert infer_parents(Fixed(4, heads), data).tolist() == [0, 0, 0, 2]
    equal = [[1.0, 1.0], [0.5, 0.5], [0.5, 0.5], [0.4, 0.4], [0.4, 0.4], [0.2, 0.2]]
    assert infer_parents(Fixed(4, equal), data).tolist() == [0, 0, 1, 1]


def test_alignments_use_the_users_unit_and_evaluation_mode_of_the_model() -> None:
    """Without dropout, over its own users, in its own unit of time; and it goes on as it was."""
    ids = [f"u{k}" for k in range(9)]
    generator = torch.Generator().manual_seed(3)
    rows = [
        (ids[user], item, 10.0 * item + k**2)
        for item in range(30)
        for k, user in enumerate(torch.randperm(9, generator=generator)[:6].tolist())
    ]
    frame = pd.DataFrame(rows, columns=["user", "item", "time"])
    data = from_pandas(frame, time_unit="min")
    torch.manual_seed(0)
    model = CYANRNN(9, dim=4, hidden=4, state=4, dropout=0.5, keys="input", std=2.0)
    NextUserTrainer(max_epochs=1, progress=False).fit(model, data)
    model.train()
    expected = infer_parents(model, data)
    assert model.training
    assert torch.equal(infer_parents(model, data), expected)
    other = frame.assign(time=frame["time"] * 60).sort_values("user", kind="stable")  # users are numbered otherwise
    seconds = from_pandas(other, time_unit="s")
    assert seconds.user_ids.tolist() != data.user_ids.tolist()
    place = {int(item): k for k, item in enumerate(seconds.item_ids[seconds.table.item.numpy()])}
    found = infer_parents(model, seconds)
    ptr = seconds.table.ptr.tolist()
    again = [found[ptr[place[item]] : ptr[place[item] + 1]] for item in range(30)]
    assert torch.equal(torch.cat(again), expected)
    with pytest.raises(UsageError, match="readout"):
        infer_parents(model, data, "posterior")
    assert model.training


def test_intervals_match_those_by_hand() -> None:
    # Five of ten links are true: Wilson's interval. AUC .75 of 10 true and 20 false pairs: Hanley and McNeil's variance
    # is (.75 * .25 + 9 * (.6 - .5625) + 19 * (.642857 - .5625)) / 200 = .0102589.
    assert _share_interval(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert _share_interval(0, 0) == (0.0, 1.0)
    # Without a single error, three true pairs are too few: Wilson's interval of 3 of 3 begins at 1 / (1 + 3.8415 / 3).
    assert _auc_interval(1.0, 3, 20) == pytest.approx((0.4385, 1.0), abs=1e-4)
    assert _auc_interval(0.0, 3, 20) == pytest.approx((0.0, 0.5615), abs=1e-4)
    assert _auc_interval(0.75, 10, 20) == pytest.approx((0.5515, 0.9485), abs=1e-4)


def test_a_network_at_random_is_no_better_than_chance() -> None:
    generator = torch.Generator().manual_seed(0)
    pairs = torch.tensor([(i, k) for i in range(30) for k in range(30) if i != k]).t()
    true = Data(edge_index=pairs[:, torch.randperm(870, generator=generator)[:90]], num_nodes=30)
    drawn = pairs[:, torch.randperm(870, generator=generator)[:200]]
    weight = torch.rand(200, generator=generator)
    report = edge_report(Data(edge_index=drawn, edge_weight=weight, num_nodes=30), true)
    assert report.base_rate == pytest.approx(90 / 870)
    assert report.auc_interval[0] < 0.5 < report.auc_interval[1]
    assert report.precision_interval[0] < report.precision < report.precision_interval[1]
    assert not report.better_than_chance
    assert report.verdict.startswith("The inferred network is no better than chance (AUC 0.")
    found = edge_report(true, true)
    assert found.better_than_chance
    assert found.verdict.startswith("The inferred network is better than chance (AUC 1.000")
    nothing = edge_report(Data(edge_index=torch.empty(2, 0, dtype=torch.long), num_nodes=30), true)
    assert not nothing.better_than_chance
