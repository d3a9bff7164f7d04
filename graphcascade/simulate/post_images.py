"""Image files for simulated posts, which show the posts' vectors."""

from __future__ import annotations

import copy
import itertools
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from graphcascade.data import PostStream
from graphcascade.data.posts.schema import POST
from graphcascade.errors import UsageError
from graphcascade.io.atomic import check_output, storage_error
from graphcascade.progress import track

__all__ = ["write_post_images"]

Floats = npt.NDArray[np.float32]

CONTRAST = 45.0  # standard deviation of the colours, of 255
CHUNK = 1_024  # images that are held at once


def write_post_images(
    stream: PostStream,
    folder: str | Path,
    size: int = 32,
    quality: int = 90,
    overwrite: bool = False,
    progress: bool = False,
) -> PostStream:
    """Writes a small JPEG file for each post of a simulated stream.

    An image is the sum of smooth waves in red, green and blue, one for each number of the post's vector, which decides
    how strong the wave is. So the pixels hold the whole vector, and an encoder of images, even one with random weights,
    finds what the post is about.

    Args:
        stream: A stream from :func:`simulate_posts`.
        folder: Folder of the files, which are ``train/<user>/<post>.jpg`` in it, as in SMPD.
        size: Width and height in pixels.
        quality: Quality of the JPEG files.
        overwrite: Whether to replace files that exist.
        progress: Show a progress bar, on terminals and in notebooks.

    Returns:
        The stream, with the paths of the files as ``stream["post"].image``. Its features of images stay as they are.

    Raises:
        UsageError: The stream is not simulated; the size is below 8, or too small for the vectors.
        StorageError: A file exists already, or cannot be written.
    """
    features = stream[POST].get("x_image")
    if features is None or "true_mean" not in stream[POST]:
        raise UsageError(f"{stream.name}: images can be made for simulated streams only.")
    dim = features.size(1)
    least = max(8, 2 * _waves_per_side(dim))
    if size < least:
        raise UsageError(argument="size", value=size, reason=f"must be at least {least} pixels for {dim} features")
    paths = [
        Path(folder) / "train" / user / f"{post}.jpg"
        for user, post in zip(stream.user_ids[stream.user.numpy()], stream.post_ids, strict=True)
    ]
    for path in paths:
        check_output(path, overwrite=overwrite)
    vectors = features.float().numpy()
    vectors = (vectors - vectors.mean(0)) / np.maximum(vectors.std(0), 1e-6)
    waves = CONTRAST / np.sqrt(dim) * draw_waves(dim, size)
    try:
        for parent in {path.parent for path in paths}:
            parent.mkdir(parents=True, exist_ok=True)
        steps = range(0, len(paths), CHUNK)
        for begin in track(steps, "writing images", progress):
            pixels = np.clip(np.round(128 + vectors[begin : begin + CHUNK] @ waves), 0, 255).astype(np.uint8)
            for path, image in zip(paths[begin:], pixels.reshape(-1, size, size, 3), strict=False):
                temporary = path.with_suffix(".tmp")  # not flushed to the disk: that takes minutes for 100,000 files
                Image.fromarray(image).save(temporary, format="JPEG", quality=quality)
                os.replace(temporary, path)
    except OSError as error:
        raise storage_error(folder, error) from error
    result = copy.copy(stream)
    result[POST].image = np.array([str(path) for path in paths], dtype=object)
    return result


def draw_waves(dim: int, size: int) -> Floats:
    """Returns one wave for each number of a vector, the slowest ones first, ``[dim, size * size * 3]``.

    A wave has one colour, and is a product of cosines down and across the image. The mean of its squares is 1.
    """
    per_side = _waves_per_side(dim)
    place = (np.arange(size) + 0.5) * np.pi / size
    cosine = np.cos(np.arange(per_side)[:, None] * place)
    cosine /= np.sqrt((cosine**2).mean(1, keepdims=True))
    pairs = sorted(itertools.product(range(per_side), repeat=2), key=sum)
    waves = np.zeros((dim, size, size, 3), dtype=np.float32)
    for number, ((down, across), colour) in enumerate(itertools.islice(itertools.product(pairs, range(3)), dim)):
        waves[number, :, :, colour] = np.sqrt(3) * cosine[down][:, None] * cosine[across]
    return waves.reshape(dim, -1)


def _waves_per_side(dim: int) -> int:
    return int(np.ceil(np.sqrt(np.ceil(dim / 3))))
