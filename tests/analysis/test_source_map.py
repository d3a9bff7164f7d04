"""The map of the sources beside a literal one that keeps all scores."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from graphcascade.analysis import source_map
from graphcascade.errors import UsageError
from graphcascade.models import LSTM
from graphcascade.nn import SourceFusion
from tests.models.small_data import dataset_of

USERS, DIM = 12, 5
# Sources 3 (three cascades), 7 (two), 0 and 9; the users 10 and 11 are in no cascade.
TRAIN = dataset_of([[3, 1, 2], [3, 4], [7, 5, 1], [3, 6], [0, 8], [7, 2], [9, 1]], USERS)


def model(**fusion: object) -> LSTM:
    torch.manual_seed(1)
    made = LSTM(USERS, dim=DIM, embedding=SourceFusion(USERS, DIM, std=1.0, **fusion))
    made.prepare(TRAIN)
    return made


def distances(points: torch.Tensor) -> torch.Tensor:
    return torch.cdist(points, points)


@pytest.mark.parametrize("gate", ["softmax", "sigmoid"])
def test_sources_are_close_if_users_attend_to_them_similarly(gate: str) -> None:
    one = model(fusion="attention", gate=gate)
    frame = source_map(one, TRAIN, share=0.5)
    assert frame["source"].tolist() == [3, 7, 0, 9]
    assert frame["user"].tolist() == TRAIN.user_ids[[3, 7, 0, 9]].tolist()
    assert frame["cascades"].tolist() == [3, 2, 1, 1]
    assert frame["head"].tolist() == [True, True, False, False]
    users = [user for user in range(USERS) if user not in (10, 11)]
    rows = []
    for source in frame["source"]:
        share = one.embedding.attention(torch.tensor(users), torch.full((len(users),), source)).detach().double()
        rows.append((share.log() if gate == "softmax" else share.logit()).tolist())
    scores = torch.tensor(rows, dtype=torch.float64)
    left, size, _ = torch.linalg.svd(scores - scores.mean(0), full_matrices=False)
    expected = distances((left * size)[:, :2])
    points = torch.from_numpy(np.array(frame[["x", "y"]]))
    assert torch.allclose(distances(points), expected, rtol=1e-4)
    assert frame.attrs["explained"] == pytest.approx((size.square() / size.square().sum())[:2].tolist(), rel=1e-4)


def test_without_attention_the_map_is_that_of_the_vectors() -> None:
    one = model(fusion="sum", vectors="user")
    frame = source_map(one, TRAIN)
    vectors = one.embedding.weight.detach().double()[frame["source"].tolist()]
    vectors -= vectors.mean(0)
    components = torch.linalg.svd(vectors, full_matrices=False).Vh[:2]
    expected = distances(vectors @ components.t())
    assert torch.allclose(distances(torch.from_numpy(np.array(frame[["x", "y"]]))), expected, rtol=1e-6)


def test_one_dimensional_vectors_have_zero_as_second_coordinate() -> None:
    torch.manual_seed(0)
    one = LSTM(USERS, dim=1, embedding=SourceFusion(USERS, 1))
    frame = source_map(one, TRAIN)
    assert (frame["y"] == 0).all()
    assert frame.attrs["explained"] == pytest.approx([1.0, 0.0])


def test_a_model_without_sources_raises_an_error() -> None:
    with pytest.raises(UsageError, match="LSTM has no source fusion"):
        source_map(LSTM(USERS), TRAIN)
