from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from graphcascade.data import PostStream
from graphcascade.errors import UsageError
from graphcascade.models import DSN, DTCN, LSTM, MLP, TTCVLT, AttentionMLP, MultiView
from graphcascade.models.popularity.window_model import WindowModel
from graphcascade.trainers import PopularityTrainer, popularity_trainer
from tests.models.popularity.small_stream import random_stream
from tests.models.small_data import dataset_of

STREAM = random_stream(posts=200)
TRAIN, VAL, TEST = STREAM.splits()


def make(**arguments: Any) -> DSN:
    torch.manual_seed(1)
    return DSN.of(TRAIN, **{"hidden_dim": 8, "length": 3, **arguments})


def mean_absolute_error(model: DSN, val: PostStream = VAL) -> float:
    return float((model.predict(val, val.targets) - val.target_y).abs().mean())


def test_a_resumed_run_is_the_uninterrupted_one_to_the_bit(tmp_path: Path) -> None:
    def run(name: str, epochs: list[int]) -> tuple[dict[str, torch.Tensor], pd.DataFrame]:
        for number, last in enumerate(epochs):
            trainer = PopularityTrainer(max_epochs=last, batch_size=16, directory=tmp_path / name, progress=False)
            model = trainer.fit(make(), TRAIN, VAL, resume=number > 0)
        return model.state_dict(), pd.read_csv(tmp_path / name / "logs" / "metrics.csv")

    weights, log = run("whole", [5])
    resumed, resumed_log = run("parts", [2, 3, 5])
    assert all(weights[key].equal(resumed[key]) for key in weights)
    pd.testing.assert_frame_equal(log, resumed_log)


def test_the_epoch_with_the_lowest_mean_absolute_error_is_kept() -> None:
    trainer = PopularityTrainer(max_epochs=8, batch_size=32, learning_rate=0.02, progress=False)
    earlier = VAL.with_targets(VAL.targets[: (VAL.targets.numel() + 1) // 2])  # which chooses the epoch
    best = mean_absolute_error(trainer.fit(make(), TRAIN, VAL), earlier)
    errors = []
    for epochs in range(1, 9):
        shorter = PopularityTrainer(max_epochs=epochs, batch_size=32, learning_rate=0.02, progress=False)
        errors.append(mean_absolute_error(shorter.fit(make(), TRAIN), earlier))
    assert best == pytest.approx(min(errors), abs=1e-6)
    assert min(errors) < errors[-1]


def test_training_gives_intervals_and_predictions() -> None:
    trainer = PopularityTrainer(max_epochs=1, progress=False)
    model = trainer.fit(make(), TRAIN, VAL)
    later = VAL.targets[(VAL.targets.numel() + 1) // 2 :]
    residual = VAL.y[later] - model.predict(VAL, later)
    expected = [float(residual.quantile(share)) for share in (0.25, 0.75)]
    assert model.interval(0.5) == pytest.approx(expected, abs=1e-5)
    predicted = trainer.predict(model, TEST, TEST.post_ids[TEST.targets.numpy()].tolist(), interval=0.5)
    assert predicted["label"].tolist() == model.predict(STREAM, TEST.targets).tolist()
    assert (predicted["upper"] - predicted["lower"]).tolist() == pytest.approx(
        [expected[1] - expected[0]] * len(predicted), abs=1e-5
    )
    result = trainer.test(model, TEST)
    error = (model.predict(TEST, TEST.targets) - TEST.target_y).abs().mean()
    assert result["MAE"] == pytest.approx(float(error), rel=1e-5)
    assert trainer.fit(make(), TRAIN).interval(0.9) is None
    assert model.split.part == "train"


@pytest.mark.parametrize("kind", [DSN, DTCN, MLP, AttentionMLP, MultiView, TTCVLT])
def test_networks_train_in_mixed_precision(kind: type[WindowModel]) -> None:
    arguments = {"max_epochs": 1, "batch_size": 64, "accelerator": "cpu", "progress": False}
    errors = []
    for precision in ("bf16-mixed", "32-true"):
        torch.manual_seed(1)
        trainer = PopularityTrainer(precision=precision, **arguments)
        model = trainer.fit(kind.of(TRAIN, hidden_dim=8, dropout=0.0), TRAIN, VAL)
        errors.append(float((model.predict(VAL, VAL.targets) - VAL.target_y).abs().mean()))
    assert errors[0] == pytest.approx(errors[1], rel=0.05)


def test_bad_models_and_data_raise_an_error() -> None:
    trainer = PopularityTrainer(max_epochs=1, progress=False)
    with pytest.raises(UsageError, match="LSTM is not a WindowModel"):
        trainer.fit(LSTM(3), TRAIN)  # type: ignore[arg-type]
    cascades = dataset_of([[0, 1, 2], [1, 2]], 3)
    with pytest.raises(UsageError, match="train: must be a PostStream, not CascadeDataset"):
        trainer.fit(make(), cascades)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="val: must be a PostStream, not CascadeDataset"):
        trainer.fit(make(), TRAIN, cascades)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="this is the test part of a split; validate on the validation part"):
        trainer.fit(make(), TRAIN, TEST)
    with pytest.raises(UsageError, match="the validation part is of another split"):
        trainer.fit(make(), TRAIN, STREAM.splits(0.5)[1])
    with pytest.raises(UsageError, match="monitor='auc'"):
        PopularityTrainer(monitor="auc")


# Many users -------------------------------------------------------------------------------------------------------


def uid_gradients(monkeypatch: pytest.MonkeyPatch, **settings: Any) -> tuple[DSN, list[torch.Tensor]]:
    """Trains with many users, and returns the model and the gradients of their table."""
    monkeypatch.setattr(popularity_trainer, "MAX_DENSE_USERS", 3)
    model, found = make(), []
    model.users.uid.weight.register_post_accumulate_grad_hook(lambda weight: found.append(weight.grad))
    PopularityTrainer(max_epochs=2, batch_size=16, progress=False, **settings).fit(model, TRAIN)
    return model, found


def test_the_table_of_many_users_has_sparse_gradients(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _, found = uid_gradients(monkeypatch, weight_decay=0.0)
    assert all(gradient.is_sparse for gradient in found)
    assert not caplog.records
    _, found = uid_gradients(monkeypatch, weight_decay=0.01)
    assert not any(gradient.is_sparse for gradient in found)
    assert "changes the vectors of all" in caplog.text
    monkeypatch.undo()
    model = make()
    model.users.sparse_gradients = True  # as an earlier training left it
    PopularityTrainer(max_epochs=1, progress=False, weight_decay=0.0).fit(model, TRAIN)
    assert not model.users.sparse_gradients


def test_with_adagrad_sparse_gradients_give_the_weights_of_dense_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"optimizer": "adagrad", "learning_rate": 0.05, "weight_decay": 0.0}
    sparse, _ = uid_gradients(monkeypatch, **settings)
    monkeypatch.undo()
    dense = make()
    PopularityTrainer(max_epochs=2, batch_size=16, progress=False, **settings).fit(dense, TRAIN)
    torch.testing.assert_close(sparse.users.uid.weight, dense.users.uid.weight)
