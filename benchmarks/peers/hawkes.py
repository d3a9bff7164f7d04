"""Maximum likelihood of a Hawkes process with an exponential kernel: tick."""

from __future__ import annotations

import numpy as np
import torch

from graphcascade.models import HawkesProcess

from .comparison import Comparison, Speed, speed_of_passes
from .same_size_cascades import same_size_cascades

NUM_CASCADES, SIZE = 1_000, 100


def clustered_times() -> torch.Tensor:
    """Times of events that come in bursts, ``[NUM_CASCADES, SIZE]``."""
    generator = torch.Generator().manual_seed(0)
    steps = torch.empty(NUM_CASCADES, SIZE, dtype=torch.float64).exponential_(generator=generator)
    within = torch.rand(NUM_CASCADES, SIZE, generator=generator) < 0.8
    return (steps * torch.where(within, 0.1, 5.0)).cumsum(1)


def ours() -> Speed:
    when = clustered_times()
    dataset = same_size_cascades(torch.arange(SIZE).repeat(NUM_CASCADES, 1), when)
    return speed_of_passes(when.numel(), lambda: HawkesProcess(sigma=1.0).fit(dataset))


def theirs() -> Speed:
    from tick.hawkes import HawkesExpKern

    when = clustered_times()
    realizations = [[row.numpy()] for row in when - when[:, :1]]

    def fit() -> None:
        model = HawkesExpKern(
            decays=1.0, gofit="likelihood", C=1e8, solver="gd", step=1e-3, tol=1e-9, max_iter=300, verbose=False
        )
        model.fit(realizations, start=np.array([0.5, 0.5]))

    return speed_of_passes(when.numel(), fit)


def comparisons() -> list[Comparison]:
    work = f"Hawkes process by maximum likelihood: {NUM_CASCADES:,} cascades of {SIZE} events, fixed decay"
    difference = (
        "tick takes at most 300 gradient steps, counts the first event, too, and has several types of events, of which "
        "one is used here."
    )
    return [Comparison(work, "events", "tick", ours, theirs, difference)]
