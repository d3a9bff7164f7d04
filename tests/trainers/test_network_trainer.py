"""The trainer of models that infer a network."""

from __future__ import annotations

import pytest

from graphcascade.errors import UsageError
from graphcascade.evaluation import RolloutProtocol, evaluate_cascades
from graphcascade.models import Netrate
from graphcascade.simulate import cyan_cascades
from graphcascade.trainers import NetworkTrainer


def test_the_trainer_fits_and_tests_like_the_functions() -> None:
    train, _, test = cyan_cascades("core-periphery", "exponential", num_cascades=200).splits("random", seed=0)
    protocol = RolloutProtocol(simulations=20)
    trainer = NetworkTrainer(protocol=protocol, seed=3, progress=False)
    model = trainer.fit(Netrate(), train)
    assert model.graph.edge_index.equal(Netrate().fit(train).graph.edge_index)
    found, expected = trainer.test(model, test), evaluate_cascades(model, test, protocol, 3)
    assert found.metrics.equals(expected.metrics)
    assert found.seed == 3


def test_the_seed_is_checked() -> None:
    with pytest.raises(UsageError, match="seed"):
        NetworkTrainer(seed=-1)
