"""Models whose arguments come from a user or a file."""

from __future__ import annotations

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.errors import UsageError
from graphcascade.models import LSTM, NDM, Netrate, make_model, make_model_for
from graphcascade.models.embedding import DeepWalk
from tests.models.small_data import random_dataset


def test_a_name_or_a_class() -> None:
    for model in ("lstm", LSTM):
        made = make_model(model, 5, {"dim": 3})
        assert type(made) is LSTM
        assert (made.num_users, made.config["dim"]) == (5, 3)
    assert make_model(Netrate, 5, {}).num_users == 0  # a diffusion model takes the users from its data


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dims": 3}, r"^dims=3: LSTM has no argument 'dims'; did you mean dim\?$"),
        ({"state": 3}, "^state=3: LSTM has no argument 'state'; its arguments are dim, hidden, "),
        ({"dim": "three"}, r"LSTM\(dim='three'\): must be a whole number"),
        ({"num_users": 3}, "LSTM has no argument 'num_users'"),
    ],
)
def test_wrong_arguments_raise_an_error(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_model(LSTM, 5, arguments)


def test_the_seed_decides_the_weights() -> None:
    data = random_dataset([3, 4], 6)
    first, second, other = (make_model_for(data, LSTM, {}, seed=seed) for seed in (1, 1, 2))
    assert first.readout.weight.equal(second.readout.weight)
    assert not first.readout.weight.equal(other.readout.weight)


def test_social_features_are_deepwalks() -> None:
    graph = Data(edge_index=torch.tensor([[0, 1, 2, 3], [1, 2, 3, 0]]), num_nodes=6)
    data = random_dataset([3, 4], 6, follow_graph=graph)
    model = make_model_for(data, NDM, {"dim": 4, "heads": 1}, social_dim=2, seed=3)
    assert model.embedding.features[:6].equal(DeepWalk(2, seed=3).fit(graph))
    with pytest.raises(UsageError, match=r"social_dim=2: \w+ has no follow graph"):
        make_model_for(random_dataset([3, 4], 6), NDM, {}, social_dim=2)


class Broken(LSTM):
    def __init__(self, num_users: int) -> None:
        super().__init__(num_users)
        raise ZeroDivisionError("layers of no width")


def test_an_error_in_a_constructor_follows_the_name_of_the_model(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ZeroDivisionError, match="layers of no width"):
        make_model(Broken, 5, {})
    assert caplog.messages == ["Broken: its constructor raised an error, which follows."]
