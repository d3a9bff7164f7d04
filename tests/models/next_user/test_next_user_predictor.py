from __future__ import annotations

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.models import LSTM, RMTPP, Markov
from graphcascade.models.next_user import NextEvents, NextUserPredictor
from tests.models.small_data import random_dataset, whole_batch

USERS = 6
DATA = random_dataset([4, 5, 3, 4], USERS)


def test_each_kind_of_model_has_its_properties() -> None:
    counting, neural = Markov(USERS), LSTM(USERS, 3, 4, terminate=True, mask_infected=False)
    assert (counting.masks_infected, counting.predicts_end, counting.predicts_times) == (False, False, False)
    assert (neural.masks_infected, neural.predicts_end, neural.predicts_times) == (False, True, False)
    timed = RMTPP(USERS, 3, 4, horizon=9.5)
    assert (timed.masks_infected, timed.predicts_end, timed.predicts_times) == (True, False, True)
    assert timed.longest_interval == 9.5
    assert neural.longest_interval == counting.longest_interval == float("inf")
    for model in (counting, neural):
        with pytest.raises(UsageError, match=f"{type(model).__name__} does not predict times"):
            model.intervals(whole_batch(DATA))


@pytest.mark.parametrize("mask_infected", [True, False])
@pytest.mark.parametrize("model", [Markov(USERS).fit(DATA), LSTM(USERS, 3, 4, mask_infected=False).eval()])
@torch.no_grad()
def test_counts_are_those_of_the_scores(model: NextUserPredictor, mask_infected: bool) -> None:
    batch = whole_batch(DATA)
    events = NextEvents.from_batch(batch)
    higher, same = model.count_better(batch, events, mask_infected, False)
    for number, (row, target) in enumerate(zip(events.row.tolist(), events.target.tolist(), strict=True)):
        score, time = model.score_next(batch, events.select(torch.tensor([number])))
        assert time is None
        first = int(batch.ptr[batch.batch[row]])
        infected = set(batch.user[first : row + 1].tolist()) if mask_infected else set()
        others = [float(score[0, user]) for user in range(USERS) if user != target and user not in infected]
        own = float(score[0, target])
        if isinstance(model, Markov):  # its scores are those that are ranked, so that ties are exact
            assert int(same[number]) == sum(other == own for other in others)
        assert int(higher[number]) == sum(other > own for other in others)
