from __future__ import annotations

import logging
import math
import signal
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset, CascadeTable
from graphcascade.data.cascades import dataset
from graphcascade.errors import DataError, MissingFileError, UnknownNameError, UsageError
from graphcascade.evaluation import NextUserProtocol, evaluate
from graphcascade.models import LSTM, MODELS, NDM, RNN, Popularity, load_model, save_model
from graphcascade.models.next_user import NextUserModel
from graphcascade.nn import GraphEmbedding, SourceFusion
from graphcascade.options import TrainingOptions
from graphcascade.trainers import AdversarialTrainer, NextUserTrainer, next_user_trainer
from graphcascade.trainers.next_user_module import NextUserModule
from graphcascade.trainers.next_user_trainer import choose_num_samples
from graphcascade.trainers.row_adam import RowAdam
from tests.models.ranking.small_network import random_network
from tests.models.small_data import dataset_of, random_dataset

USERS = 10
PROTOCOL = NextUserProtocol("small", ks=(1, 3))
TRAIN = random_dataset([4, 3, 6, 2, 5, 1, 4, 7], USERS)
VAL = random_dataset([4, 3, 5], USERS, seed=1)


def make_trainer(**arguments: Any) -> NextUserTrainer:
    chosen = {"max_epochs": 3, "batch_size": 3, "protocol": PROTOCOL, "progress": False, "learning_rate": 0.02}
    return NextUserTrainer(**{**chosen, **arguments})


def make_model(dropout: float = 0.0, **arguments: Any) -> LSTM:
    torch.manual_seed(0)
    return LSTM(USERS, dim=4, hidden=6, dropout=dropout, **arguments)


def weights(model: torch.nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    assert one.keys() == other.keys()
    return all(value.equal(other[name]) for name, value in one.items())


def logged(directory: Path) -> pd.DataFrame:
    """One row an epoch of the CSV log."""
    return pd.read_csv(directory / "logs" / "metrics.csv").groupby("epoch").first()


# Fit -------------------------------------------------------------------------------------------------------------


def test_fit_lowers_the_loss_and_returns_the_model_itself() -> None:
    model = make_model()
    before = evaluate(model, TRAIN, PROTOCOL)["MRR"]
    trainer = make_trainer(max_epochs=60, learning_rate=0.05)
    assert trainer.fit(model, TRAIN) is model
    assert trainer.epochs == 60
    assert not trainer.diverged
    assert not model.training
    assert model.user_ids.tolist() == TRAIN.user_ids.tolist()
    after = trainer.test(model, TRAIN, allow_overlap=True)
    assert after["MRR"] > max(0.8, before)
    assert (after.seed, after.protocol) == (0, PROTOCOL)


def test_the_defaults_learn_if_an_epoch_has_few_steps() -> None:
    """300 users, 3 steps an epoch: with a rate of 0.001, 20 epochs and a patience of 5 the MRR stayed at 0.28."""
    users = 300
    chains = [[(start + place) % users for place in range(5)] for start in range(0, users, 4)]
    train, val = dataset_of(chains, users), dataset_of([chain[1:] for chain in chains[::2]], users)
    torch.manual_seed(0)
    trainer = NextUserTrainer(accelerator="cpu", progress=False)
    assert trainer.test(trainer.fit(LSTM(users), train, val), val)["MRR"] > 0.9


def test_the_command_line_has_the_defaults_of_the_trainer() -> None:
    trainer = NextUserTrainer()
    for name, default in TrainingOptions().given().items():
        owner = trainer if hasattr(trainer, name) else trainer.optimization
        assert getattr(owner, name) == default, name


def test_training_without_validation_matches_a_plain_loop() -> None:
    """Beside a plain loop of Adam over the loader's batches."""
    from graphcascade.loader import CascadeLoader
    from graphcascade.models.next_user import NextEvents

    model = make_trainer().fit(make_model(), TRAIN)
    expected = make_model()
    expected.embedding.set_seen(TRAIN.seen)
    optimizer = torch.optim.Adam(expected.parameters(), lr=0.02, fused=True)
    loader = CascadeLoader(TRAIN, 3, shuffle=True, pool_size=64, seed=0)
    for _ in range(3):
        for batch in loader:
            events = NextEvents.from_batch(batch)
            optimizer.zero_grad()
            loss = expected.readout.loss(expected.encode(batch).user[events.row], events.target, events.history)
            (loss / events.row.numel()).backward()
            optimizer.step()
    for name, value in expected.state_dict().items():
        torch.testing.assert_close(model.state_dict()[name], value, rtol=1e-5, atol=1e-6)


def test_users_of_no_training_cascade_are_unseen() -> None:
    train = dataset_of([[0, 1], [2, 1, 0]], USERS)
    model = make_trainer(max_epochs=1).fit(make_model(), train, VAL)
    assert model.seen.tolist() == [True] * 3 + [False] * 7


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"terminate": True},
        {"average": "cascade"},
        {"unseen": "leave_out"},
        {"max_length": 3},
        {"ties": "pessimistic"},
    ],
)
def test_validation_figures_are_those_of_evaluate(tmp_path: Path, changes: dict[str, Any]) -> None:
    terminate = changes.pop("terminate", False)
    protocol = NextUserProtocol("small", ks=(1, 10), **changes)
    train = dataset_of([[0, 1, 2], [3, 1, 4, 5], [6, 7, 2, 0]], USERS)  # the validation has users whom it lacks
    trainer = make_trainer(max_epochs=1, directory=tmp_path, protocol=protocol)
    result = evaluate(trainer.fit(make_model(terminate=terminate), train, VAL), VAL, protocol)
    log = logged(tmp_path)
    for column, metric in (("val_mrr", "MRR"), ("val_hit@1", "Hit@1"), ("val_hit@10", "Hit@10")):
        assert log[column].iloc[0] == pytest.approx(result[metric], abs=1e-6)


def test_batches_without_targets_keep_weights_finite() -> None:
    train = dataset_of([[0, 1], [2], [3], [1, 2, 0]], USERS)
    model = make_trainer(batch_size=1, max_epochs=2).fit(make_model(), train, dataset_of([[4], [0, 1], [2, 9]], USERS))
    assert all(bool(value.isfinite().all()) for value in model.parameters())


def test_mixed_precision_trains_without_warnings() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make_trainer(precision="bf16-mixed", max_epochs=1).fit(make_model(), TRAIN, VAL)
        model = make_trainer(precision="bf16-mixed", max_epochs=60, learning_rate=0.05).fit(make_model(), TRAIN)
    assert model.readout.weight.dtype == torch.float32
    assert evaluate(model, TRAIN, PROTOCOL, allow_overlap=True)["MRR"] > 0.8


# Best weights, early stopping ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("monitor", "best"), [("mrr", max), ("loss", min)])
def test_the_best_weights_come_back_and_training_stops_early(tmp_path: Path, monitor: Any, best: Any) -> None:
    trainer = make_trainer(max_epochs=60, patience=2, monitor=monitor, directory=tmp_path, learning_rate=0.1)
    model = trainer.fit(make_model(), TRAIN, VAL)
    log = logged(tmp_path)
    values = log[f"val_{monitor}"].tolist()
    place = values.index(best(values))
    assert trainer.epochs == len(values) == place + 1 + 2 < 60
    found = evaluate(model, VAL, PROTOCOL)["MRR"]
    assert found == pytest.approx(log["val_mrr"].iloc[place], abs=1e-6)
    shorter = make_trainer(max_epochs=place + 1, learning_rate=0.1).fit(make_model(), TRAIN)
    assert same(weights(shorter), weights(model))


@pytest.mark.parametrize(("val", "later"), [(TRAIN, True), (VAL, False)])
def test_a_lower_loss_is_an_improvement_while_the_rank_stays_the_same(
    tmp_path: Path, val: CascadeDataset, later: bool
) -> None:
    """The rank of few cascades changes in steps; the loss of the training cascades falls in nearly every epoch."""
    arguments: dict[str, Any] = {"patience": 2, "learning_rate": 0.01}
    by_rank = make_trainer(max_epochs=20, monitor="mrr", **arguments)
    by_rank.fit(make_model(), TRAIN, val)
    trainer = make_trainer(max_epochs=20, monitor="either", directory=tmp_path / "whole", **arguments)
    model = trainer.fit(make_model(), TRAIN, val)
    log = logged(tmp_path / "whole")
    rank, loss = log["val_mrr"].tolist(), log["val_loss"].tolist()
    improved = [
        epoch
        for epoch in range(len(rank))
        if rank[epoch] > max(rank[:epoch], default=0) or loss[epoch] < min(loss[:epoch], default=math.inf)
    ]
    assert trainer.epochs == min(20, improved[-1] + 3)
    assert (by_rank.epochs < trainer.epochs) == later
    assert evaluate(model, val, PROTOCOL, allow_overlap=True)["MRR"] == pytest.approx(max(rank), abs=1e-6)
    parts: dict[str, Any] = {"monitor": "either", "directory": tmp_path / "parts", **arguments}
    make_trainer(max_epochs=by_rank.epochs - 1, **parts).fit(make_model(), TRAIN, val)
    resumed = make_trainer(max_epochs=20, **parts)
    assert same(weights(resumed.fit(make_model(), TRAIN, val, resume=True)), weights(model))
    assert resumed.epochs == trainer.epochs


def test_without_patience_training_does_not_stop_early() -> None:
    trainer = make_trainer(max_epochs=8, patience=None, learning_rate=0.1)
    trainer.fit(make_model(), TRAIN, VAL)
    assert trainer.epochs == 8


# Resume, seeds ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("val", [None, VAL])
@pytest.mark.parametrize(
    "schedule",
    [{}, {"schedule": "noam", "warmup_steps": 4}, {"num_samples": 4}, {"num_samples": 4, "optimizer": "adagrad"}],
)
def test_a_resumed_run_equals_an_uninterrupted_run(
    tmp_path: Path, val: CascadeDataset | None, schedule: dict[str, Any]
) -> None:
    arguments = {"patience": 10, "learning_rate": 0.01, **schedule}
    whole = make_trainer(max_epochs=5, directory=tmp_path / "whole", **arguments)
    expected = whole.fit(make_model(0.5), TRAIN, val)
    make_trainer(max_epochs=2, directory=tmp_path / "parts", **arguments).fit(make_model(0.5), TRAIN, val)
    rest = make_trainer(max_epochs=5, directory=tmp_path / "parts", **arguments)
    torch.manual_seed(99)
    found = rest.fit(LSTM(USERS, dim=4, hidden=6, dropout=0.5), TRAIN, val, resume=True)
    assert same(weights(found), weights(expected))
    assert rest.epochs == whole.epochs == 5
    assert logged(tmp_path / "parts").equals(logged(tmp_path / "whole"))


def test_resuming_a_finished_run_changes_nothing(tmp_path: Path) -> None:
    before = weights(make_trainer(directory=tmp_path).fit(make_model(), TRAIN, VAL))
    trainer = make_trainer(directory=tmp_path)
    torch.manual_seed(5)
    assert same(weights(trainer.fit(LSTM(USERS, dim=4, hidden=6), TRAIN, VAL, resume=True)), before)
    assert trainer.epochs == 3


def test_resuming_without_a_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"nothing to resume: .*last\.ckpt does not exist"):
        make_trainer(directory=tmp_path).fit(make_model(), TRAIN, resume=True)
    with pytest.raises(UsageError, match="resume=True: needs a directory"):
        make_trainer().fit(make_model(), TRAIN, resume=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rate": 0.03}, r"^learning_rate=0.03: the run in .* has learning_rate=0.02; resume with the same"),
        ({"seed": 4}, r"^seed=4: the run in .* has seed=0; resume"),
        ({"seed": 4, "train": VAL}, r"^seed=4: the run in .* has seed=0; resume"),
        ({"seed": 4, "model": RNN(USERS, dim=4, hidden=6)}, r"^the run in .* is of LSTM on cascades, not of RNN on"),
        ({"max_epochs": 1}, "max_epochs=1: must be more than 2, the number of epochs that the run has had"),
        ({"train": VAL}, r"^the run in .* has other training data; .* such as directory='runs/another'\.$"),
        ({"val": TRAIN}, r"^the run in .* has other validation data; resume"),
        ({"num_samples": 4}, r"^num_samples=4: the run in .* has num_samples=0; resume"),
        ({"schedule": "cosine"}, r"^schedule=.cosine.: the run in .* has schedule=constant"),
        ({"model": LSTM(USERS, dim=4, hidden=5)}, r"^hidden: the model of the run in .* has hidden=6, not 5; resume"),
        (
            {"model": LSTM(USERS, dim=4, hidden=6, std=0.2)},
            r"^std: the model of the run in .* has std=0.1, not 0.2; resume",
        ),
        (
            {"model": RNN(USERS, dim=4, hidden=6)},
            r"^the run in .* is of LSTM on cascades, not of RNN on cascades; resume with the same,",
        ),
        (
            {"model": LSTM(USERS, dim=4, hidden=6, embedding=SourceFusion(USERS, 4))},
            r"^embedding='SourceFusion': the run in .* has embedding=UserEmbedding; resume",
        ),
    ],
)
def test_resuming_with_other_settings_is_an_error(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    make_trainer(max_epochs=2, directory=tmp_path).fit(make_model(), TRAIN)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    model, train, val = change.pop("model", make_model()), change.pop("train", TRAIN), change.pop("val", None)
    with pytest.raises(UsageError, match=message):
        make_trainer(directory=tmp_path, **change).fit(model, train, val, resume=True)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("epochs", [7, 9])
def test_a_moved_run_can_be_resumed(tmp_path: Path, epochs: int) -> None:
    """The best epoch is an early one, so it must be remembered."""
    arguments: dict[str, Any] = {"learning_rate": 0.3, "patience": None}
    make_trainer(max_epochs=7, directory=tmp_path / "there", **arguments).fit(make_model(), TRAIN, VAL)
    (tmp_path / "there").rename(tmp_path / "here")
    torch.manual_seed(5)
    model = LSTM(USERS, dim=4, hidden=6)
    make_trainer(max_epochs=epochs, directory=tmp_path / "here", **arguments).fit(model, TRAIN, VAL, resume=True)
    assert same(weights(model), weights(make_trainer(max_epochs=epochs, **arguments).fit(make_model(), TRAIN, VAL)))


def test_a_missing_best_checkpoint_is_an_error(tmp_path: Path) -> None:
    arguments: dict[str, Any] = {"max_epochs": 7, "learning_rate": 0.3, "patience": None, "directory": tmp_path}
    make_trainer(**arguments).fit(make_model(), TRAIN, VAL)
    assert logged(tmp_path)["val_mrr"].idxmax() < 6
    (tmp_path / "checkpoints" / "best.ckpt").unlink()
    with pytest.raises(DataError, match="best epoch is missing"):
        make_trainer(**arguments).fit(make_model(), TRAIN, VAL, resume=True)


def test_a_changed_patience_is_used_after_resuming(tmp_path: Path) -> None:
    first = make_trainer(max_epochs=40, patience=1, directory=tmp_path, learning_rate=0.1)
    first.fit(make_model(), TRAIN, VAL)
    assert first.epochs < 30
    second = make_trainer(max_epochs=30, patience=29, directory=tmp_path, learning_rate=0.1)
    second.fit(make_model(), TRAIN, VAL, resume=True)
    assert second.epochs == 30


def test_resuming_a_schedule_with_other_epochs_raises_an_error(tmp_path: Path) -> None:
    make_trainer(max_epochs=2, schedule="linear", directory=tmp_path).fit(make_model(), TRAIN)
    with pytest.raises(UsageError, match=r"^max_epochs=4: the run in .* has max_epochs=2"):
        make_trainer(max_epochs=4, schedule="linear", directory=tmp_path).fit(make_model(), TRAIN, resume=True)


def test_weight_decay_makes_weights_smaller() -> None:
    plain, decayed = (make_trainer(max_epochs=20, weight_decay=w).fit(make_model(), TRAIN) for w in (0.0, 1.0))
    assert float(decayed.readout.weight.detach().norm()) < 0.5 * float(plain.readout.weight.detach().norm())


def test_protocols_that_rank_the_end_need_models_that_predict_it() -> None:
    protocol = NextUserProtocol("ends", ks=(1, 3), count_end=True)
    with pytest.raises(UsageError, match="make the model with terminate=True"):
        make_trainer(protocol=protocol).fit(make_model(), TRAIN, VAL)
    make_trainer(protocol=protocol, max_epochs=1).fit(make_model(terminate=True), TRAIN, VAL)


def test_a_run_is_replaced_only_on_request(tmp_path: Path) -> None:
    make_trainer(max_epochs=1, directory=tmp_path).fit(make_model(), TRAIN)
    before = (tmp_path / "checkpoints" / "last.ckpt").read_bytes()
    with pytest.raises(UsageError, match="resume=True continues it, overwrite=True replaces it"):
        make_trainer(max_epochs=2, directory=tmp_path).fit(make_model(), TRAIN)
    assert (tmp_path / "checkpoints" / "last.ckpt").read_bytes() == before
    trainer = make_trainer(max_epochs=2, directory=tmp_path)
    trainer.fit(make_model(), TRAIN, overwrite=True)
    assert trainer.epochs == 2


class Interrupted(LSTM):
    """Somebody presses Ctrl-C in the third epoch."""

    steps = 0

    def encode(self, batch: Any, alignment: bool = False) -> Any:
        self.steps += self.training
        if self.steps == 8:  # three steps an epoch
            raise KeyboardInterrupt
        return super().encode(batch, alignment)


def test_an_interrupted_run_can_be_resumed(tmp_path: Path) -> None:
    handler = signal.getsignal(signal.SIGINT)
    torch.manual_seed(0)
    with pytest.raises(KeyboardInterrupt):
        make_trainer(max_epochs=4, directory=tmp_path).fit(Interrupted(USERS, dim=4, hidden=6), TRAIN, VAL)
    assert signal.getsignal(signal.SIGINT) is handler
    torch.manual_seed(0)
    model = Interrupted(USERS, dim=4, hidden=6)
    model.steps = 100
    make_trainer(max_epochs=4, directory=tmp_path).fit(model, TRAIN, VAL, resume=True)
    assert same(weights(model), weights(make_trainer(max_epochs=4).fit(make_model(), TRAIN, VAL)))


def test_the_model_depends_on_the_seed_only() -> None:
    found = [weights(make_trainer(seed=seed).fit(make_model(0.5), TRAIN, VAL)) for seed in (1, 1, 2)]
    assert same(found[0], found[1])
    assert not same(found[0], found[2])


# Divergence ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("val", [None, VAL])
@pytest.mark.parametrize("learning_rate", [1e30, 1e38])
def test_a_diverging_loss_stops_training_and_keeps_finite_weights(
    val: CascadeDataset | None, learning_rate: float, caplog: pytest.LogCaptureFixture
) -> None:
    trainer = make_trainer(max_epochs=50, learning_rate=learning_rate, patience=None)
    torch.manual_seed(0)
    model = RNN(USERS, dim=4, hidden=6)
    with caplog.at_level(logging.WARNING, "graphcascade"):
        trainer.fit(model, TRAIN, val)
    assert all(bool(value.isfinite().all()) for value in model.parameters())
    assert not model.training
    assert trainer.diverged
    assert "Training diverged in epoch 1" in caplog.text
    assert f"smaller learning rate than {learning_rate:g}, or gradient clipping" in caplog.text
    torch.manual_seed(0)
    untrained = RNN(USERS, dim=4, hidden=6)
    untrained.embedding.set_seen(TRAIN.seen)
    assert same(weights(model), weights(untrained))


class Ruined(LSTM):
    """Its weights are no numbers after so many training steps, without a loss that would show it at once."""

    steps = 0

    def encode(self, batch: Any, alignment: bool = False) -> Any:
        if self.training:
            self.steps += 1
            if self.steps == self.ruin_at:
                self.readout.weight.register_hook(lambda gradient: gradient * math.nan)
        return super().encode(batch, alignment)


@pytest.mark.parametrize("val", [None, VAL])
@pytest.mark.parametrize(("ruin_at", "good"), [(9, 2), (7, 2), (1, 0), (3, 0)])  # three steps an epoch
def test_the_last_finite_weights_are_restored(val: CascadeDataset | None, ruin_at: int, good: int) -> None:
    torch.manual_seed(0)
    model = Ruined(USERS, dim=4, hidden=6)
    model.ruin_at = ruin_at
    trainer = make_trainer(max_epochs=6, monitor="loss")
    trainer.fit(model, TRAIN, val)
    assert trainer.diverged
    expected = make_model()
    if good:
        make_trainer(max_epochs=good, monitor="loss").fit(expected, TRAIN, val)
    state = weights(expected)
    state["embedding.seen"] = TRAIN.seen
    assert same(weights(model), state)


# Samples of users -------------------------------------------------------------------------------------------------


def test_few_samples_learn_too_and_tables_get_sparse_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    sparse: set[str] = set()
    training_step = NextUserModule.training_step

    def noted(module: NextUserModule, *arguments: Any) -> Tensor:
        for name, weight in module.model.named_parameters():
            weight.register_post_accumulate_grad_hook(
                lambda weight, name=name: sparse.add(name) if weight.grad.is_sparse else None
            )
        return training_step(module, *arguments)

    monkeypatch.setattr(NextUserModule, "training_step", noted)
    model = make_trainer(max_epochs=1, num_samples=4).fit(make_model(), TRAIN)
    assert sparse == {"embedding.weight", "readout.weight", "readout.bias"}
    sparse.clear()
    make_trainer(max_epochs=1, num_samples=4, weight_decay=0.01).fit(make_model(), TRAIN)
    make_trainer(max_epochs=1).fit(model, TRAIN)  # the next training is exact
    assert not sparse
    monkeypatch.setattr(NextUserModule, "training_step", training_step)
    trainer = make_trainer(max_epochs=60, learning_rate=0.05, num_samples=4)
    model = trainer.fit(make_model(), TRAIN)
    assert trainer.test(model, TRAIN, allow_overlap=True)["MRR"] > 0.75


@pytest.mark.parametrize("num_samples", [0, USERS, 10 * USERS])
def test_as_many_samples_as_users_are_the_exact_loss(num_samples: int) -> None:
    exact = weights(make_trainer(max_epochs=1).fit(make_model(), TRAIN))
    assert same(weights(make_trainer(max_epochs=1, num_samples=num_samples).fit(make_model(), TRAIN)), exact)


def test_many_users_are_sampled_by_default(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    assert choose_num_samples(None, 50_000) == 0
    assert choose_num_samples(None, 50_001) == 2_048
    assert choose_num_samples(0, 10**7) == 0
    assert choose_num_samples(100, 10) == 100
    chosen = weights(make_trainer(max_epochs=1, num_samples=4).fit(make_model(), TRAIN))
    monkeypatch.setattr(next_user_trainer, "MAX_EXACT_USERS", USERS - 1)
    monkeypatch.setattr(next_user_trainer, "NUM_SAMPLES", 4)
    caplog.set_level(logging.INFO)
    assert same(weights(make_trainer(max_epochs=1).fit(make_model(), TRAIN)), chosen)
    assert "LSTM: each step of the training compares the next users with 4 of 10 users" in caplog.text


@pytest.mark.parametrize("name", [name for name in MODELS if issubclass(MODELS[name], NextUserModel)])
def test_all_models_train_with_samples(name: str) -> None:
    torch.manual_seed(0)
    model = MODELS[name](USERS, dim=4)
    before = weights(model)
    make_trainer(max_epochs=1, num_samples=4).fit(model, TRAIN)
    after = weights(model)
    assert all(bool(value.isfinite().all()) for value in after.values())
    assert not after["embedding.weight"].equal(before["embedding.weight"])
    assert not after["readout.weight"].equal(before["readout.weight"])


def test_other_embeddings_and_an_adversary_train_with_samples() -> None:
    graph = Data(edge_index=torch.tensor([[0, 1, 2, 3], [1, 2, 3, 4]]), num_nodes=USERS)
    for embedding in (
        SourceFusion(USERS, 4, "attention"),
        GraphEmbedding(graph, 4),
        GraphEmbedding(graph, 4, fan_out=1),
    ):
        model = make_trainer(max_epochs=1, num_samples=4).fit(make_model(embedding=embedding), TRAIN)
        assert all(bool(value.isfinite().all()) for value in weights(model).values())
    chosen = {"max_epochs": 2, "batch_size": 3, "protocol": PROTOCOL, "progress": False, "num_samples": 4}
    model = AdversarialTrainer(**chosen, every=0, warmup_epochs=0).fit(make_model(), TRAIN)
    assert all(bool(value.isfinite().all()) for value in weights(model).values())


def test_weight_decay_with_samples_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    make_trainer(max_epochs=1, num_samples=4, weight_decay=0.1).fit(make_model(), TRAIN)
    assert "changes the vectors of all 10 users in each step" in caplog.text


def test_sparse_gradients_are_clipped(monkeypatch: pytest.MonkeyPatch) -> None:
    norms: list[float] = []
    step = RowAdam.step

    def noted(self: Any, closure: Any) -> Any:
        def clipped() -> Any:
            loss = closure()
            gradients = [weight.grad for group in self.param_groups for weight in group["params"]]
            norms.append(float(torch.stack([each.to_dense().square().sum() for each in gradients]).sum().sqrt()))
            return loss

        return step(self, clipped)

    monkeypatch.setattr(RowAdam, "step", noted)
    make_trainer(max_epochs=1, num_samples=4, gradient_clip=0.05).fit(make_model(), TRAIN)
    assert norms == pytest.approx([0.05] * 3, rel=1e-3)


# Learning rate, clipping -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [0.5, 1, 1, 1, 1, 1]),
        ("linear", [0.5, 1, 1, 0.75, 0.5, 0.25]),
        ("cosine", [0.5, 1] + [0.5 * (1 + math.cos(math.pi * k / 4)) for k in range(4)]),
        ("noam", [0.5, 1] + [math.sqrt(2 / k) for k in (3, 4, 5, 6)]),
    ],
)
def test_the_learning_rate_follows_its_schedule(
    schedule: str, expected: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = []
    step = torch.optim.Adam.step

    def noted(self: Any, *arguments: Any, **keywords: Any) -> Any:
        rates.append(self.param_groups[0]["lr"])
        return step(self, *arguments, **keywords)

    monkeypatch.setattr(torch.optim.Adam, "step", noted)
    trainer = make_trainer(max_epochs=2, learning_rate=0.01, schedule=schedule, warmup_steps=2)
    trainer.fit(make_model(), TRAIN)
    assert rates == pytest.approx([0.01 * share for share in expected])


def test_gradients_are_clipped_by_their_norm(monkeypatch: pytest.MonkeyPatch) -> None:
    norms: dict[float | None, list[float]] = {None: [], 0.05: []}
    step = torch.optim.Adam.step
    for clip, found in norms.items():

        def noted(self: Any, *arguments: Any, _found: list[float] = found, **keywords: Any) -> Any:
            result = step(self, *arguments, **keywords)
            gradients = [p.grad for p in self.param_groups[0]["params"] if p.grad is not None]
            _found.append(float(torch.stack([g.square().sum() for g in gradients]).sum().sqrt()))
            return result

        monkeypatch.setattr(torch.optim.Adam, "step", noted)
        make_trainer(max_epochs=1, gradient_clip=clip).fit(make_model(), TRAIN)
    assert min(norms[None]) > 0.05
    assert norms[0.05] == pytest.approx([0.05] * 3, rel=1e-3)


# Files, messages -------------------------------------------------------------------------------------------------


def test_logs_and_checkpoints_are_in_the_directory(tmp_path: Path) -> None:
    make_trainer(directory=tmp_path / "run").fit(make_model(), TRAIN, VAL)
    files = {str(path.relative_to(tmp_path / "run")) for path in (tmp_path / "run").rglob("*") if path.is_file()}
    assert {"checkpoints/best.ckpt", "checkpoints/last.ckpt", "logs/metrics.csv"} <= files
    assert any(name.startswith("logs/events.out.tfevents") for name in files)
    log = logged(tmp_path / "run")
    assert list(log.index) == [0, 1, 2]
    assert {"train_loss", "val_loss", "val_mrr", "val_hit@1", "val_hit@10"} <= set(log.columns)
    assert not log[["train_loss", "val_loss"]].isna().any().any()
    torch.load(tmp_path / "run" / "checkpoints" / "last.ckpt", weights_only=True)


def test_a_run_without_a_directory_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    make_trainer(max_epochs=1).fit(make_model(), TRAIN, VAL)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_training_prints_nothing(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        trainer = make_trainer(directory=tmp_path, max_epochs=1)
        model = trainer.fit(make_model(0.1), TRAIN, VAL)
        make_trainer(directory=tmp_path, max_epochs=2).fit(model, TRAIN, VAL, resume=True)
        make_trainer(directory=tmp_path, max_epochs=1).fit(model, TRAIN, overwrite=True)
    assert [str(warning.message) for warning in caught] == []
    assert capfd.readouterr() == ("", "")


def test_a_trained_model_is_saved_and_loaded(tmp_path: Path) -> None:
    model = make_trainer(max_epochs=1).fit(make_model(0.5), TRAIN, VAL)
    loaded = load_model(save_model(model, tmp_path / "model", protocol=PROTOCOL.name))
    assert evaluate(loaded, VAL, PROTOCOL).metrics.equals(evaluate(model, VAL, PROTOCOL).metrics)


def test_counting_baselines_are_tested_by_the_same_trainer() -> None:
    result = make_trainer().test(Popularity(USERS).fit(TRAIN), VAL)
    assert result.model == "Popularity"


# Bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"learning_rate": math.nan}, "learning_rate=nan: must be a finite number above 0"),
        ({"learning_rate": 0.0}, "learning_rate=0.0"),
        ({"learning_rate": math.inf}, "learning_rate=inf"),
        ({"num_samples": -1}, "num_samples=-1: must be 0"),
        ({"gradient_clip": -1.0}, "gradient_clip=-1.0: must be a finite number above 0"),
        ({"weight_decay": -0.1}, "weight_decay=-0.1: must be a finite number, 0 or more"),
        ({"weight_decay": math.nan}, "weight_decay=nan"),
        ({"max_epochs": 0}, "max_epochs=0: must be at least 1"),
        ({"batch_size": 0}, "batch_size=0: must be at least 1"),
        ({"patience": 0}, "patience=0: must be at least 1"),
        ({"pool_size": 0}, "pool_size=0: must be at least 1"),
        ({"schedule": "step"}, "schedule='step': use one of constant, cosine, linear, noam"),
        ({"schedule": "noam"}, "warmup_steps=0: must be 0 or more, and above 0 for 'noam'"),
        ({"warmup_steps": -1}, "warmup_steps=-1"),
        ({"monitor": "hits"}, "monitor='hits': use one of 'mrr', 'loss', 'either'"),
        ({"max_epochs": "3"}, r"NextUserTrainer\(max_epochs='3'\): must be a whole number"),
        ({"patience": 2.5}, r"\(patience=2.5\): must be a whole number or None"),
        ({"directory": 3}, r"\(directory=3\): must be text or a path or None"),
        ({"protocol": 3}, r"\(protocol=3\): must be text or a NextUserProtocol"),
    ],
)
def test_bad_arguments_raise_an_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_trainer(**arguments)


def test_an_unknown_protocol_raises_an_error() -> None:
    with pytest.raises(UnknownNameError, match="unknown protocol 'cian'"):
        make_trainer(protocol="cian")


def test_data_that_do_not_fit_raise_an_error() -> None:
    with pytest.raises(UsageError, match="the model has 9 users, the dataset cascades has 10"):
        make_trainer().fit(LSTM(9), TRAIN)
    with pytest.raises(UsageError, match=r"cascades .validation. has other users than cascades .training."):
        make_trainer().fit(make_model(), TRAIN, random_dataset([3], 12))
    single = dataset_of([[1], [2]], USERS)
    for parts in ((single,), (TRAIN, single), (TRAIN[:0],), (TRAIN, TRAIN[:0])):
        with pytest.raises(UsageError, match="has no cascade of two users, so there is nothing to predict"):
            make_trainer().fit(make_model(), *parts)
    other = dataset_of([[1, 2]], USERS, user_ids=[f"x{user}" for user in range(USERS)])
    with pytest.raises(UsageError, match="other users"):
        make_trainer().fit(make_model(), TRAIN, other)


def test_validation_users_whom_training_has_not_seen_raise_an_error() -> None:
    train, val = dataset_of([[0, 1], [1, 0]], USERS), dataset_of([[0, 7], [8, 9]], USERS)
    with pytest.raises(UsageError, match="the val cascades have no event with a next user that training knows"):
        make_trainer().fit(make_model(), train, val)


def test_other_kinds_of_models_are_an_error() -> None:
    with pytest.raises(UsageError, match=r"give a model, such as LSTM\(num_users\), and not its class"):
        make_trainer().fit(LSTM, TRAIN)
    with pytest.raises(UsageError, match="Linear is not a NextUserModel"):
        make_trainer().fit(torch.nn.Linear(2, 2), TRAIN)


def test_a_network_of_retweets_is_an_error_that_names_the_right_trainer() -> None:
    words = "must be a CascadeDataset, not RetweetNetwork, .*; RankingTrainer trains and tests"
    with pytest.raises(UsageError, match=f"train: {words}"):
        make_trainer().fit(make_model(), random_network())
    with pytest.raises(UsageError, match=f"data: {words}"):
        make_trainer().test(make_model(), random_network())


@pytest.mark.parametrize("method", ["chronological", "random"])
def test_training_does_not_copy_all_events_of_a_part(method: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = random_dataset([4, 3, 6, 2, 5, 1, 4, 7] * 10, USERS)
    whole = whole[whole.table.time[whole.table.ptr[:-1]].argsort(stable=True)].copy()
    copied: list[int] = []
    select = CascadeTable.select

    def counted(table: CascadeTable, index: Tensor) -> CascadeTable:
        part = select(table, index)
        if part.user.untyped_storage().data_ptr() != table.user.untyped_storage().data_ptr():
            copied.append(part.num_events)
        return part

    train, val, _ = whole.splits(method)
    monkeypatch.setattr(dataset, "PORTION", 20)
    monkeypatch.setattr(CascadeTable, "select", counted)
    model = NDM(USERS, dim=4, heads=1)
    make_trainer(max_epochs=1, num_samples=4).fit(model, train, val)
    assert model.long_wait is not None
    assert bool(copied) == (method == "random")
    assert max(copied, default=0) <= 20
