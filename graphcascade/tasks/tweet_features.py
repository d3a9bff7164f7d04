"""Features of tweets that options name, and those that a saved model was trained with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from graphcascade.data import RetweetNetwork
from graphcascade.data.retweets.schema import TWEET
from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.features import (
    Encoder,
    ImageEncoder,
    LatentSemanticsEncoder,
    TextEncoder,
    WordVectors,
    add_image_features,
    add_text_features,
    load_image_encoder,
    split_sentences,
)
from graphcascade.features.saved_encoder import describe_text_encoder, make_text_encoder
from graphcascade.io.plain_values import is_dict
from graphcascade.options import FeatureOptions

__all__ = ["add_chosen_features", "add_features_of_model", "describe_features"]

LSA = "lsa"


def add_chosen_features(network: RetweetNetwork, options: FeatureOptions, progress: bool = False) -> RetweetNetwork:
    """Returns a network with the features that options name.

    Raises:
        GraphCascadeError: The tweets have no images or texts; an encoder is not known, not installed or not on this
            machine; a file cannot be read; the folder of the cache cannot be written to.
    """
    for kind, chosen in (("image", options.image_features), ("text", options.text_features)):
        if chosen is not None and not any(network[TWEET].get(kind, ())):
            reason = f"has no effect on {network.name}, whose tweets have no {kind}s; leave it out"
            raise UsageError(argument=f"{kind}_features", value=chosen, reason=reason)
    if options.text_features is not None:
        encoder = _choose_text_encoder(options.text_features, list(network[TWEET].text))
        network = add_text_features(network, encoder, _cache(encoder, options), progress=progress)
    if options.image_features is not None:
        network = _add_images(network, _open_image_encoder(options), options, progress)
    return network


def describe_features(network: RetweetNetwork) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Returns plain values and tensors from which :func:`add_features_of_model` computes features of other tweets."""
    notes: dict[str, Any] = {kind: encoder.identity() for kind, encoder in network.encoders.items()}
    tensors: dict[str, Tensor] = {}
    encoder = network.encoders.get("text")
    if isinstance(encoder, LatentSemanticsEncoder | TextEncoder):
        notes["text_encoder"] = describe_text_encoder(encoder)
        tensors = {f"text encoder {name}": value for name, value in encoder.state_dict().items()}
    return ({"features": notes} if notes else {}), tensors


def add_features_of_model(
    network: RetweetNetwork,
    notes: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
    options: FeatureOptions,
    progress: bool = False,
) -> RetweetNetwork:
    """Returns a network with the features that a saved model was trained with, computed in the same way.

    Args:
        network: The network.
        notes: Plain values of :func:`describe_features`.
        tensors: Its tensors.
        options: Options of the training.
        progress: Show progress bars, on terminals.

    Raises:
        GraphCascadeError: As for :func:`add_chosen_features`; or the encoder of images has other weights than in the
            training.
    """
    saved = notes.get("features", {})
    if not (is_dict(saved) and all(is_dict(value) for value in saved.values())):
        raise DataError("the model was saved with features that cannot be read; train it again.")
    if "text_encoder" in saved:
        prefix = "text encoder "
        weights = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
        encoder = make_text_encoder(saved["text_encoder"], weights)
        network = add_text_features(network, encoder, _cache(encoder, options), progress=progress)
    if "image" in saved:
        try:
            images = _open_image_encoder(options)
        except MissingFileError as error:
            subject = "the model was trained with features of images" + (f" from {error.value}" * error.has_value)
            problem = error.reason.partition(";")[0].rstrip(".")
            raise MissingFileError(f"{subject}; {problem}; make the encoder available as for the training.") from error
        identity = images.identity()
        if identity != saved["image"]:
            differing = sorted(key for key in identity if identity[key] != saved["image"].get(key))
            raise DataError(
                f"the model was trained with features of images from {saved['image'].get('name')}, and this encoder "
                f"is another one now (different: {', '.join(differing)}); restore it, or train the model again."
            )
        network = _add_images(network, images, options, progress)
    return network


def _choose_text_encoder(chosen: str, texts: list[str]) -> Encoder:
    if chosen == LSA:
        return LatentSemanticsEncoder.fit(texts)
    if not Path(chosen).exists():
        reason = "there is no such file of word vectors; for features without one use"
        raise UsageError(argument="text_features", value=chosen, reason=reason, remedy=("text_features", LSA))
    known = {word for text in texts for sentence in split_sentences(text) for word in sentence}
    return TextEncoder(WordVectors.read(chosen, known))


def _open_image_encoder(options: FeatureOptions) -> ImageEncoder:
    name = options.image_features
    if name is None:
        raise DataError("the model was saved without the name of its encoder of images; train it again.")
    return load_image_encoder(name, options.image_weights, options.download)


def _add_images(
    network: RetweetNetwork, encoder: ImageEncoder, options: FeatureOptions, progress: bool
) -> RetweetNetwork:
    return add_image_features(network, encoder, _cache(encoder, options), options.broken_images, progress=progress)


def _cache(encoder: Encoder, options: FeatureOptions) -> Path | None:
    """Returns a folder of this encoder alone; latent semantics take less time than reading a cache."""
    if isinstance(encoder, LatentSemanticsEncoder):
        return None
    digest = hashlib.sha256(json.dumps(encoder.identity(), sort_keys=True).encode()).hexdigest()[:8]
    return options.feature_cache / f"{encoder.name.replace('/', '-')}-{digest}"
