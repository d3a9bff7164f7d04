"""Models whose scores are known: six users with the scores 5, 4, 3, 3, 1, 0, of whom training did not see the last."""

from __future__ import annotations

import numpy as np
import torch

from graphcascade.data import CascadeDataset
from graphcascade.models import LSTM, Popularity
from tests.models.small_data import dataset_of

SCORES = [5.0, 4.0, 3.0, 3.0, 1.0, 0.0]
USERS = 6
SEEN = torch.tensor([True, True, True, True, True, False])


def counter() -> Popularity:
    model = Popularity(USERS)
    model.frequency = torch.tensor(SCORES, dtype=torch.float64)
    model.seen = SEEN.clone()
    model.user_ids = np.array([f"u{user}" for user in range(USERS)], dtype=object)
    return model


def neural(end: float | None = None, mask_infected: bool = True) -> LSTM:
    """With the score ``end`` for the end of a cascade."""
    torch.manual_seed(0)
    model = LSTM(USERS, dim=2, hidden=2, terminate=end is not None, mask_infected=mask_infected)
    with torch.no_grad():
        model.readout.weight.zero_()
        model.readout.bias.copy_(torch.tensor(SCORES + ([] if end is None else [end])))  # type: ignore[union-attr]
    model.embedding.set_seen(SEEN)
    model.user_ids = np.array([f"u{user}" for user in range(USERS)], dtype=object)
    return model


def three_cascades() -> CascadeDataset:
    return dataset_of([[0, 2, 4], [1, 5], [4, 3, 0]], USERS)
