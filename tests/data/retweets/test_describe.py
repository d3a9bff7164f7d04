import numpy as np
import torch

from graphcascade.data import RetweetNetwork


def test_figures_match_those_by_hand():
    network = RetweetNetwork(
        follows=torch.tensor([[0, 0, 1], [1, 2, 2]]),
        posts=torch.tensor([[2, 2, 1], [0, 1, 2]]),
        retweets=torch.tensor([[0, 0, 1, 3], [0, 3, 3, 0]]),
        num_users=4,
        text=np.array(["one two three", "one", "", "one two"], dtype=object),
    )
    figures = network.describe()
    assert (figures["users"], figures["tweets"], figures["follow links"], figures["retweets"]) == (4, 4, 3, 4)
    assert (figures["followees per follower"], figures["most followees"]) == (1.5, 2)
    assert (figures["users without followees"], figures["users without retweets"]) == (2, 1)
    assert (figures["retweets per tweet"], figures["retweets per retweeting user"]) == (1.0, 1.3333)
    assert figures["tweets without retweets"] == 2
    assert figures["tweets without an author"] == 1
    # User 0 was reached by tweet 0 (a post of user 2) and tweet 3 (a retweet of user 1), the others by neither.
    assert figures["share of retweets that reached the user through a followee"] == 0.5
    assert (figures["words per text"], figures["standard deviation of words"]) == (2.0, 0.8165)
    assert figures["tweets without text"] == 1


def test_the_description_of_a_part_names_the_part(random_network):
    network = random_network()
    figures = network.splits()[2].describe()
    assert figures["part"] == "test"
    assert figures["retweets of this part"] < figures["retweets"] < network.retweets.size(1)


def test_a_notebook_shows_the_description(random_network):
    network = random_network()
    text = network._repr_html_()
    assert "RetweetNetwork(" in text
    assert f"<td>{network.describe()['retweets']:,}</td>" in text
