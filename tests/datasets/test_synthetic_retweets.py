import pytest

from graphcascade.data import RetweetNetwork
from graphcascade.datasets import SyntheticRetweets, load_retweets
from graphcascade.errors import UsageError
from graphcascade.simulate import simulate_retweets


def test_the_network_is_the_simulated_one():
    dataset = SyntheticRetweets("no_social", seed=3, num_users=100, num_tweets=90)
    assert len(dataset) == 1
    network = dataset[0]
    assert isinstance(network, RetweetNetwork)
    expected = simulate_retweets("no_social", num_users=100, num_tweets=90, seed=3)
    assert network.retweets.equal(expected.retweets)
    assert [network.num_supervised for network in dataset] == [expected.num_supervised]
    with pytest.raises(UsageError, match="preset='other'"):
        SyntheticRetweets("other")


@pytest.mark.slow
def test_the_default_has_the_size_of_the_paper():
    figures = SyntheticRetweets()[0].describe()
    assert (figures["users"], figures["tweets"], figures["follow links"]) == (9_900, 7_193, 29_501)
    assert figures["most followees"] == 162
    assert figures["followees per follower"] == pytest.approx(6.2, abs=0.01)
    assert figures["retweets per tweet"] == pytest.approx(12.2, abs=0.2)
    assert figures["retweets per retweeting user"] == pytest.approx(9.1, abs=0.2)
    assert figures["words per text"] == pytest.approx(9.1, abs=0.1)
    assert figures["standard deviation of words"] == pytest.approx(5.4, abs=0.1)


def test_the_network_is_loaded_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SyntheticRetweets.__init__, "__defaults__", ("social", 0, 40, 30, None))
    network = load_retweets("syntheticretweets")
    assert (network.name, network.num_users) == ("SyntheticRetweets", 40)
