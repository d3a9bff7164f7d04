from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from graphcascade.data import PostStream, RetweetNetwork
from graphcascade.errors import DataError, UsageError
from graphcascade.features import ImageEncoder, TextEncoder, WordVectors, add_image_features, add_text_features
from graphcascade.loader import PreferenceLoader


@pytest.fixture
def network(images: list[str]) -> RetweetNetwork:
    return RetweetNetwork(
        follows=torch.tensor([[0, 1], [1, 0]]),
        posts=torch.tensor([[1, 1, 0, 0], [0, 1, 2, 3]]),
        retweets=torch.tensor([[0, 0, 1, 1], [0, 1, 2, 3]]),
        image=np.array([*images[1:4], ""], dtype=object),
        text=np.array(["a dog", "", "a cat", "a"], dtype=object),
    )


def test_features_of_images_are_added_to_a_copy_of_the_network(
    network: RetweetNetwork, encoder: ImageEncoder, tmp_path: Path
) -> None:
    result = add_image_features(network, encoder, tmp_path / "cache")
    assert result.validate()
    torch.testing.assert_close(result["tweet"].x_image[:, 0], torch.tensor([0.2, 0.4, 0.6, 0.0]))
    assert "x_image" not in network["tweet"]
    train, _, test = result.splits(0.5, method="random", validation=0)
    assert train["tweet"].x_image is test["tweet"].x_image
    assert len(list(PreferenceLoader(train, candidates="uniform"))) > 0


def test_broken_images_are_counted(network: RetweetNetwork, encoder: ImageEncoder) -> None:
    Path(network["tweet"].image[1]).write_text("not an image")
    with pytest.raises(DataError, match=r"2\.png: not an image"):
        add_image_features(network, encoder)
    result = add_image_features(network, encoder, broken="placeholder")
    assert result.repairs.missing_images == 1
    assert result.describe()["missing images, replaced"] == 1
    assert network.repairs.missing_images == 0
    torch.testing.assert_close(result["tweet"].x_image[:, 2], torch.tensor([3.0, 0.0, 3.0, 0.0]))


def test_features_of_texts_are_added_to_the_network(network: RetweetNetwork, tmp_path: Path) -> None:
    encoder = TextEncoder(WordVectors(["a", "dog"], torch.eye(2)), dim=3)
    result = add_text_features(network, encoder, tmp_path / "cache")
    assert result.validate()
    x = result["tweet"].x_text
    assert x.shape == (4, 3)
    assert x[1].tolist() == [0, 0, 0]
    torch.testing.assert_close(x[0], encoder.encode([encoder.prepare("a dog")])[0].detach())


def test_tweets_without_images_or_texts_raise_an_error(network: RetweetNetwork, encoder: ImageEncoder) -> None:
    with pytest.raises(UsageError, match="this is a part of a split"):
        add_image_features(network.splits(0.5, method="random", validation=0)[0], encoder)
    network["tweet"].image = np.array([""] * 4, dtype=object)
    with pytest.raises(UsageError, match="the tweets have no images"):
        add_image_features(network, encoder)


@pytest.fixture
def stream(images: list[str]) -> PostStream:
    return PostStream(
        time=torch.arange(4).double(),
        user=torch.zeros(4, dtype=torch.long),
        y=torch.ones(4),
        image=np.array([*images[1:4], ""], dtype=object),
        title=np.array(["A", "", " ", ""], dtype=object),
        text=np.array(["dog", "", "a", "dog"], dtype=object),
    )


def test_posts_get_features_in_half_precision(stream: PostStream, encoder: ImageEncoder, tmp_path: Path) -> None:
    result = add_image_features(stream, encoder, tmp_path / "cache")
    assert result.validate()
    expected = torch.tensor([0.2, 0.4, 0.6, 0.0]).half()
    assert result["post"].x_image[:, 0].equal(expected)
    assert result["post"].has_image.tolist() == [True, True, True, False]
    assert "x_image" not in stream["post"]
    assert (stream.encoders, result.encoders) == ({}, {"image": encoder})
    Path(stream["post"].image[1]).write_text("not an image")
    broken = add_image_features(stream, encoder, tmp_path / "cache", broken="placeholder")
    assert broken["post"].has_image.tolist() == [True, False, True, False]
    assert broken.repairs.missing_images == 1


def test_the_title_and_the_text_of_a_post_are_encoded_as_one(stream: PostStream) -> None:
    encoder = TextEncoder(WordVectors(["a", "dog"], torch.eye(2)), dim=3)
    result = add_text_features(stream, encoder)
    assert result.validate()
    for row, text in enumerate(["A\ndog", "", "a", "dog"]):
        expected = encoder.encode([encoder.prepare(text)])[0].half()
        torch.testing.assert_close(result["post"].x_text[row], expected, rtol=1e-2, atol=1e-3)
    assert result["post"].has_text.tolist() == [True, False, True, True]
    with pytest.raises(UsageError, match="this is a part of a split; add features to the whole stream"):
        add_text_features(stream.splits(0.5, 0.25)[0], encoder)
    with pytest.raises(UsageError, match="the posts have no images"):
        add_image_features(PostStream(time=stream.time, user=stream.user), encoder)
