from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import torch

from graphcascade.experiments import reproduce
from graphcascade.models import BPRMF
from graphcascade.simulate import simulate_retweets
from graphcascade.trainers import RankingTrainer

YAML = """
title: convergence
paper: theirs
url: https://example.org
place: Fig. 4
kind: ranking convergence
metrics: [epochs, "objective, first epoch", "objective, last epoch", seconds per epoch, minutes]
datasets: {SyntheticRetweets: }
simulated: {num_users: 150, num_tweets: 120}
rows:
  - {name: BPR, model: BPRMF, arguments: {dim: 4}, trainer: {max_epochs: 4, batch_size: 64, learning_rate: 0.3}}
"""


def test_the_objective_is_that_of_one_uninterrupted_training(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(YAML)
    (result,) = reproduce(tmp_path / "mine.yaml", directory=tmp_path / "out")
    network = simulate_retweets(num_users=150, num_tweets=120)
    train, _, _ = network.splits(0.8)
    torch.manual_seed(0)
    trainer = RankingTrainer(
        max_epochs=4, batch_size=64, learning_rate=0.3, patience=None, directory=tmp_path / "run", progress=False
    )
    trainer.fit(BPRMF.of(train, dim=4), train)
    expected = pd.read_csv(tmp_path / "run" / "logs" / "metrics.csv")["train_loss"].tolist()
    (stored,) = [json.loads(path.read_text()) for path in (tmp_path / "out" / "runs").glob("*.json")]
    assert stored["measured"]["objective"] == pytest.approx(expected)
    assert len(stored["measured"]["epoch seconds"]) == 4
    measured = result.figures.set_index("metric")["measured"]
    assert measured["objective, first epoch"] == pytest.approx(expected[0])
    assert measured["objective, last epoch"] == pytest.approx(expected[-1])
    limit = min(expected) + 0.01 * (expected[0] - min(expected))
    assert measured["epochs"] == 1 + next(epoch for epoch in range(4) if expected[epoch] <= limit)
    assert result.files[1].exists()
