from __future__ import annotations

import random
from pathlib import Path
from statistics import mean

import pytest
import torch

from graphcascade.analysis import source_map
from graphcascade.data import head_sources
from graphcascade.experiments import reproduce
from graphcascade.experiments.kinds.next_users import PROTOCOL
from graphcascade.io import read_cascades, write_csv
from graphcascade.models import LSTM
from graphcascade.nn import SourceFusion
from graphcascade.trainers import NextUserTrainer
from tests.models.small_data import dataset_of

YAML = """
title: sources
paper: theirs
url: https://example.org
place: Section 4
kind: source map
split: random
metrics: [attention head, attention tail, explained 1]
datasets: {data.csv: }
rows:
  - &lstm {name: attention, model: LSTM, arguments: {dim: 4, hidden: 4}, fusion: {fusion: attention, gate: sigmoid},
           trainer: {max_epochs: 2, batch_size: 8}}
  - {<<: *lstm, name: sum, fusion: {}}
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    chance = random.Random(3)
    # Half of the cascades have one of two sources, the others one of their own.
    cascades = [[k % 4 if k % 2 == 0 else 10 + k, *chance.sample(range(100, 220), 1 + k % 5)] for k in range(80)]
    return write_csv(dataset_of(cascades, 220), tmp_path / "data.csv")


def test_figures_are_those_of_the_trained_model(data: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(YAML)
    (result,) = reproduce(tmp_path / "mine.yaml", directory=tmp_path / "out")
    train, val, _ = PROTOCOL.prepare(read_cascades(data))
    torch.manual_seed(0)
    fusion = SourceFusion(train.num_users, 4, "attention", gate="sigmoid")
    model = LSTM(train.num_users, dim=4, hidden=4, embedding=fusion)
    NextUserTrainer(max_epochs=2, batch_size=8, protocol=PROTOCOL, progress=False).fit(model, train, val)
    head = head_sources(train)
    shares: dict[bool, list[float]] = {True: [], False: []}
    for one in train:
        share = fusion.attention(one.user, one.user[:1].expand(len(one.user)))
        shares[bool(head[one.user[0]])] += share.tolist()
    figures = {(row.row, row.metric): row.measured for row in result.figures.itertuples()}
    assert figures["attention", "attention head"] == pytest.approx(mean(shares[True]))
    assert figures["attention", "attention tail"] == pytest.approx(mean(shares[False]))
    explained = source_map(model, train).attrs["explained"]
    assert figures["attention", "explained 1"] == pytest.approx(explained[0])
    assert ("sum", "attention head") not in figures
    assert result.files[1].exists()
