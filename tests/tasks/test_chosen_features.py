"""Features of images and texts in the shell: fit, test, predict and resume, with a tiny encoder of images."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import nn

from graphcascade.cli.program import main
from graphcascade.errors import MissingFileError
from graphcascade.features import ImageEncoder
from graphcascade.io import write_retweets
from graphcascade.models import load_model
from graphcascade.simulate import simulate_retweets
from graphcascade.tasks import chosen_features

FIT = ["--model", "AMNL", "--model-args.dim", "8", "--max-epochs", "2", "--quiet", "--out", "run"]
TEXTS = ["--text-features", "lsa"]
IMAGES = ["--image-features", "tiny"]


class Pixels(nn.Module):
    """A linear map of four pixels; counts the images that it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(12, 5)
        self.seen = 0

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        self.seen += len(pixels)
        return self.linear(pixels.flatten(1))


def to_pixels(image: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.array(image.resize((2, 2)), dtype=np.float32)).permute(2, 0, 1) / 255


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> ImageEncoder:
    """Takes the place of pretrained encoders of images."""
    torch.manual_seed(0)
    encoder = ImageEncoder(Pixels(), to_pixels, "tiny")
    encoder.network.seen = 0
    monkeypatch.setattr(chosen_features, "load_image_encoder", lambda *_: encoder)
    return encoder


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of retweets, in the working directory, with an image of each tweet but the first."""
    monkeypatch.chdir(tmp_path)
    network = simulate_retweets(num_users=100, num_tweets=80, seed=1)
    rng = np.random.default_rng(0)
    paths = [""]
    for number in range(1, network.num_tweets):
        paths.append(f"image {number}.png")
        Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)).save(paths[-1])
    network["tweet"].image = np.array(paths, dtype=object)
    return write_retweets(network, "tweets")


def metrics(path: str) -> object:
    return json.loads(Path(path).read_text("utf-8"))["metrics"]


def test_test_and_predict_compute_the_features_of_the_training(
    encoder: ImageEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", "tweets", *FIT, *TEXTS, *IMAGES]) == 0
    assert encoder.network.seen == 79
    model = load_model("run/model.safetensors")
    assert (model.content.text.in_features, model.content.image.in_features) == (64, 5)
    assert main(["test", "run", "tweets", "--json", "tested.json"]) == 0
    assert metrics("tested.json") == metrics("run/result.json")
    assert main(["predict", "run", "tweets", "--k", "2", "--out", "all.csv", "--quiet"]) == 0
    assert encoder.network.seen == 79  # the cache has the others
    # A folder with a new tweet: its text is mapped by the words and directions of the training.
    tweets = pd.read_csv("tweets/tweets.csv", keep_default_na=False)
    new = tweets.iloc[[5]].assign(tweet="new", time=tweets["time"].iloc[-1])
    pd.concat([tweets, new]).to_csv("tweets/tweets.csv", index=False)
    assert main(["predict", "run", "tweets", "--k", "81", "--out", "more.csv", "--quiet"]) == 0
    more = pd.read_csv("more.csv", dtype={"tweet": str}).set_index(["user", "tweet"])["score"]
    both = more.unstack()[["new", str(tweets["tweet"].iloc[5])]].dropna()
    assert len(both) > 50
    np.testing.assert_allclose(*both.to_numpy().T, rtol=1e-5)


def test_a_run_is_resumed_with_the_same_features(encoder: ImageEncoder, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "tweets", *FIT, *TEXTS, *IMAGES]) == 0
    assert main(["fit", "--config", "run/config.json", "--resume", "--max-epochs", "4"]) == 0
    straight = ["--out", "straight", "--max-epochs", "4"]
    assert main(["fit", "tweets", *FIT, *TEXTS, *IMAGES, *straight]) == 0
    ours, theirs = (load_model(f"{run}/model.safetensors").state_dict() for run in ("run", "straight"))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    encoder.network.linear.bias.data += 1
    capsys.readouterr()
    assert main(["fit", "--config", "run/config.json", "--resume", "--max-epochs", "6"]) == 2
    assert "the run in run/checkpoints/last.ckpt has image_features=tiny" in capsys.readouterr().err


def test_another_encoder_is_an_error(encoder: ImageEncoder, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "tweets", *FIT, *IMAGES]) == 0
    encoder.network.linear.bias.data += 1
    capsys.readouterr()
    for words in (["test", "run", "tweets"], ["predict", "run", "tweets"]):
        assert main(words) == 2
        error = capsys.readouterr().err
        assert (
            "trained with features of images from tiny, and this encoder is another one now (different: weights)"
            in error
        )


def test_an_encoder_that_is_gone_is_an_error(
    encoder: ImageEncoder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", "tweets", *FIT, *IMAGES]) == 0

    def fail(*_: object) -> ImageEncoder:
        raise MissingFileError(value="tiny", reason="its weights are gone; get them with", remedy=("download", True))

    monkeypatch.setattr(chosen_features, "load_image_encoder", fail)
    capsys.readouterr()
    assert main(["predict", "run", "tweets"]) == 2
    error = capsys.readouterr().err
    assert "the model was trained with features of images from tiny; its weights are gone; make the encoder" in error


def test_word_vectors_are_saved_with_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    words = sorted({word for text in pd.read_csv("tweets/tweets.csv")["text"].dropna() for word in text.split()})
    Path("words.txt").write_text("".join(f"{word} {len(word)} {number % 7}\n" for number, word in enumerate(words)))
    assert main(["fit", "tweets", *FIT, "--text-features", "words.txt", "--feature-cache", "cache"]) == 0
    assert [path.name.partition("-")[0] for path in Path("cache").iterdir()] == ["TextEncoder"]
    Path("words.txt").unlink()
    assert main(["test", "run", "tweets", "--json", "tested.json"]) == 0
    assert metrics("tested.json") == metrics("run/result.json")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--text-features", "lsaa"], "no encoder of this name; the nearest known name is --text-features lsa."),
        (["--text-features", "LSA"], "no encoder of this name; the nearest known name is --text-features lsa."),
        (["--text-features", "vectors.tx"], "the nearest known name is --text-features vectors.txt."),
        (
            ["--text-features", "glove-840"],
            "no encoder of this name; for features without a file use --text-features lsa.",
        ),
        (["--image-features", "vgg17", "--image-weights", "w.pt"], "torchvision"),
        (["--download", *TEXTS], "--download true: has no effect without an encoder of images"),
        (["--feature-cache", "tweets/users.csv", *IMAGES], "tweets/users.csv"),
    ],
)
def test_options_that_cannot_be_followed_are_errors_of_one_line(
    words: list[str], message: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    if IMAGES[1] in words:
        request.getfixturevalue("encoder")
    Path("vectors.txt").write_text("red 1 2\n")
    assert main(["fit", "tweets", *FIT, *words]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert message in error
    assert "Traceback" not in error
    assert not Path("run/model.safetensors").exists()


def test_tweets_without_images_or_texts_are_an_error(encoder: ImageEncoder, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "tweets", *FIT, *TEXTS, *IMAGES]) == 0
    tweets = pd.read_csv("tweets/tweets.csv", keep_default_na=False)
    tweets.drop(columns="image").to_csv("tweets/tweets.csv", index=False)
    capsys.readouterr()
    assert main(["fit", "tweets", *FIT, "--overwrite", *IMAGES]) == 2
    assert "--image-features tiny: no tweet of tweets has an image; leave it out" in capsys.readouterr().err
    assert main(["predict", "run", "tweets"]) == 2
    assert (
        "tweets: the model was trained with features of images, and these data have no images."
        in capsys.readouterr().err
    )
