from __future__ import annotations

import math

import torch

from graphcascade.nn.window_features import WINDOW_FEATURES, event_depths, window_features

TIME = torch.tensor([0.0, 1.0, 7.0, 11.9, 100.0], dtype=torch.float64)
PTR = torch.tensor([0, 4, 5])
ELAPSED = torch.tensor([12.0, 12.0], dtype=torch.float64)
PARENT = torch.tensor([0, 0, 1, 2, 0])


def test_features_of_a_chain_and_of_a_single_event() -> None:
    x = dict(zip(WINDOW_FEATURES, window_features(TIME, PTR, ELAPSED, PARENT, 6.0).t().tolist(), strict=True))
    share = [0.0, 1 / 12, 7 / 12, 11.9 / 12]
    mean = sum(share) / 4
    expected = {
        "log size": [2.0, 0.0],
        "log events in part 1 of 6": [math.log2(3), 1.0],
        "log events in part 2 of 6": [0.0, 0.0],
        "log events in part 4 of 6": [1.0, 0.0],
        "log events in part 6 of 6": [1.0, 0.0],
        "log elapsed time": [math.log2(2.001)] * 2,
        "first event after the source": [1 / 12, 1.0],
        "mean time": [mean, 0.0],
        "deviation of times": [math.sqrt(sum((each - mean) ** 2 for each in share) / 4), 0.0],
        "last time": [share[-1], 0.0],
        "share of events infected by the source": [1 / 3, 0.0],
        "mean depth": [1.5, 0.0],
        "maximum depth": [3.0, 0.0],
        "log number of infecting events": [2.0, 0.0],
    }
    for name, values in expected.items():
        torch.testing.assert_close(torch.tensor(x[name]), torch.tensor(values), msg=name)


def test_without_parents_and_with_windows_of_no_length() -> None:
    x = window_features(TIME[[0, 4]], torch.tensor([0, 1, 2]), torch.zeros(2).double(), None)
    assert x.isfinite().all()
    assert x.shape == (2, len(WINDOW_FEATURES))
    assert not x[:, -4:].any()


def test_depths_equal_a_walk_to_the_root() -> None:
    generator = torch.Generator().manual_seed(0)
    row = torch.tensor([0] + [int(torch.randint(k, (1,), generator=generator)) for k in range(1, 50)])
    for event, depth in enumerate(event_depths(row).tolist()):
        steps = 0
        while int(row[event]) != event:
            event, steps = int(row[event]), steps + 1
        assert depth == steps
