from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

from graphcascade.data import RetweetNetwork
from graphcascade.data.retweets.schema import TWEET
from graphcascade.errors import UsageError
from graphcascade.features.compute_features import BrokenItems, compute_features
from graphcascade.features.encoder import Encoder
from graphcascade.features.image_encoder import ImageEncoder

__all__ = ["add_image_features", "add_text_features"]


def add_image_features(
    network: RetweetNetwork,
    encoder: ImageEncoder,
    cache: str | Path | None = None,
    broken: BrokenItems = "error",
    batch_size: int = 32,
    progress: bool = True,
) -> RetweetNetwork:
    """Returns a network whose tweets have features of their images, ``network["tweet"].x_image`` ``[T, D]``.

    Tweets without an image have zeros. The arguments are those of :func:`compute_features`; with
    ``broken="placeholder"``, broken images are counted in ``repairs`` as missing images. Call it before ``splits()``.

    Raises:
        UsageError: The tweets have no images; the network is a part of a split.
        MissingFileError: A file is missing.
        DataError: A file is damaged, or the cache is that of another encoder.
        StorageError: The folder of the cache cannot be written to.
    """
    paths = _texts(network, "image")
    features, number = compute_features(encoder, paths, cache, broken, batch_size, progress)
    result = copy.copy(network)
    result[TWEET].x_image = features
    result.__dict__["_encoders"] = {**network.encoders, "image": encoder}
    result.__dict__["_repairs"] = replace(network.repairs, missing_images=network.repairs.missing_images + number)
    return result


def add_text_features(
    network: RetweetNetwork,
    encoder: Encoder,
    cache: str | Path | None = None,
    batch_size: int = 512,
    progress: bool = True,
) -> RetweetNetwork:
    """Returns a network whose tweets have features of their texts, ``network["tweet"].x_text`` ``[T, D]``.

    Texts without words have zeros. The encoder is one of texts, such as a :class:`TextEncoder`; the other arguments are
    those of :func:`compute_features`. Call it before ``splits()``.

    Raises:
        UsageError: The tweets have no texts; the network is a part of a split.
        DataError: The cache is that of another encoder.
        StorageError: The folder of the cache cannot be written to.
    """
    features, _ = compute_features(encoder, _texts(network, "text"), cache, "error", batch_size, progress)
    result = copy.copy(network)
    result[TWEET].x_text = features
    result.__dict__["_encoders"] = {**network.encoders, "text": encoder}
    return result


def _texts(network: RetweetNetwork, name: str) -> list[str]:
    values = network[TWEET].get(name)
    if network.split is not None:
        raise UsageError(
            f"{network.name}: this is a part of a split; add features to the whole network, then split it."
        )
    if values is None or not any(values):
        raise UsageError(f"{network.name}: the tweets have no {name}s.")
    return [str(value) for value in values]
