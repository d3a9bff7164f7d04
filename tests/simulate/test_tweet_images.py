import sys

import numpy as np
import pytest
import torch
from PIL import Image

from graphcascade.data import RetweetNetwork
from graphcascade.errors import MissingFileError, StorageError, UsageError
from graphcascade.simulate import simulate_retweets, write_tweet_images


@pytest.fixture
def photographs():
    rng = np.random.default_rng(0)
    return [np.full((40, 60, 3), colour, dtype=np.uint8) for colour in rng.integers(50, 200, (3, 3))]


def test_files_show_the_content(tmp_path, photographs):
    network = simulate_retweets(num_users=40, num_tweets=30)
    network["tweet"].true_content[1] = network["tweet"].true_content[0]
    pictured = write_tweet_images(network, tmp_path / "images", 16, photographs)
    images = [np.asarray(Image.open(path)) for path in pictured["tweet"].image]
    assert {image.shape for image in images} == {(16, 16, 3)}
    assert (images[0] == images[1]).all()
    assert len({image.tobytes() for image in images}) > 20
    assert "image" not in network["tweet"]
    with pytest.raises(StorageError, match=r"0000000\.jpg: this file exists already"):
        write_tweet_images(network, tmp_path / "images", 16, photographs)


def test_a_missing_scikit_image_raises_an_error(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(
        MissingFileError, match=r"photographs: needs photographs; .*: pip install \'graphcascade\[simulate\]\'"
    ):
        write_tweet_images(simulate_retweets(num_users=40, num_tweets=30), tmp_path)


@pytest.mark.slow
def test_images_are_views_of_photographs_by_default(tmp_path):
    pytest.importorskip("skimage")
    pictured = write_tweet_images(simulate_retweets(num_users=40, num_tweets=30), tmp_path)
    assert Image.open(pictured["tweet"].image[0]).size == (64, 64)


def test_invalid_arguments_raise_an_error(tmp_path, photographs):
    network = simulate_retweets(num_users=40, num_tweets=30)
    with pytest.raises(UsageError, match="for simulated networks only"):
        write_tweet_images(RetweetNetwork(retweets=torch.tensor([[0], [0]])), tmp_path, photographs=photographs)
    with pytest.raises(UsageError, match=r"photographs\[1\]: is float64 of the shape .* must be uint8 of \[H, W, 3\]"):
        write_tweet_images(network, tmp_path, photographs=[photographs[0], np.zeros((20, 20, 3))])
    with pytest.raises(UsageError, match="size=4"):
        write_tweet_images(network, tmp_path, 4, photographs)
    with pytest.raises(UsageError, match=r"photographs: there is none\.$"):
        write_tweet_images(network, tmp_path, photographs=[])
