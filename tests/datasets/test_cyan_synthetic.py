import pytest

from graphcascade.datasets import DATASETS, CYANSynthetic
from graphcascade.errors import UsageError
from graphcascade.simulate import cyan_cascades


def flat(dataset):
    return [tensor.tolist() for tensor in (dataset.table.user, dataset.table.time, dataset.table.ptr)]


@pytest.mark.parametrize(
    ("name", "network", "delays"),
    [
        ("cyan-cp-exp", "core-periphery", "exponential"),
        ("cyan-cp-ray", "core-periphery", "rayleigh"),
        ("cyan-random-exp", "random", "exponential"),
        ("cyan-random-ray", "random", "rayleigh"),
    ],
)
def test_names_of_the_four_sets_of_the_paper(name, network, delays):
    dataset = DATASETS[name](num_cascades=20, network_seed=3, seed=4)
    assert type(dataset) is CYANSynthetic
    assert (len(dataset), dataset.num_users) == (20, 32)
    assert flat(dataset) == flat(cyan_cascades(network, delays, num_cascades=20, network_seed=3, seed=4))


def test_views_are_of_the_same_class_and_an_unknown_network_raises_an_error():
    train, val, test = CYANSynthetic(num_cascades=20).splits("random")
    assert (len(train), len(val), len(test)) == (16, 2, 2)
    assert type(train) is CYANSynthetic
    with pytest.raises(UsageError, match="network='ring'"):
        CYANSynthetic(network="ring")
