"""What people bring that training did not have: NDM answers, or says in one line why not."""

from __future__ import annotations

import pytest
import torch

from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation import RolloutProtocol, evaluate, evaluate_cascades
from graphcascade.io import read_follow_graph
from graphcascade.models import NDM
from graphcascade.models.embedding import DeepWalk
from graphcascade.prediction import simulate_rollouts
from graphcascade.trainers import NextUserTrainer
from tests.models.small_data import dataset_of

USERS = 7
SHORT = [[0, 1], [1, 2, 0], [2, 0], [3, 1], [0, 2, 3]]
PROTOCOL = RolloutProtocol(simulations=50)


def fitted(train: CascadeDataset, **arguments: int) -> NDM:
    torch.manual_seed(0)
    model = NDM(train.num_users, dim=8, heads=2, **arguments)
    return NextUserTrainer(max_epochs=2, progress=False).fit(model, train)


@pytest.fixture(scope="module")
def model() -> NDM:
    return fitted(dataset_of(SHORT, USERS))


def test_a_cascade_longer_than_any_in_training(model: NDM) -> None:
    long = dataset_of([list(range(USERS))], USERS)
    result = evaluate_cascades(model, long, PROTOCOL)
    assert result.counts["users after the source"] == USERS - 1
    assert result.counts["unseen true users"] == 3
    assert 0 < result["Macro-F1"] <= 1
    assert evaluate(model, long).counts["predictions"] == USERS - 1


def test_a_source_that_training_never_saw(model: NDM) -> None:
    strange = dataset_of([[5, 0, 1], [6, 0, 1]], USERS)
    result = evaluate_cascades(model, strange, PROTOCOL)
    assert result.counts["unseen sources"] == 2
    found = simulate_rollouts(model, torch.tensor([5, 6]), torch.zeros(2), torch.tensor([2, 2]), 50, 0.0)
    one, other = (found.user[found.cascade == number] for number in (0, 1))
    assert torch.equal(one, other)  # all strangers look the same, and nobody is infected twice


def test_everybody_is_infected(model: NDM) -> None:
    steps = torch.tensor([20])
    for terminate in (True, False):  # the end is all that is left, and then nothing is
        found = simulate_rollouts(model, torch.tensor([0]), torch.zeros(1), steps, 20, terminate=terminate)
        assert found.share.le(1).all()
        assert not (found.user == 0).any()
        if not terminate:
            assert found.user.tolist() == [1, 2, 3, 4, 5, 6]
            assert found.share.eq(1).all()


def test_a_window_longer_than_the_cascade() -> None:
    wide = fitted(dataset_of(SHORT, USERS), window=9)
    narrow = dataset_of([[0, 1]], USERS)
    assert 0 <= evaluate_cascades(wide, narrow, PROTOCOL, allow_overlap=True)["Macro-F1"] <= 1
    assert evaluate(wide, narrow, allow_overlap=True)["MRR"] > 0


def test_no_simulations() -> None:
    with pytest.raises(UsageError, match="simulations=0: must be at least 1"):
        RolloutProtocol(simulations=0)


def test_a_follow_graph_of_other_users(tmp_path) -> None:
    data = dataset_of(SHORT, USERS)
    path = tmp_path / "links.txt"
    path.write_text("zoe kim\n")
    with pytest.raises(DataError, match="zoe"):
        read_follow_graph(path, data.user_ids)
    path.write_text(f"{data.user_ids[0]} {data.user_ids[1]}\n")
    graph = read_follow_graph(path, [*data.user_ids, "zoe"])[0]
    with pytest.raises(DataError, match="8 users"):
        data.with_follow_graph(graph)
    with pytest.raises(UsageError, match="social_features of 8 users, not 7"):
        NDM(USERS, dim=8, social_features=DeepWalk(dim=4, walk_length=4).fit(graph))
