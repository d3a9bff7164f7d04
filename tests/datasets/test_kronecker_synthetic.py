import pytest
import torch

from graphcascade.datasets import DATASETS, KroneckerSynthetic
from graphcascade.errors import UsageError
from graphcascade.simulate import HIERARCHICAL, kronecker_graph


def test_names_give_the_kind_and_the_number_of_users():
    dataset = DATASETS["kronecker-hierarchical-512"](num_cascades=20, network_seed=3, seed=4)
    assert type(dataset) is KroneckerSynthetic
    assert (len(dataset), dataset.num_users) == (20, 512)
    assert torch.equal(dataset.true_graph.edge_index, kronecker_graph(HIERARCHICAL, 9, seed=3).edge_index)
    rate = dataset.true_graph.edge_weight
    assert 0.1 <= float(rate.min()) < float(rate.max()) <= 1
    assert float(rate.median()) == pytest.approx(10**-0.5, rel=0.2)  # the middle of the range of the logarithm
    assert int(dataset.table.size.min()) >= 2
    assert dataset.table.horizon == 2
    assert DATASETS["kronecker-core-4096"](num_cascades=5).table.horizon == 0.8


def test_an_unknown_network_raises_an_error():
    with pytest.raises(UsageError, match="network='ring': use one of 'core-periphery'"):
        KroneckerSynthetic(network="ring")
