from __future__ import annotations

import itertools
import random
from dataclasses import replace
from pathlib import Path
from statistics import mean

import pytest
import torch

from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation import rank_next_users
from graphcascade.experiments import reproduce
from graphcascade.experiments.kinds.new_users import PROTOCOL
from graphcascade.io import read_cascades, write_csv
from graphcascade.models import LSTM
from graphcascade.nn import GraphEmbedding
from graphcascade.trainers import NextUserTrainer
from tests.models.small_data import dataset_of

YAML = """
title: new
paper: theirs
url: https://example.org
place: none
kind: new users
split: random
metrics: [MRR, MRR seen, Hit@10 unseen, MRR after unseen]
datasets: {data.csv: }
seeds: 1
rows:
  - {name: Markov, model: Markov}
  - name: graph
    model: LSTM
    arguments: {dim: 4, hidden: 4}
    trainer: {max_epochs: 2, batch_size: 8}
    graph: {graph: cascades, encoder: GCN, cascade_window: 2}
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    chance = random.Random(3)
    cascades = [chance.sample(range(150), 2 + k % 5) for k in range(60)]
    write_csv(dataset_of(cascades, 150), tmp_path / "data.csv")
    path = tmp_path / "mine.yaml"
    path.write_text(YAML)
    return path


def test_figures_are_those_of_the_models(mine: Path, tmp_path: Path) -> None:
    """Ranks are also those of a loop over the events, which looks at who is in the training cascades."""
    (result,) = reproduce(mine, directory=tmp_path / "out")
    protocol = replace(PROTOCOL, split="random")
    train, val, test = protocol.prepare(read_cascades(tmp_path / "data.csv"))
    torch.manual_seed(0)
    graph = GraphEmbedding(train.num_users, 4, "GCN", cascade_window=2)
    model = LSTM(train.num_users, dim=4, hidden=4, embedding=graph)
    NextUserTrainer(max_epochs=2, batch_size=8, protocol=protocol, progress=False).fit(model, train, val)
    rank, _, _ = rank_next_users(model, test, protocol)
    values: dict[str, list[float]] = {}
    rows = iter((1 / rank).tolist())
    for cascade in test:
        users = cascade.user.tolist()
        for user, following in itertools.pairwise(users):
            value = next(rows)
            values.setdefault("MRR", []).append(value)
            if train.seen[following]:
                values.setdefault("MRR seen", []).append(value)
            else:
                values.setdefault("Hit@10 unseen", []).append(float(value >= 0.1))
            if not train.seen[user]:
                values.setdefault("MRR after unseen", []).append(value)
    assert len(values) == 4
    figures = {(row.row, row.metric): row.measured for row in result.figures.itertuples()}
    for name, numbers in values.items():
        assert figures["graph", name] == pytest.approx(100 * mean(numbers)), name


def test_settings_of_graphs_are_checked_when_the_file_is_read(mine: Path, tmp_path: Path) -> None:
    for old, new, message in (
        ("encoder: GCN", "encoder: GNC", "did you mean GIN or GCN"),
        ("graph: cascades", "graph: friends", "use 'follow', 'cascades' or 'both'"),
        ("cascade_window: 2", "cascade_window: -2", "cascade_window=-2"),
        ("model: LSTM", "model: Markov", "graph"),
    ):
        mine.write_text(YAML.replace(old, new))
        with pytest.raises((DataError, UsageError), match=message):
            reproduce(mine, directory=tmp_path / "out")
