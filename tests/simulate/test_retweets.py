import logging
import math

import numpy as np
import pytest
import torch

from graphcascade.data.retweets.schema import RETWEETS
from graphcascade.errors import UsageError
from graphcascade.features import latent_semantics
from graphcascade.simulate import simulate_retweets, true_scores
from graphcascade.simulate.retweets import _effective_taste


@pytest.fixture(scope="module")
def network():
    return simulate_retweets(num_users=1_000, num_tweets=800, seed=1)


def test_statistics_are_those_of_the_paper(network):
    assert network.validate()
    figures = network.describe()
    assert (figures["users"], figures["tweets"], figures["follow links"]) == (1_000, 800, 2_980)
    assert figures["users without followees"] == 519  # as many follow nobody as in the paper
    assert figures["followees per follower"] == pytest.approx(6.2, abs=0.05)
    assert figures["most followees"] == 162
    assert figures["retweets per retweeting user"] == pytest.approx(9.1, abs=1)
    assert figures["users without retweets"] == 26
    assert figures["words per text"] == pytest.approx(9.1, abs=0.6)
    assert figures["standard deviation of words"] == pytest.approx(5.4, abs=0.6)


def test_no_own_tweet_is_retweeted(network):
    author = network.posts[0]
    assert not (author[network.retweets[1]] == network.retweets[0]).any()


def test_the_seed_decides_the_network(network):
    again, other = (simulate_retweets(num_users=1_000, num_tweets=800, seed=seed) for seed in (1, 2))
    assert again.retweets.equal(network.retweets)
    assert again["tweet"].x_image.equal(network["tweet"].x_image)
    assert again["tweet"].text.tolist() == network["tweet"].text.tolist()
    assert not other.follows.equal(network.follows)


def test_users_prefer_tweets_that_match_their_effective_taste(network):
    generator = torch.Generator().manual_seed(0)
    user, tweet = network.retweets
    other = torch.randint(network.num_tweets, tweet.shape, generator=generator)
    wins = true_scores(network, user, tweet) > true_scores(network, user, other)
    assert wins.double().mean() > 0.85


def test_true_scores_match_those_by_hand(network):
    user, tweet = torch.tensor([3, 3]), torch.tensor([0, 5])
    scores = true_scores(network, user, tweet)
    expected = [float(network["user"].true_taste[3] @ network["tweet"].true_content[row]) for row in (0, 5)]
    assert scores.tolist() == pytest.approx(expected, rel=1e-5)
    assert network["user"].true_taste.norm(dim=1).tolist() == pytest.approx([4.0] * 1_000, rel=1e-5)


@pytest.mark.parametrize(("preset", "related"), [("social", True), ("no_social", False)])
def test_tastes_of_followees_are_informative_only_with_the_social_preset(preset, related):
    network = simulate_retweets(preset, num_users=1_000, num_tweets=800)
    taste = network["user"].true_taste / 4
    similarity = (taste[network.follows[0]] * taste[network.follows[1]]).sum(1).mean()
    assert (similarity > 0.3) == related
    assert related or abs(similarity) < 0.02


def test_the_effective_taste_matches_a_plain_loop():
    rng = np.random.default_rng(0)
    taste, influence = rng.standard_normal((4, 3)), rng.standard_normal(4)
    follower, followee = np.array([0, 0, 2]), np.array([1, 3, 0])
    effective = _effective_taste(taste, influence, follower, followee, 0.8)

    def unit(vector):
        return vector / np.linalg.norm(vector)

    for user in range(4):
        followees = followee[follower == user]
        if followees.size == 0:
            expected = unit(taste[user])
        else:
            weight = np.array([np.exp(influence[q] + taste[user] @ taste[q] / np.sqrt(3)) for q in followees])
            social = unit(weight / weight.sum() @ taste[followees])
            expected = unit(np.sqrt(0.2) * unit(taste[user]) + np.sqrt(0.8) * social)
        assert effective[user] == pytest.approx(expected)


def test_images_show_the_first_half_of_the_content_and_texts_the_second(network):
    """The share of the variance of each half of the content that a linear map of the features explains."""

    def explained(features):
        features = torch.cat([features, torch.ones(features.size(0), 1)], 1)
        map_ = torch.linalg.solve(features.T @ features + 30 * torch.eye(features.size(1)), features.T @ content)
        error = (content - features @ map_).square().sum(0) / (content - content.mean(0)).square().sum(0)
        return [float(1 - part.mean()) for part in error.split(16)]

    content = network["tweet"].true_content
    image = explained(network["tweet"].x_image)
    assert image[0] > 0.8
    assert image[1] < 0.3
    text = explained(latent_semantics(network["tweet"].text.tolist(), 32))
    assert text[0] < 0.1
    assert text[1] > 0.25


def test_tweets_resemble_the_tastes_of_their_authors():
    """Without social influence the effective taste is the own one, of length 4; content has a share of 0.3 of it."""
    network = simulate_retweets("no_social", num_users=1_000, num_tweets=800)
    taste, content = network["user"].true_taste / 4, network["tweet"].true_content
    author = network.posts[0]
    along = (taste[author] * content).sum(1).mean()
    assert float(along) == pytest.approx(math.sqrt(0.3 * 32), rel=0.05)


def test_frequent_words_have_low_numbers(network):
    words = [int(word.strip(".")[4:]) for text in network["tweet"].text for word in text.split()]
    counts = np.bincount(words, minlength=2_001)
    first, later = counts[1:21].sum(), counts[1_001:1_021].sum()
    ratio = (np.arange(1, 21) ** -0.7).sum() / (np.arange(1_001, 1_021) ** -0.7).sum()
    assert first / later == pytest.approx(ratio, rel=0.5)


def test_left_out_retweets_are_counted(caplog):
    caplog.set_level(logging.WARNING)
    network = simulate_retweets(num_users=60, num_tweets=50)
    assert network.validate()
    assert network[RETWEETS].time.numel() == network.retweets.size(1)
    assert "retweets, because their users had no tweet left to choose" in caplog.text


def test_invalid_arguments_raise_an_error():
    with pytest.raises(UsageError, match="preset='sociable': use 'social' or 'no_social'"):
        simulate_retweets("sociable")
    with pytest.raises(UsageError, match="num_tweets=3: must be at least 20"):
        simulate_retweets(num_tweets=3)
    with pytest.raises(UsageError, match="seed=-1"):
        simulate_retweets(seed=-1)
