"""The task "next-user": options that have no effect, and how a model agrees with its protocol."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation import PROTOCOLS
from graphcascade.models import LSTM, NDM, Markov
from graphcascade.nn import GraphEmbedding
from graphcascade.options import NextUserOptions
from graphcascade.options.task_options import make_options
from graphcascade.tasks import TASKS, fit_and_test
from graphcascade.trainers import AdversarialTrainer
from tests.models.small_data import dataset_of, random_dataset

TASK = TASKS["next-user"]


def options(**values: Any) -> NextUserOptions:
    return make_options(NextUserOptions, values)


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (Markov, {"max_epochs": 3}, "max_epochs=3: has no effect on Markov, which is not trained in epochs"),
        (Markov, {"adversary": "joint"}, "adversary='joint': has no effect on Markov"),
        (Markov, {"source_fusion": "sum"}, "source_fusion='sum': has no effect on Markov"),
        (
            LSTM,
            {"source_dropout": 0.1},
            "source_dropout=0.1: has no effect without fusion; .* or add source_fusion='sum'",
        ),
        (
            LSTM,
            {"source_fusion": "sum", "source_gate": "sigmoid"},
            "no effect without attention .* source_fusion='attention'",
        ),
        (LSTM, {"head_share": 0.5}, "head_share=0.5: has no effect without an adversary; .* or add adversary='joint'"),
        (Markov, {"social_dim": 3}, "social_dim=3: Markov has no vectors of users"),
        (NDM, {"social_dim": -1}, "social_dim=-1: must be 0 or more"),
        (
            NDM,
            {"follow_graph": Path("links.csv")},
            "follow_graph=links.csv: has no effect on NDM as it is; .* or add graph_encoder='SAGE'",
        ),
        (LSTM, {"protocol": "chronologic"}, "chronological"),
        (Markov, {"graph_encoder": "SAGE"}, "graph_encoder='SAGE': has no effect on Markov"),
        (LSTM, {"graph_encoder": "SAEG"}, r"encoder='SAEG'\): did you mean SAGE"),
        (
            LSTM,
            {"graph_layers": 3},
            "graph_layers=3: has no effect without a graph encoder; .* add graph_encoder='SAGE'",
        ),
        (LSTM, {"unknown_users": "add"}, "unknown_users='add': has an effect with a graph encoder only"),
        (NDM, {"graph_encoder": "SAGE", "social_dim": 3}, "social_dim=3: is another kind of vectors of users"),
        (LSTM, {"graph_encoder": "SAGE", "source_fusion": "sum"}, "source_fusion='sum': is another kind of vectors"),
        (LSTM, {"graph_encoder": "SAGE", "graph_window": 2}, "graph_window=2: has no effect .* add graph='both'"),
        (LSTM, {"graph_encoder": "SAGE", "graph": "both", "graph_window": 0}, "graph_window=0: must be at least 1"),
        (
            LSTM,
            {"graph_encoder": "SAGE", "graph": "cascades", "follow_graph": Path("links.csv")},
            "follow_graph=links.csv: has no effect on the graph of the cascades; .* add graph='both'",
        ),
        (LSTM, {"source_fusion": "sum", "source_dropout": 1.0}, "dropout"),
    ],
)
def test_options_without_effect_or_out_of_range_raise_an_error(kind: Any, values: dict[str, Any], message: str) -> None:
    with pytest.raises((UsageError, LookupError), match=message):
        TASK.check(kind, options(**values))


def test_the_model_gets_mask_and_end_from_the_protocol() -> None:
    dataset = random_dataset([3, 4, 2], 6)
    assert TASK.make(LSTM, dataset, {}, options(protocol="forest")).readout.terminate
    assert not TASK.make(LSTM, dataset, {}, options(protocol="chronological")).readout.terminate
    assert not TASK.make(LSTM, dataset, {"mask_infected": False}, options(protocol="dssf")).readout.mask_infected
    fused = TASK.make(LSTM, dataset, {}, options(source_fusion="attention", source_gate="sigmoid"))
    assert (fused.embedding.fusion, fused.embedding.gate) == ("attention", "sigmoid")


def test_the_same_seed_makes_the_same_model() -> None:
    dataset = random_dataset([3, 4, 2], 6)
    first, second, other = (TASK.make(LSTM, dataset, {}, options(), seed) for seed in (1, 1, 2))
    assert first.readout.weight.equal(second.readout.weight)
    assert not first.readout.weight.equal(other.readout.weight)


def test_the_adversary_has_a_separate_trainer() -> None:
    trainer = TASK.trainer(options(adversary="joint", adversary_warmup=2, head_share="half"), 0, False)
    assert isinstance(trainer, AdversarialTrainer)
    assert (trainer.every, trainer.warmup_epochs, trainer.head_share) == (0, 2, "half")


def test_data_without_an_order_get_a_random_split() -> None:
    relative = random_dataset([3, 4, 2], 6, times_absolute=False)
    _, chosen = TASK.prepare(relative, LSTM, options())
    assert chosen.testing.protocol == "random"
    _, chosen = TASK.prepare(random_dataset([3, 4, 2], 6), LSTM, options())
    assert chosen.testing.protocol == "chronological"
    with pytest.raises(UsageError, match=r"social_dim=\d+: .* has no follow graph; .* follow_graph='follows.csv'"):
        TASK.prepare(relative, NDM, options(social_dim=2))
    with pytest.raises(UsageError, match="protocol='ndm': uses the split that comes with the files"):
        TASK.prepare(relative, NDM, options(protocol="ndm"))


def test_predict_returns_at_most_all_users() -> None:
    dataset = random_dataset([3, 4, 2], 6)
    model = Markov(6).fit(dataset)
    assert TASK.predict(model, dataset)["rank"].max() == 4
    assert TASK.predict(model, dataset, 1)["rank"].max() == 1


def test_a_time_before_the_last_event_is_shown_as_it_was_typed() -> None:
    data = dataset_of([[0, 1], [1, 2], [2, 0]], 3, times=[[0.0, 90.0], [5.0, 7.0], [6.0, 8.0]])
    data = CascadeDataset(replace(data.table, time_unit="s", times_are_dates=True))
    message = r"now='1970-01-01T00:01Z': 1 of 3 cascades have later events, until 1970-01-01 00:01 UTC; leave them out"
    with pytest.raises(UsageError, match=message):
        TASK.predict(Markov(3).fit(data), data, now="1970-01-01T00:01Z")


def test_open_cascades_are_printed_before_finished_ones() -> None:
    data = dataset_of([[0, 1], [1, 2], [2, 0], [0, 2], [1, 0]], 3)
    predicted = pd.DataFrame({"cascade": range(5), "state": ["finished", "open", "finished", "finished", "open"]})
    assert TASK.shown_subjects(predicted, data) == [1, 4, 0]
    assert TASK.shown_subjects(predicted.drop(columns="state"), data) == [0, 1, 2]


def test_a_protocol_that_is_no_preset_is_saved_by_its_fields() -> None:
    mine = replace(PROTOCOLS["cyan"], name="mine", ks=(1, 2))
    saved = TASK.saved_options({"protocol": json.loads(json.dumps(asdict(mine)))})
    assert TASK.trainer(saved, 0, False).protocol == mine
    with pytest.raises(DataError, match="saved with a protocol that cannot be read"):
        TASK.saved_options({"protocol": {"ks": [1], "other": 2}})


def test_a_graph_encoder_replaces_the_vectors_of_users(tmp_path: Path) -> None:
    dataset = random_dataset([3, 4, 2, 5], 6)
    (tmp_path / "links.csv").write_text("u0,u1\nu2,u3\nnew,u0\n")
    given = options(graph_encoder="GCN", graph="both", graph_window=2, follow_graph=tmp_path / "links.csv")
    with pytest.raises(DataError, match="names 'new'"):
        TASK.prepare(dataset, LSTM, given)
    sizes = {}
    for unknown in ("drop", "add"):
        chosen = replace(given, graph=replace(given.graph, unknown_users=unknown))
        prepared, chosen = TASK.prepare(dataset, LSTM, chosen)
        model = TASK.make(LSTM, prepared, {"dim": 4}, chosen)
        assert isinstance(model.embedding, GraphEmbedding)
        assert model.embedding.encoder_name == "GCN"
        assert model.embedding.cascade_window == 2
        sizes[unknown] = (model.num_users, model.embedding.config["graph"]["links"]["graph"][0])
        assert prepared.user_ids.tolist()[6:] == ["new"][: model.num_users - 6]
    assert sizes == {"drop": (6, 4), "add": (7, 6)}
    (tmp_path / "links.csv").write_text("a,b\nb,c\n")
    with pytest.raises(DataError, match="none of its 3 users is in cascades; do both files use the same ids"):
        TASK.prepare(dataset, LSTM, chosen)
    with pytest.raises(
        UsageError, match=r"graph='follow': cascades has no follow graph; .* follow_graph='follows.csv'"
    ):
        TASK.prepare(dataset, LSTM, options(graph_encoder="SAGE"))


@pytest.mark.parametrize("has_follow_graph", [True, False])
def test_a_graph_encoder_is_proposed_where_there_is_a_follow_graph(has_follow_graph: bool) -> None:
    # In each cascade the users come in one order, so that counting the successors is better than a single epoch.
    dataset = dataset_of([[(start + k) % 12 for k in range(5)] for start in range(40)], 12)
    if has_follow_graph:
        users = torch.arange(12)
        dataset = dataset.with_follow_graph(Data(edge_index=torch.stack([users, (users + 1) % 12]), num_nodes=12))
    dataset, chosen = TASK.prepare(dataset, LSTM, options(max_epochs=1, learning_rate=1e-6))
    model = TASK.make(LSTM, dataset, {"dim": 4, "hidden": 4}, chosen, 0)
    run = fit_and_test(TASK, model, TASK.split(dataset, chosen, 0), TASK.trainer(chosen, 0, False), chosen)
    assert run.comparison.warning is not None
    assert "--source-fusion sum" in run.comparison.warning
    assert ("--graph-encoder SAGE" in run.comparison.warning) == has_follow_graph
