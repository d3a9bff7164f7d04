"""Past labels equal a plain loop, whichever part of the training posts a stream has."""

from __future__ import annotations

import math

import pytest
import torch

from graphcascade.nn.past_labels import PastLabels

GENERATOR = torch.Generator().manual_seed(0)
GROUP = torch.randint(-1, 4, (40,), generator=GENERATOR)
Y = torch.randn(40, generator=GENERATOR).double()
TRAINED = 25


@pytest.mark.parametrize("begin", [0, 10, 25, 30])
@pytest.mark.parametrize("online", [False, True])
def test_each_label_counts_once(begin: int, online: bool) -> None:
    labels = PastLabels(3)  # group 3 is new to the model
    known = GROUP[:TRAINED].masked_fill(GROUP[:TRAINED] == 3, -1)
    labels.set_labels(known, Y[:TRAINED])
    known_y = Y.clone()
    if not online:
        known_y[TRAINED:] = math.nan
    trained = (torch.arange(40) < TRAINED)[begin:]
    total, count = labels(GROUP[begin:], GROUP[begin:], known_y[begin:], trained)
    for post in range(TRAINED, 40):
        if post < begin:
            continue
        there = [other for other in range(post) if other >= begin or (other < TRAINED and GROUP[post] < 3)]
        same = [other for other in there if GROUP[other] == GROUP[post] >= 0]
        earlier = [float(known_y[other]) for other in same if not math.isnan(known_y[other])]
        assert float(total[post - begin]) == pytest.approx(sum(earlier), abs=1e-12)
        assert int(count[post - begin]) == len(earlier)


def test_a_training_post_does_not_see_itself_or_later_posts() -> None:
    labels = PastLabels(4)
    labels.set_labels(GROUP, Y)
    total, count = labels(GROUP, GROUP, Y, torch.ones(40, dtype=torch.bool))
    for post in range(40):
        earlier = [float(Y[other]) for other in range(post) if GROUP[other] == GROUP[post] >= 0]
        assert float(total[post]) == pytest.approx(sum(earlier), abs=1e-12)
        assert int(count[post]) == len(earlier)
