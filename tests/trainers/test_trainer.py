from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import CSVLogger
from torch import nn
from torch_geometric.data import HeteroData
from torchmetrics import MeanSquaredError

from graphcascade.errors import UsageError
from graphcascade.trainers import Optimization, Trainer, TrainingModule
from tests.trainers.toy_trainers import HingeTrainer, SquaresModule, SquaresTrainer, Table, ToyRanker


def network(seed: int) -> HeteroData:
    """Users who like tweets with the same remainder of the number as theirs, by 3."""
    generator = torch.Generator().manual_seed(seed)
    user = torch.randint(6, (40,), generator=generator)
    data = HeteroData()
    data["user"].num_nodes, data["tweet"].num_nodes = 6, 9
    data["user", "retweets", "tweet"].edge_index = torch.stack(
        [user, user % 3 + 3 * torch.randint(3, (40,), generator=generator)]
    )
    return data


def table(seed: int) -> Table:
    x = torch.randn(50, 3, generator=torch.Generator().manual_seed(seed))
    return x, x @ torch.tensor([1.0, -2.0, 0.5]) + 0.25


def ranker() -> ToyRanker:
    torch.manual_seed(0)
    return ToyRanker(6, 9)


def regressor() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Dropout(0.1), nn.Linear(3, 1))


TASKS: dict[str, tuple[type[Trainer[Any, Any]], Any, Any, dict[str, Any]]] = {
    "ranker": (HingeTrainer, ranker, network, {"optimizer": "adagrad", "learning_rate": 0.3, "monitor": "auc"}),
    "regressor": (SquaresTrainer, regressor, table, {"learning_rate": 0.1, "schedule": "cosine", "warmup_steps": 2}),
}


@pytest.mark.parametrize("name", TASKS)
def test_other_tasks_train_on_the_same_loop(name: str) -> None:
    kind, make, data, settings = TASKS[name]
    trainer = kind(max_epochs=20, batch_size=8, patience=None, **settings)
    model = trainer.fit(make(), data(0), data(1))
    assert trainer.epochs == 20
    if name == "ranker":
        user, tweet = data(2)["user", "retweets", "tweet"].edge_index
        assert float((model(user, tweet) > model(user, (tweet + 1) % 9)).float().mean()) > 0.9
    else:
        # Dropout of a tenth of the inputs shrinks the weights by a tenth.
        torch.testing.assert_close(model[1].weight[0], 0.9 * torch.tensor([1.0, -2.0, 0.5]), atol=0.15, rtol=0)


@pytest.mark.parametrize("validated", [True, False])
@pytest.mark.parametrize("name", TASKS)
def test_a_resumed_run_equals_an_uninterrupted_run_to_the_bit(name: str, validated: bool, tmp_path: Path) -> None:
    kind, make, data, settings = TASKS[name]
    val = data(1) if validated else None

    def run(folder: str, stops: list[int]) -> tuple[dict[str, torch.Tensor], pd.DataFrame]:
        model = make()
        for number, epochs in enumerate(stops):
            model = make()
            # A cosine ends at the last epoch, so the interrupted run is one of as many epochs that is killed.
            trainer = kind(max_epochs=6, batch_size=8, patience=None, directory=tmp_path / folder, **settings)
            if epochs < 6:
                with pytest.raises(KeyboardInterrupt):
                    stop_after(trainer, epochs).fit(model, data(0), val, resume=number > 0)
            else:
                trainer.fit(model, data(0), val, resume=number > 0)
        return model.state_dict(), pd.read_csv(tmp_path / folder / "logs" / "metrics.csv")

    weights, log = run("whole", [6])
    resumed, resumed_log = run("parts", [2, 3, 6])
    assert weights.keys() == resumed.keys()
    assert all(weights[key].equal(resumed[key]) for key in weights)
    pd.testing.assert_frame_equal(log, resumed_log)
    assert log["epoch"].value_counts().tolist() == [1 + validated] * 6


def stop_after(trainer: Trainer[Any, Any], epochs: int) -> Trainer[Any, Any]:
    """Interrupts the training in the middle of the epoch with this number, from 0."""
    make_module = trainer._module

    def module(*arguments: Any) -> Any:
        made = make_module(*arguments)
        step = made.training_step

        def training_step(batch: Any, batch_idx: int) -> Any:
            if made.current_epoch == epochs and batch_idx == 1:
                raise KeyboardInterrupt
            return step(batch, batch_idx)

        object.__setattr__(made, "training_step", training_step)
        return made

    trainer._module = module  # type: ignore[method-assign]
    return trainer


def test_early_stopping_and_the_best_weights_follow_the_monitor(tmp_path: Path) -> None:
    trainer = HingeTrainer(
        max_epochs=50, batch_size=8, patience=2, monitor="auc", learning_rate=1e-9, directory=tmp_path
    )
    trainer.fit(ranker(), network(0), network(1))
    assert trainer.epochs == 3  # nothing gets better after the first epoch
    with pytest.raises(UsageError, match="monitor='mrr': use one of 'auc', 'loss', 'either'"):
        HingeTrainer(monitor="mrr")
    with pytest.raises(UsageError, match="monitor='either': use one of 'loss'"):
        SquaresTrainer(monitor="either")


def test_another_model_or_other_data_are_not_resumed(tmp_path: Path) -> None:
    SquaresTrainer(max_epochs=1, directory=tmp_path).fit(regressor(), table(0))
    with pytest.raises(UsageError, match=r"^the run in .* has other training data; resume with the same"):
        SquaresTrainer(max_epochs=2, directory=tmp_path).fit(regressor(), table(5), resume=True)
    with pytest.raises(UsageError, match=r"^the run in .* is of Sequential, not of Linear; resume"):
        SquaresTrainer(max_epochs=2, directory=tmp_path).fit(nn.Linear(3, 1), table(0), resume=True)
    with pytest.raises(UsageError, match=r"^optimizer=.adagrad.: the run in .* has optimizer=adam"):
        SquaresTrainer(max_epochs=2, optimizer="adagrad", directory=tmp_path).fit(regressor(), table(0), resume=True)


def test_a_part_without_targets_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SquaresModule, "loss", lambda module, batch, training: (module.model(batch[0]).sum() * 0, 0))
    with pytest.raises(UsageError, match="the train data have nothing to predict"):
        SquaresTrainer(max_epochs=1).fit(regressor(), table(0))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": "sgd"}, "optimizer='sgd': use one of adam, adagrad"),
        ({"learning_rate": float("nan")}, "learning_rate=nan: must be a finite number above 0"),
        ({"weight_decay": -1.0}, "weight_decay=-1.0: must be a finite number, 0 or more"),
        ({"schedule": "step"}, "schedule='step': use one of constant"),
        ({"schedule": "noam"}, "warmup_steps=0: must be 0 or more, and above 0 for 'noam'"),
    ],
)
def test_settings_of_the_optimization_are_checked(settings: dict[str, Any], message: str) -> None:
    for kind in (Optimization, SquaresTrainer):
        with pytest.raises(UsageError, match=message):
            kind(**settings)


def test_the_learning_rate_follows_its_schedule() -> None:
    parameter = nn.Parameter(torch.zeros(1))

    def rates(**settings: Any) -> list[float]:
        optimization = Optimization(learning_rate=1.0, **settings)
        optimizer = optimization.make_optimizer([parameter])
        scheduler = optimization.make_scheduler(optimizer, 8)
        assert scheduler is not None
        found = []
        for _ in range(8):
            found.append(float(optimizer.param_groups[0]["lr"]))
            optimizer.step()
            scheduler.step()
        return found

    assert rates(warmup_steps=4) == [0.25, 0.5, 0.75, 1, 1, 1, 1, 1]
    assert rates(schedule="linear", warmup_steps=4) == [0.25, 0.5, 0.75, 1, 1, 0.75, 0.5, 0.25]
    assert rates(schedule="noam", warmup_steps=4)[3:] == pytest.approx(
        [1, (4 / 5) ** 0.5, (4 / 6) ** 0.5, (4 / 7) ** 0.5, (4 / 8) ** 0.5]
    )
    assert Optimization().make_scheduler(Optimization().make_optimizer([parameter]), 8) is None


class UndefinedMetric(SquaresModule):
    def measure(self, batch: Table) -> None:
        for metric in self.validation_metrics.values():
            metric.update(torch.full_like(batch[1], math.nan), batch[1])


class UndefinedMetricTrainer(SquaresTrainer):
    monitors = {"mse": "min", "loss": "min"}  # noqa: RUF012

    def _module(self, model: nn.Module, train: Table, run: dict[str, Any]) -> TrainingModule:
        return UndefinedMetric(model, self.optimization, {"val_mse": MeanSquaredError()}, run)


def test_a_run_without_a_best_epoch_is_resumed(tmp_path: Path) -> None:
    """The validation figure is NaN, so no epoch is better than the initial weights."""
    for epochs in (1, 2):
        trainer = UndefinedMetricTrainer(
            max_epochs=epochs, monitor="mse", patience=None, directory=tmp_path, progress=False
        )
        model = trainer.fit(regressor(), table(0), table(1), resume=epochs > 1)
        assert trainer.epochs == epochs
        assert not trainer.diverged
        torch.testing.assert_close(model.state_dict(), regressor().state_dict(), rtol=0, atol=0)


class Recorder(CSVLogger):
    """Keeps what is logged."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.figures: list[dict[str, float]] = []

    def log_metrics(self, metrics: Any, step: int | None = None) -> None:
        self.figures.append(dict(metrics))


class CountEpochs(Callback):
    def __init__(self) -> None:
        self.epochs = 0

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        self.epochs += 1
        self.precision = trainer.precision
        self.deterministic = torch.are_deterministic_algorithms_enabled()


@pytest.mark.parametrize("name", TASKS)
def test_loggers_callbacks_and_arguments_of_lightning_are_passed_on(name: str, tmp_path: Path) -> None:
    kind, make, data, settings = TASKS[name]
    recorder, counter = Recorder(tmp_path), CountEpochs()
    arguments = {"precision": "bf16-mixed", "accelerator": "cpu", "log_every_n_steps": 1, "deterministic": True}
    trainer = kind(max_epochs=2, logger=recorder, callbacks=[counter], trainer_args=arguments, **settings)
    trainer.fit(make(), data(0), data(1))
    assert (counter.epochs, counter.precision, counter.deterministic) == (2, "bf16-mixed", True)
    torch.use_deterministic_algorithms(False)
    assert sum("val_loss" in figures for figures in recorder.figures) == 2
    assert sum("train_loss" in figures for figures in recorder.figures) == 2


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, True),
        ({"precision": "bf16-mixed"}, True),
        ({"precision": "16-mixed"}, False),  # whose gradients are scaled
        ({"trainer_args": {"precision": 16}}, False),
        ({"weight_decay": 0.1}, False),
    ],
)
def test_sparse_gradients_need_gradients_that_are_not_scaled(settings: dict[str, Any], expected: bool) -> None:
    assert SquaresTrainer(**settings)._takes_sparse_gradients == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_epochs": 3}, "max_epochs of lightning.Trainer is set by another option; give max_epochs=10"),
        ({"default_root_dir": "x"}, "default_root_dir of lightning.Trainer .* give directory="),
        ({"logger": True}, "logger of lightning.Trainer is set by the argument logger of the trainers in Python"),
        ({"enable_progress_bar": False}, "is set by --quiet, and in Python by the argument progress"),
        ({"limit_train_batches": 2}, "limit_train_batches cannot be passed on to lightning.Trainer; those that can be"),
        ({"precison": 16}, "precison cannot be passed on to lightning.Trainer; did you mean precision"),
    ],
)
def test_arguments_of_lightning_that_a_trainer_sets_itself_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        SquaresTrainer(trainer_args=arguments)


@pytest.mark.parametrize("arguments", [{"precision": "7-bit"}, {"accelerator": "abacus"}, {"devices": 0}])
def test_values_that_lightning_does_not_accept_are_one_line(arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=rf"lightning\.Trainer does not accept .*{next(iter(arguments))}=") as raised:
        SquaresTrainer(max_epochs=1, trainer_args=arguments).fit(regressor(), table(0))
    assert "\n" not in str(raised.value)


def test_several_devices_are_refused_because_each_would_train_on_all_batches() -> None:
    with pytest.raises(UsageError, match=r"devices=2: a process trains on one device"):
        SquaresTrainer(max_epochs=1, accelerator="cpu", devices=2).fit(regressor(), table(0))
