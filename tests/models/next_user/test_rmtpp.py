from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.models import RMTPP, load_model, save_model
from graphcascade.nn import FixedFeatures
from graphcascade.prediction import simulate_rollouts
from graphcascade.trainers import NextUserTrainer
from tests.models.contract import assert_contract, assert_overfits
from tests.models.small_data import dataset_of, random_dataset, whole_batch

USERS = 12


@pytest.fixture
def dataset() -> CascadeDataset:
    return random_dataset([3, 1, 6, 2, 5, 1], USERS, time_unit="s")


def test_states_and_densities_match_the_equations(dataset: CascadeDataset) -> None:
    """Compares with Eq. 8, 9, 11 and 12 of RMTPP in plain loops."""
    torch.manual_seed(0)
    model = RMTPP(USERS, dim=3, hidden=2, cell="elman", horizon=5.0, scale=0.5).double()
    head = model.time_head
    with torch.no_grad():
        head.slope.fill_(-0.3)
    layer = model.recurrence
    input_weight, state_weight = layer.weight_ih_l0.detach(), layer.weight_hh_l0.detach()
    bias = (layer.bias_ih_l0 + layer.bias_hh_l0).detach()
    v, b = head.log_rate.weight[0].detach(), head.log_rate.bias.item()
    rows, densities = [], []
    for cascade in dataset:
        h = torch.zeros(2, dtype=torch.float64)
        times = cascade.time.tolist()
        for k, user in enumerate(cascade.user.tolist()):
            log_interval = 0.0 if k == 0 else math.log((times[k] - times[k - 1]) / 0.5 + 1e-3)
            x = torch.tensor([*model.embedding.weight[user].tolist(), log_interval], dtype=torch.float64)
            h = (input_weight @ x + state_weight @ h + bias).clamp(min=0)
            rows.append(h)
            if k + 1 < len(times):
                s = (times[k + 1] - times[k]) / 0.5
                a = float(v @ h) + b
                density = math.exp(a - 0.3 * s - (math.exp(a) - math.exp(a - 0.3 * s)) / 0.3)
                densities.append(math.log(density / 0.5))
    batch = whole_batch(dataset)
    encoding = model.encode(batch)
    torch.testing.assert_close(encoding.user, torch.stack(rows))
    row = (batch.batch.diff() == 0).nonzero().view(-1)
    result = head.log_prob(encoding.time[row], batch.time[row + 1] - batch.time[row])
    assert result.tolist() == pytest.approx(densities)


@pytest.mark.parametrize("cell", ["gru", "elman"])
@pytest.mark.parametrize("calendar", [True, False])
def test_the_model_keeps_the_contract(dataset: CascadeDataset, cell: Any, calendar: bool) -> None:
    torch.manual_seed(0)
    model = RMTPP(USERS, dim=4, hidden=16, cell=cell, dropout=0.4, terminate=True, calendar=calendar)
    model.prepare(dataset)
    if calendar:
        torch.nn.init.normal_(model.features.fields.weight)
    assert_contract(model, dataset)


def test_the_model_accepts_another_embedding(dataset: CascadeDataset) -> None:
    torch.manual_seed(0)
    assert_contract(RMTPP(USERS, 4, 5, embedding=FixedFeatures(torch.randn(USERS, 2), 4)), dataset)


def test_the_model_overfits_a_small_set(dataset: CascadeDataset) -> None:
    torch.manual_seed(0)
    assert_overfits(RMTPP(USERS, dim=16, hidden=16), dataset)


def test_the_model_learns_different_intervals_of_users() -> None:
    """The mean interval is 1 hour after user 0 and 10 hours after user 1; the next user is independent of it."""
    generator = torch.Generator().manual_seed(0)
    users, times = [], []
    for number in range(400):
        wait = torch.empty(1, dtype=torch.float64).exponential_(generator=generator).item()
        users.append([number % 2, 2 + number % 3])
        times.append([0.0, wait * (1.0, 10.0)[number % 2]])
    dataset = dataset_of(users, 5, times, time_unit="h")
    model = RMTPP(5, dim=4, hidden=8)
    trainer = NextUserTrainer(max_epochs=30, learning_rate=0.01, accelerator="cpu", progress=False)
    trainer.fit(model, dataset)
    encoding, _ = model.start(torch.tensor([0, 1]), torch.zeros(2, dtype=torch.float64))
    fast, slow = model.time_head.mean(encoding.time).tolist()
    assert fast == pytest.approx(1, rel=0.25)
    assert slow == pytest.approx(10, rel=0.25)


def test_training_sets_horizon_and_scale_and_they_are_saved(tmp_path: Path) -> None:
    dataset = dataset_of([[0, 1, 2], [3, 4]], 5, [[0.0, 1.0, 4.0], [10.0, 12.0]])
    model = RMTPP(5, 2, 2)
    NextUserTrainer(max_epochs=1, accelerator="cpu", progress=False).fit(model, dataset)
    assert float(model.time_head.horizon) == 3
    assert float(model.time_head.scale) == float(model.features.scale) == 2
    assert model.config["horizon"] is None
    loaded = load_model(save_model(model, tmp_path / "model"))
    assert str(loaded) == str(model)
    assert float(loaded.time_head.horizon) == 3


def test_dates_need_unix_seconds() -> None:
    dataset = dataset_of([[0, 1, 2]], 5, time_unit="h")
    trainer = NextUserTrainer(max_epochs=1, accelerator="cpu", progress=False)
    with pytest.raises(UsageError, match=r"calendar=True\): reads dates from Unix seconds, but times are in h"):
        trainer.fit(RMTPP(5, 2, 2, calendar=True), dataset)


def test_simulations_draw_times(dataset: CascadeDataset) -> None:
    torch.manual_seed(0)
    model = RMTPP(USERS, 4, 4)
    model.prepare(dataset)
    table = dataset.table
    result = simulate_rollouts(model, table.source, table.time[table.ptr[:-1]], table.size - 1, simulations=20)
    assert result.share.sum().item() == pytest.approx(int((table.size - 1).sum()))


def test_config_makes_the_same_model() -> None:
    model = RMTPP(USERS, 4, 5, "elman", 0.1, True, False, 0.2, True, math.inf, 60.0)
    assert model.config == {
        "num_users": USERS,
        "dim": 4,
        "hidden": 5,
        "cell": "elman",
        "dropout": 0.1,
        "terminate": True,
        "mask_infected": False,
        "std": 0.2,
        "calendar": True,
        "horizon": math.inf,
        "scale": 60.0,
        "embedding": None,
    }
    assert str(RMTPP(**model.config)) == str(model)


def test_str_shows_the_layers() -> None:
    assert str(RMTPP(10, 4, 5, horizon=100.0)) == (
        "RMTPP(\n"
        "  (embedding): UserEmbedding(10, 4)\n"
        "  (readout): UserSoftmax(5, num_users=10, terminate=False)\n"
        "  (time_head): LogLinearTimeHead(\n"
        "    5, horizon=100, scale=1\n"
        "    (log_rate): Linear(in_features=5, out_features=1, bias=True)\n"
        "  )\n"
        "  (features): TimeFeatures(1, calendar=False, scale=1, epsilon=0.001)\n"
        "  (recurrence): GRU(5, 5)\n"
        "  (dropout): Dropout(p=0.0, inplace=False)\n"
        ")"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cell": "lstm"}, r"cell='lstm'\): must be one of 'gru', 'elman'"),
        ({"hidden": 0}, "hidden=0: must be at least 1"),
        ({"dim": 0}, "dim=0: must be at least 1"),
        ({"horizon": -1.0}, r"horizon=-1.0\): must be above 0"),
        ({"scale": 0.0}, r"scale=0.0\): must be a finite number above 0"),
    ],
)
def test_bad_arguments_raise_an_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        RMTPP(5, **arguments)
