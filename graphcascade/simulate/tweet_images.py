"""Image files for simulated tweets: views of real photographs, which show what the tweets are about."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from graphcascade.data import RetweetNetwork
from graphcascade.data.retweets.schema import TWEET
from graphcascade.errors import MissingFileError, UsageError
from graphcascade.io.atomic import atomic_path

__all__ = ["load_photographs", "write_tweet_images"]

Photograph = npt.NDArray[np.uint8]

SCIKIT_IMAGE = ("astronaut", "chelsea", "coffee", "rocket", "hubble_deep_field", "retina")
IMAGE_DIMS = 16  # of the true content
CROP = 0.5  # side of the view, as a share of the photograph's shorter side
TINT = 0.2  # change of a colour's strength by a standard deviation of the content


def write_tweet_images(
    network: RetweetNetwork,
    folder: str | Path,
    size: int = 64,
    photographs: Sequence[Photograph] | None = None,
    overwrite: bool = False,
) -> RetweetNetwork:
    """Writes a small JPEG file for each tweet of a simulated network.

    The image part of a tweet's true content decides which photograph is shown, which part of it, and in which tint, so
    that a pretrained encoder finds what the tweet is about: tweets with similar contents have similar images.

    Args:
        network: A network from :func:`simulate_retweets`.
        folder: Folder of the files, which are named by the numbers of the tweets.
        size: Width and height in pixels.
        photographs: Photographs, ``[H, W, 3]`` uint8 each; by default those that scikit-image ships.
        overwrite: Whether to replace files that exist.

    Returns:
        The network, with the paths of the files as ``network["tweet"].image``.

    Raises:
        UsageError: The network is not simulated; the size is below 8; a photograph has another shape or type, or is
            smaller than 16 pixels.
        MissingFileError: scikit-image is not installed, and there are no other photographs.
        StorageError: A file exists already, or cannot be written.
    """
    content = network[TWEET].get("true_content")
    if content is None:
        raise UsageError(f"{network.name}: images can be made for simulated networks only.")
    if size < 8:
        raise UsageError(argument="size", value=size, reason="must be at least 8 pixels")
    photographs = load_photographs() if photographs is None else photographs
    for number, photograph in enumerate(photographs):
        if photograph.dtype != np.uint8 or photograph.ndim != 3 or photograph.shape[2] != 3:
            raise UsageError(
                argument=f"photographs[{number}]",
                reason=f"is {photograph.dtype} of the shape {list(photograph.shape)}; must be uint8 of [H, W, 3]",
            )
        if min(photograph.shape[:2]) < 16:
            reason = f"has the shape {list(photograph.shape)}; must have at least 16 x 16 pixels"
            raise UsageError(argument=f"photographs[{number}]", reason=reason)
    if len(photographs) == 0:
        raise UsageError(argument="photographs", reason="there is none")
    image = content[:, :IMAGE_DIMS].double().numpy()
    directions = np.random.default_rng(0).standard_normal((len(photographs), IMAGE_DIMS - 5))
    kind = (image[:, 5:] @ directions.T).argmax(1)
    place = 1 / (1 + np.exp(-image[:, :2]))
    tint = np.exp(TINT * image[:, 2:5])
    folder = Path(folder)
    paths = np.empty(network.num_tweets, dtype=object)
    for tweet in range(network.num_tweets):
        view = _view(photographs[kind[tweet]], place[tweet], tint[tweet], size)
        paths[tweet] = str(folder / f"{tweet:07d}.jpg")
        with atomic_path(paths[tweet], overwrite=overwrite) as temporary:
            view.save(temporary, format="JPEG", quality=85)
    result = copy.copy(network)
    result[TWEET].image = paths
    return result


def _view(
    photograph: Photograph, place: npt.NDArray[np.float64], tint: npt.NDArray[np.float64], size: int
) -> Image.Image:
    side = int(CROP * min(photograph.shape[:2]))
    top, left = (int(share * (length - side)) for share, length in zip(place, photograph.shape[:2], strict=True))
    crop = photograph[top : top + side, left : left + side]
    tinted = np.clip(crop * tint, 0, 255).astype(np.uint8)
    return Image.fromarray(tinted).resize((size, size), Image.Resampling.BILINEAR)


def load_photographs() -> list[Photograph]:
    """Returns the photographs that scikit-image ships.

    Raises:
        MissingFileError: scikit-image is not installed.
    """
    try:
        from skimage import data
    except ImportError:
        raise MissingFileError(
            argument="photographs",
            reason="needs photographs; those of scikit-image are the default: pip install 'graphcascade[simulate]'",
        ) from None
    return [getattr(data, name)() for name in SCIKIT_IMAGE]
