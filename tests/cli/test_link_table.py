from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from graphcascade.cli.link_table import describe_weights, strongest_links

IDS = np.array(["ann", "bob", "eve"], dtype=object)


def network(weight: list[float], **facts: Any) -> Data:
    values = torch.tensor(weight, dtype=torch.float64)
    return Data(
        edge_index=torch.tensor([[0, 1], [1, 2]]),
        edge_weight=values,
        weight_lower=values / 2,
        weight_upper=values * 2,
        transmissions=torch.ones(2),
        support=torch.tensor([3, 2]),
        by_chance=torch.ones(2),
        gain=torch.tensor([1.0, -0.01]),
        num_nodes=3,
        **facts,
    )


@pytest.mark.parametrize(
    ("weight", "facts", "column", "shown", "interval", "caption"),
    [
        # 2e-6 a second are 2e-6 * 86400 = 0.1728 a day, and 2e-5 a second are 0.072 an hour.
        (2e-6, ("exponential", "s"), "rate per d", "0.173", "0.086 to 0.35", "in files: rate per s"),
        (2e-5, ("exponential", "s"), "rate per h", "0.072", "0.036 to 0.14", "in files: rate per s"),
        (0.02, ("exponential", "s"), "rate per s", "0.02", "0.01 to 0.04", ""),
        (1e-9, ("exponential", "h"), "rate per d", "2.4e-08", "1.2e-08 to 4.8e-08", "in files: rate per h"),
        (2e-9, ("rayleigh", "s"), "weight per h²", "0.0259", "0.013 to 0.052", "in files: weight per s²"),
        (2e-6, ("power_law", "s"), "weight", "2e-06", "1e-06 to 4e-06", ""),
        (2e-6, ("exponential", None), "weight", "2e-06", "1e-06 to 4e-06", ""),
        (0.5, ("discrete", None), "weight", "0.5", "0.25 to 1", "weights are probabilities"),
    ],
)
def test_rates_have_a_readable_unit(
    weight: float, facts: tuple[str, str | None], column: str, shown: str, interval: str, caption: str
) -> None:
    delays, unit = facts
    graph = network([weight, weight], delays=delays, **({} if unit is None else {"time_unit": unit}))
    table = strongest_links(graph, IDS)
    assert list(table.columns)[2:4] == [column, "95 % interval"]
    assert (table[column][0], table["95 % interval"][0]) == (shown, interval)
    assert describe_weights(graph) == caption
    assert graph["edge_weight"].tolist() == [weight, weight]
    assert table["gain"].tolist() == ["1.0", "0.0"]
