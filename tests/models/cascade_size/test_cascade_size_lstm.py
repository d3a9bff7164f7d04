from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from graphcascade.data import CascadeDataset
from graphcascade.models import CascadeSizeLSTM
from graphcascade.models.cascade_size import log_growth
from graphcascade.nn.window_features import window_features
from graphcascade.trainers import CascadeSizeTrainer
from tests.models.cascade_size.small_cascades import growing_cascades
from tests.models.small_data import whole_batch


def prepared(features: bool = True) -> tuple[CascadeSizeLSTM, CascadeDataset]:
    data = growing_cascades(12)
    torch.manual_seed(0)
    model = CascadeSizeLSTM.of(data, observe="10s", dim=4, hidden=3, features=features).double()
    observed = model.observe(data).cascades
    model.prepare(observed)
    return model.eval(), observed


@pytest.mark.parametrize("features", [True, False])
def test_predictions_equal_the_equation_cascade_by_cascade(features: bool) -> None:
    model, observed = prepared(features)
    predicted = model(whole_batch(observed))
    table = observed.table
    elapsed = torch.full((len(observed),), 10.0, dtype=torch.float64)
    x = window_features(table.time, table.ptr, elapsed, table.parent, 10.0)
    x = (x - x.mean(0)) / torch.where(x.std(0, correction=0) > 1e-6, x.std(0, correction=0), 1.0)
    first, _, second = model.head
    for number in range(len(observed)):
        state = model.encoder.encode(whole_batch(observed[[number]])).user
        z = torch.cat([state[-1], state.mean(0), *([x[number]] if features else [])])
        hidden = (first.weight @ z + first.bias).clamp(min=0)
        y = log_growth(observed).mean() + second.weight[0] @ hidden + second.bias[0]
        torch.testing.assert_close(predicted[number], y)


def test_events_after_the_window_change_nothing() -> None:
    model, observed = prepared()
    data = growing_cascades(12)
    table = data.table
    late = table.time - table.time[table.ptr[:-1]].repeat_interleave(table.size) >= 10
    later = replace(table, time=torch.where(late, table.time + 1, table.time), fingerprint=None)
    others = replace(later, user=torch.where(late, 199 - table.user, table.user))
    for changed in (later, others):
        again = model.observe(CascadeDataset(changed)).cascades
        assert torch.equal(model.predict(again)[: len(observed) - 1], model.predict(observed)[: len(again) - 1])


def test_a_batch_equals_single_cascades_and_users_unseen_in_training_are_alike() -> None:
    model, observed = prepared()
    single = torch.cat([model.predict(observed[[number]]) for number in range(len(observed))])
    torch.testing.assert_close(model.predict(observed), single)
    unseen = (~observed.seen).nonzero().view(-1)[:2]
    first, second = (
        CascadeDataset(replace(observed[[0]].table, user=observed[[0]].table.user.index_fill(0, torch.tensor([0]), u)))
        for u in unseen.tolist()
    )
    assert torch.equal(model.predict(first), model.predict(second))


def test_users_who_come_after_the_window_are_not_known() -> None:
    model, _ = prepared()
    data = growing_cascades(12)
    trained = CascadeSizeTrainer(max_epochs=1, progress=False).fit(model.float(), data)
    assert torch.equal(trained.seen, model.window.apply(data).cascades.seen)
    assert not bool(data.seen[~trained.seen].all())


def test_it_learns_a_small_set() -> None:
    data = growing_cascades(20)
    torch.manual_seed(0)
    model = CascadeSizeLSTM.of(data, observe="10s", dim=8, hidden=16)
    CascadeSizeTrainer(max_epochs=60, learning_rate=0.02, progress=False).fit(model, data)
    observed = model.observe(data).cascades
    y = log_growth(observed)
    assert float((model.predict(observed) - y).square().mean()) < 0.1 * float(y.var())
    assert "observe='10s'" in str(model)
