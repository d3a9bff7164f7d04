"""The task "next-user": options that have no effect, and how a model agrees with its protocol."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation import PROTOCOLS
from graphcascade.models import LSTM, NDM, Markov
from graphcascade.options import NextUserOptions
from graphcascade.options.task_options import make_options
from graphcascade.tasks import TASKS
from graphcascade.trainers import AdversarialTrainer
from tests.models.small_data import random_dataset

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
        (LSTM, {"social_dim": 3}, "social_dim=3: LSTM does not use a follow graph"),
        (NDM, {"social_dim": -1}, "social_dim=-1: must be 0 or more"),
        (
            NDM,
            {"follow_graph": Path("links.csv")},
            "follow_graph=links.csv: has no effect on NDM as it is; .* or add social_dim=32",
        ),
        (LSTM, {"protocol": "chronologic"}, "chronological"),
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


def test_a_protocol_that_is_no_preset_is_saved_by_its_fields() -> None:
    mine = replace(PROTOCOLS["cyan"], name="mine", ks=(1, 2))
    saved = TASK.saved_options({"protocol": json.loads(json.dumps(asdict(mine)))})
    assert TASK.trainer(saved, 0, False).protocol == mine
    with pytest.raises(DataError, match="saved with a protocol that cannot be read"):
        TASK.saved_options({"protocol": {"ks": [1], "other": 2}})
