from __future__ import annotations

import numpy as np
import pytest
import torch

from graphcascade.data import RetweetNetwork
from graphcascade.report import draw_retweets


def test_a_panel_for_each_count() -> None:
    network = RetweetNetwork(
        follows=torch.tensor([[0, 0, 1], [1, 2, 2]]),
        retweets=torch.tensor([[0, 1, 2, 2], [0, 0, 0, 1]]),
        num_users=3,
        num_tweets=3,
        text=np.array(["a dog", "", "blue"], dtype=object),
        name="mine",
    )
    figure = draw_retweets(network)
    curves = {ax.get_ylabel(): (ax.get_xlabel(), ax.lines[0].get_xydata().tolist()) for ax in figure.axes}
    assert curves == {
        "share of tweets with retweets": ("minimum number of retweets", [[1, 1.0], [3, 0.5]]),
        "share of users with retweets": ("minimum number of retweets", [[1, 1.0], [2, pytest.approx(1 / 3)]]),
        "share of users with followees": ("minimum number of followees", [[1, 1.0], [2, 0.5]]),
        "share of tweets with words": ("minimum number of words", [[1, 1.0], [2, 0.5]]),
    }
    assert figure.get_suptitle() == "mine: 3 users, 3 tweets, 4 retweets"
    network["tweet"].pop("text")
    assert len(draw_retweets(network).axes) == 3
