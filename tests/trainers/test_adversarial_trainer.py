from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from graphcascade.data import head_sources
from graphcascade.errors import UsageError
from graphcascade.evaluation import NextUserProtocol, evaluate
from graphcascade.loader import BalancedLoader
from graphcascade.models import LSTM
from graphcascade.models.next_user import NextEvents
from graphcascade.nn import SourceFusion
from graphcascade.trainers import AdversarialTrainer
from tests.models.small_data import dataset_of

USERS = 8
PROTOCOL = NextUserProtocol("small", ks=(1, 3))
TRAIN = dataset_of(
    [[0, 1, 2], [0, 2, 3, 4], [0, 4], [0, 1, 5], [1, 2, 3], [1, 3], [2, 5, 6], [3, 6, 1], [4, 5, 2, 1]], USERS
)


def make_trainer(**arguments: Any) -> AdversarialTrainer:
    chosen = {"max_epochs": 6, "batch_size": 4, "protocol": PROTOCOL, "progress": False, "learning_rate": 0.02}
    return AdversarialTrainer(**{**chosen, "warmup_epochs": 1, **arguments})


def make_model() -> LSTM:
    torch.manual_seed(0)
    return LSTM(USERS, dim=4, hidden=6, embedding=SourceFusion(USERS, 4, dropout=0.0, std=1.0))


def weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


@pytest.mark.parametrize("every", [0, 2, 3])
def test_training_matches_a_plain_loop(every: int) -> None:
    """DSSF, Algorithm 1 and Eq. 4-7, with the gradient of minus lambda times the discriminator's loss."""
    model = make_model()
    expected = make_model()
    make_trainer(every=every, head_share=0.3).fit(model, TRAIN)
    expected.prepare(TRAIN)
    is_head = head_sources(TRAIN, 0.3)
    torch.manual_seed(0)
    discriminator = nn.Sequential(nn.Linear(6, 64), nn.ReLU(), nn.Linear(64, 1))
    of_model = torch.optim.Adam(expected.parameters(), lr=0.02)
    of_discriminator = torch.optim.Adam(discriminator.parameters(), lr=0.02)
    loader = BalancedLoader(TRAIN, is_head[TRAIN.table.user[TRAIN.table.ptr[:-1]]], 4)
    for epoch in range(6):
        weight = 0.0 if epoch < 1 else 1 - math.exp(1 - epoch)
        for batch in loader:
            events = NextEvents.from_batch(batch)
            x = expected.encode(batch).user[events.row]
            head = is_head[batch.user[batch.ptr[:-1]]][batch.batch[events.row]]
            guess = discriminator(x).squeeze(1).sigmoid()
            told = -torch.where(head, guess.log(), (1 - guess).log()).mean()
            predicted = expected.readout.loss(x, events.target, events.history) / events.row.numel()
            adversary = every > 0 and (epoch + 1) % every == 0
            if every == 0 or adversary:
                of_discriminator.zero_grad()
                told.backward(retain_graph=True, inputs=list(discriminator.parameters()))
            if not adversary:
                of_model.zero_grad()
                (predicted - weight * told).backward(inputs=list(expected.parameters()))
                of_model.step()
            if every == 0 or adversary:
                of_discriminator.step()
    for name, value in weights(model).items():
        torch.testing.assert_close(value, expected.state_dict()[name], rtol=1e-3, atol=1e-4)


def test_without_an_adversary_only_the_batches_differ(tmp_path: Path) -> None:
    with_one, without = make_model(), make_model()
    trainer = make_trainer(max_epochs=3, warmup_epochs=1, every=0)
    trainer.max_epochs = 2  # lambda is 0 in both epochs, with which no trainer is made
    trainer.fit(with_one, TRAIN)
    make_trainer(max_epochs=2, adversary=False, directory=tmp_path).fit(without, TRAIN)
    assert "discriminator_loss" not in (tmp_path / "logs" / "metrics.csv").read_text()
    for name, value in weights(with_one).items():
        torch.testing.assert_close(value, without.state_dict()[name])


@pytest.mark.parametrize("every", [0, 2])
def test_a_resumed_run_equals_an_uninterrupted_run(tmp_path: Path, every: int) -> None:
    whole = weights(make_trainer(max_epochs=7, every=every).fit(make_model(), TRAIN))
    make_trainer(max_epochs=4, every=every, directory=tmp_path).fit(make_model(), TRAIN)
    torch.manual_seed(9)
    model = LSTM(USERS, dim=4, hidden=6, embedding=SourceFusion(USERS, 4, dropout=0.0, std=1.0))
    make_trainer(max_epochs=7, every=every, directory=tmp_path).fit(model, TRAIN, resume=True)
    assert all(value.equal(whole[name]) for name, value in weights(model).items())
    with pytest.raises(UsageError, match=r"the run in .* has every="):
        make_trainer(max_epochs=9, every=5, directory=tmp_path).fit(make_model(), TRAIN, resume=True)


def test_head_and_tail_are_tested_separately(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "graphcascade")
    trainer = make_trainer(max_epochs=4, head_share=0.3)
    model = trainer.fit(make_model(), TRAIN)
    assert "2 of 5 sources are head, with 6 of 9 training cascades" in caplog.text
    result = trainer.test(model, TRAIN, allow_overlap=True)
    expected = evaluate(model, TRAIN, PROTOCOL, head=head_sources(TRAIN, 0.3), allow_overlap=True)
    assert result.metrics["value"].tolist() == pytest.approx(expected.metrics["value"].tolist())
    assert {"head", "tail"} < set(result.metrics["targets"])
    assert "head" not in set(
        make_trainer().test(model, TRAIN, allow_overlap=True).metrics["targets"]
    )  # what is head, it has not seen


def test_bad_input_raises_an_error() -> None:
    make_trainer(warmup_epochs=4, every=0)
    make_trainer(warmup_epochs=3, every=2)
    for arguments, said in (
        ({"every": 1}, "every=1: must be 2 or more"),
        ({"every": -1}, "every=-1"),
        ({"warmup_epochs": -1}, "warmup_epochs=-1"),
        ({"warmup_epochs": 6}, "warmup_epochs=6: with 6 epochs, of which every 2. is the discriminator's"),
        ({"warmup_epochs": 5, "every": 0}, "never affect the model; lower it to 4"),  # lambda is 0 in K_0 itself
        ({"warmup_epochs": 4, "every": 2}, "lower it to 3"),  # the last one is not the model's
        ({"max_epochs": 2}, "max_epochs=2: too few epochs for the adversary"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"batch_size": 1}, "batch_size=1: must be at least 2, because half of each batch has head sources"),
        ({"head_share": 1.5}, r"head_share=1\.5: must be above 0 and below 1"),
        ({"pool_size": 4}, "pool_size=4: has no effect"),
    ):
        with pytest.raises(UsageError, match=said):
            make_trainer(**arguments)
    with pytest.raises(UsageError, match="the training cascades have 1 source; head and tail need at least two"):
        make_trainer().fit(make_model(), dataset_of([[0, 1], [0, 2]], USERS))
