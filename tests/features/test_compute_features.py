from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

import pytest
import torch

from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.features import ImageEncoder, compute_features


@pytest.mark.parametrize("cached", [False, True])
def test_vectors_are_in_the_order_of_the_items(
    encoder: ImageEncoder, images: list[str], tmp_path: Path, cached: bool
) -> None:
    cache = tmp_path / "cache" if cached else None
    items = [images[2], "", images[0], images[2], images[4]]
    vectors, broken = compute_features(encoder, items, cache, batch_size=2)
    assert vectors.dtype == torch.float32
    torch.testing.assert_close(vectors[:, 0], torch.tensor([0.4, 0.0, 0.0, 0.4, 0.8]))
    torch.testing.assert_close(vectors[:, 2], torch.tensor([3.0, 0.0, 3.0, 3.0, 3.0]))
    assert broken == 0
    assert encoder.network.seen == 3  # the repeated image once
    assert compute_features(encoder, [], cache)[0].shape == (0, 3)


def test_features_can_be_used_in_training(encoder: ImageEncoder, images: list[str]) -> None:
    weight = torch.ones(3, requires_grad=True)
    (compute_features(encoder, images)[0] @ weight).sum().backward()
    torch.testing.assert_close(weight.grad, torch.tensor([2.0, 0.0, 15.0]))


def test_a_second_run_encodes_nothing(encoder: ImageEncoder, images: list[str], tmp_path: Path) -> None:
    first, _ = compute_features(encoder, images, tmp_path / "cache")
    moved = shutil.copy(images[3], tmp_path / "moved.png")  # the same content in another file
    second, _ = compute_features(encoder, [*images, moved], tmp_path / "cache")
    assert encoder.network.seen == 5
    torch.testing.assert_close(second, torch.cat([first, first[3:4]]), rtol=0, atol=0)


def test_changed_content_is_encoded_again(encoder: ImageEncoder, images: list[str], tmp_path: Path) -> None:
    compute_features(encoder, images, tmp_path / "cache")
    shutil.copy(images[4], images[0])
    Path(images[1]).write_bytes(Path(images[2]).read_bytes() + b" ")
    vectors, _ = compute_features(encoder, images, tmp_path / "cache")
    torch.testing.assert_close(vectors[:, 0], torch.tensor([0.8, 0.4, 0.4, 0.6, 0.8]))
    assert encoder.network.seen == 6


def test_an_interrupted_run_continues(
    encoder: ImageEncoder, images: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = ImageEncoder.prepare

    def stop_at_the_last(self: ImageEncoder, item: str) -> torch.Tensor:
        if item == images[4]:
            raise KeyboardInterrupt
        return prepare(self, item)

    with monkeypatch.context() as patch:
        patch.setattr(ImageEncoder, "prepare", stop_at_the_last)
        with pytest.raises(KeyboardInterrupt):
            compute_features(encoder, images, tmp_path / "cache", batch_size=2)
    assert encoder.network.seen == 4
    vectors, _ = compute_features(encoder, images, tmp_path / "cache", batch_size=2)
    assert encoder.network.seen == 5
    torch.testing.assert_close(vectors, compute_features(encoder, images)[0], rtol=0, atol=0)


def test_another_encoder_cannot_use_the_cache(encoder: ImageEncoder, images: list[str], tmp_path: Path) -> None:
    compute_features(encoder, images, tmp_path / "cache")
    with torch.no_grad():
        encoder.network.scale += 1
    with pytest.raises(DataError, match=r"has vectors of the encoder .*\(different: weights\)"):
        compute_features(encoder, images, tmp_path / "cache")


def test_broken_images_raise_an_error_or_get_zeros(
    encoder: ImageEncoder, images: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Path(images[1]).write_bytes(Path(images[1]).read_bytes()[:40])
    os.remove(images[3])
    with pytest.raises(MissingFileError, match=r"3\.png: there is no such file"):
        compute_features(encoder, images)
    with pytest.raises(
        DataError, match=r"1\.png: not an image .*; replace the file, or .* --broken-images placeholder"
    ):
        compute_features(encoder, images[:3])
    for cache in (None, tmp_path / "cache", tmp_path / "cache"):
        with caplog.at_level(logging.WARNING):
            vectors, broken = compute_features(encoder, images, cache, broken="placeholder")
        assert broken == 2
        torch.testing.assert_close(vectors[:, 0], torch.tensor([0.0, 0.0, 0.4, 0.0, 0.8]))
        assert vectors[1].tolist() == vectors[3].tolist() == [0, 0, 0]
        assert "2 of 5 items are broken and get zeros; the first: " in caplog.text


def test_a_vector_that_is_not_finite_raises_an_error(encoder: ImageEncoder, images: list[str]) -> None:
    with torch.no_grad():
        encoder.network.scale[0] = torch.inf  # infinity times red, and no number where there is no red
    with pytest.raises(DataError, match=r"0\.png: the encoder mean colour gives a vector that is not finite"):
        compute_features(encoder, images)


def test_wrong_arguments_raise_an_error(encoder: ImageEncoder) -> None:
    with pytest.raises(UsageError, match="batch_size=0: must be at least 1"):
        compute_features(encoder, [], batch_size=0)
    with pytest.raises(UsageError, match="broken='skip': use 'error' or 'placeholder'"):
        compute_features(encoder, [], broken="skip")  # type: ignore[arg-type]


def test_the_mode_of_the_encoder_stays(encoder: ImageEncoder, images: list[str]) -> None:
    encoder.train()
    compute_features(encoder, images)
    assert encoder.training


def test_numbers_that_half_precision_cannot_hold_raise_an_error(
    encoder: ImageEncoder, images: list[str], tmp_path: Path
) -> None:
    vectors, _ = compute_features(encoder, [images[1], ""], tmp_path / "cache", half=True)
    assert vectors.dtype == torch.float16
    assert vectors.tolist() == torch.tensor([[0.2, 0.0, 3.0], [0.0, 0.0, 0.0]]).half().tolist()
    encoder.network.scale.data[2] = 1e6
    with pytest.raises(DataError, match=r"1\.png: .* is not finite in half precision: a number is too large"):
        compute_features(encoder, [images[1]], half=True)
