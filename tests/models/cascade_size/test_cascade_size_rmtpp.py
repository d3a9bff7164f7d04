from __future__ import annotations

import torch

from graphcascade.models import CascadeSizeRMTPP
from graphcascade.models.cascade_size import log_growth
from graphcascade.trainers import CascadeSizeTrainer
from tests.models.cascade_size.small_cascades import growing_cascades


def test_it_uses_times_without_the_features() -> None:
    data = growing_cascades(20)
    torch.manual_seed(0)
    model = CascadeSizeRMTPP.of(data, observe="10s", dim=8, hidden=16, features=False)
    CascadeSizeTrainer(max_epochs=40, learning_rate=0.02, progress=False).fit(model, data)
    observed = model.observe(data).cascades
    y = log_growth(observed)
    assert float((model.predict(observed) - y).square().mean()) < 0.3 * float(y.var())
    table = observed.table
    moved = observed.copy()
    begin = table.time[table.ptr[:-1]].repeat_interleave(table.size)
    moved._set_table(type(table)(**{**vars(table), "time": begin + (table.time - begin) / 2}))
    assert not torch.allclose(model.predict(moved), model.predict(observed))
