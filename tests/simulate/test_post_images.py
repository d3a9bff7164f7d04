from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from graphcascade.data import PostStream
from graphcascade.errors import StorageError, UsageError
from graphcascade.features import add_image_features, add_text_features, load_image_encoder, load_text_encoder
from graphcascade.simulate import simulate_posts, write_post_images
from graphcascade.simulate.post_images import draw_waves


def explained(vectors: torch.Tensor, features: torch.Tensor) -> float:
    """Returns the share of the vectors' variance that a linear regression on features explains, on other rows."""
    half = len(vectors) // 2
    features = torch.cat([features.double(), torch.ones(len(features), 1)], dim=1)
    weight = torch.linalg.lstsq(features[:half], vectors[:half].double()).solution
    rest = vectors[half:].double() - features[half:] @ weight
    return 1 - float(rest.var(0).sum() / vectors[half:].double().var(0).sum())


def test_pixels_hold_the_vector(tmp_path: Path) -> None:
    stream = simulate_posts(num_posts=400, seed=1, dim=24)
    result = write_post_images(stream, tmp_path)
    assert "image" not in stream["post"]
    path = Path(result["post"].image[7])
    assert path == tmp_path / "train" / stream.user_ids[stream.user[7]] / "7.jpg"
    with Image.open(path) as image:
        assert (image.format, image.size) == ("JPEG", (32, 32))
        pixels = np.asarray(image, dtype=float).ravel()
    x = stream["post"].x_image.float()
    strength = ((x - x.mean(0)) / x.std(0))[7].numpy()
    found = draw_waves(24, 32) @ (pixels - 128) / (32 * 32 * 3)
    assert np.corrcoef(found, strength)[0, 1] > 0.99


def test_waves_are_different() -> None:
    waves = draw_waves(50, 32).astype(np.float64)
    assert waves @ waves.T / (32 * 32 * 3) == pytest.approx(np.eye(50), abs=1e-5)


def test_encoders_with_random_weights_find_the_vectors_again(tmp_path: Path) -> None:
    tiny_clip = pytest.importorskip("tests.features.tiny_clip")
    stream = write_post_images(simulate_posts(num_posts=1_000, dim=6, texts=True), tmp_path / "posts")
    texts = stream["post"].text.tolist()
    clip = tiny_clip.save_tiny_clip(tmp_path / "clip", texts, width=64, pixels=32, patch=32)
    config = tiny_clip.transformers.BertConfig(**tiny_clip.layers(64), vocab_size=clip.config.text_config.vocab_size)
    tiny_clip.transformers.BertModel(config).save_pretrained(tmp_path / "bert")
    tiny_clip.save_tokenizer(tmp_path / "bert", texts)
    image_encoder, text_encoder = load_image_encoder(str(tmp_path / "clip")), load_text_encoder(str(tmp_path / "bert"))
    encoded = add_image_features(stream, image_encoder, tmp_path / "images", progress=False)
    encoded = add_text_features(encoded, text_encoder, tmp_path / "texts", progress=False)
    assert isinstance(encoded, PostStream)
    assert encoded.validate()
    assert encoded["post"].x_image.dtype == encoded["post"].x_text.dtype == torch.float16
    assert explained(stream["post"].x_image, encoded["post"].x_image) > 0.9
    assert explained(stream["post"].x_text, encoded["post"].x_text) > 0.2  # nine words say less


def test_images_need_a_simulated_stream_and_enough_pixels(tmp_path: Path) -> None:
    stream = simulate_posts(num_posts=100, num_users=10, dim=100)
    with pytest.raises(UsageError, match="size=8: must be at least 12 pixels for 100 features"):
        write_post_images(stream, tmp_path, size=8)
    write_post_images(stream, tmp_path, size=12)
    with pytest.raises(StorageError, match=r"0\.jpg.*exists already"):
        write_post_images(stream, tmp_path, size=12)
    del stream["post"].true_mean
    with pytest.raises(UsageError, match="images can be made for simulated streams only"):
        write_post_images(stream, tmp_path)
