from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from graphcascade.data import PostStream, RetweetNetwork
from graphcascade.data.posts.schema import POST
from graphcascade.data.retweets.schema import TWEET
from graphcascade.errors import UsageError
from graphcascade.features.compute_features import BrokenItems, compute_features
from graphcascade.features.encoder import Encoder
from graphcascade.features.image_encoder import ImageEncoder

__all__ = ["add_image_features", "add_text_features"]

D = TypeVar("D", RetweetNetwork, PostStream)

CHECKED_ROWS = 1 << 16


def add_image_features(
    data: D,
    encoder: ImageEncoder,
    cache: str | Path | None = None,
    broken: BrokenItems = "error",
    batch_size: int = 32,
    progress: bool = True,
) -> D:
    """Returns data whose tweets or posts have features of their images, ``x_image`` ``[N, D]``.

    Those without an image have zeros. The arguments are those of :func:`compute_features`; with
    ``broken="placeholder"``, broken images are counted in ``repairs`` as missing images. Call it before ``splits()``.
    Features of tweets are float32; those of posts are float16, and ``has_image`` says which posts have an image.

    Args:
        data: A network of retweets, or a stream of posts.
        encoder: The encoder, such as one of :func:`load_image_encoder`.
        cache: Folder of the vectors of this encoder.
        broken: What to do with files that are missing or damaged.
        batch_size: Number of images that are encoded at a time.
        progress: Show a progress bar, on terminals and in notebooks.

    Raises:
        UsageError: There are no images; the data are a part of a split.
        MissingFileError: A file is missing.
        DataError: A file is damaged, or the cache is that of another encoder.
        StorageError: The folder of the cache cannot be written to.
    """
    paths = _texts(data, "image")
    half = isinstance(data, PostStream)
    features, number = compute_features(encoder, paths, cache, broken, batch_size, progress, half)
    result = copy.copy(data)
    store = result[POST if isinstance(data, PostStream) else TWEET]
    store.x_image = features
    if isinstance(data, PostStream):
        store.has_image = _has_features(features)
    result.__dict__["_encoders"] = {**data.encoders, "image": encoder}
    result.__dict__["_repairs"] = replace(data.repairs, missing_images=data.repairs.missing_images + number)
    return result


def add_text_features(
    data: D, encoder: Encoder, cache: str | Path | None = None, batch_size: int = 512, progress: bool = True
) -> D:
    """Returns data whose tweets or posts have features of their texts, ``x_text`` ``[N, D]``.

    Texts without words have zeros. Of a post, the title and the text are encoded as one, on two lines. The arguments
    are those of :func:`compute_features`. Call it before ``splits()``. Features of tweets are float32; those of posts
    are float16, and ``has_text`` says which posts have a text.

    Args:
        data: A network of retweets, or a stream of posts.
        encoder: The encoder, such as one of :func:`load_text_encoder`.
        cache: Folder of the vectors of this encoder.
        batch_size: Number of texts that are encoded at a time.
        progress: Show a progress bar, on terminals and in notebooks.

    Raises:
        UsageError: There are no texts; the data are a part of a split.
        DataError: The cache is that of another encoder.
        StorageError: The folder of the cache cannot be written to.
    """
    half = isinstance(data, PostStream)
    features, _ = compute_features(encoder, _texts(data, "text"), cache, "error", batch_size, progress, half)
    result = copy.copy(data)
    store = result[POST if isinstance(data, PostStream) else TWEET]
    store.x_text = features
    if isinstance(data, PostStream):
        store.has_text = _has_features(features)
    result.__dict__["_encoders"] = {**data.encoders, "text": encoder}
    return result


def _texts(data: RetweetNetwork | PostStream, name: str) -> list[str]:
    """Returns the paths of the images, or the texts; "" where there is none."""
    posts = isinstance(data, PostStream)
    noun, store = ("posts", data[POST]) if posts else ("tweets", data[TWEET])
    if data.split is not None:
        whole = "stream" if posts else "network"
        raise UsageError(f"{data.name}: this is a part of a split; add features to the whole {whole}, then split it.")
    values = store.get(name)
    texts = [""] * int(store.num_nodes) if values is None else [str(value).strip() for value in values]
    if posts and name == "text" and store.get("title") is not None:
        titles = (str(title).strip() for title in store.title)
        texts = ["\n".join(filter(None, parts)) for parts in zip(titles, texts, strict=True)]
    if not any(texts):
        raise UsageError(f"{data.name}: the {noun} have no {name}s.")
    return texts


def _has_features(features: Tensor) -> Tensor:
    """Returns which rows are not all zero, without a copy of features that are memory-mapped."""
    return torch.cat([(rows != 0).any(dim=1) for rows in features.split(CHECKED_ROWS)])
