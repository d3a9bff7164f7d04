"""Features of tweets or posts that options name, and those that a saved model was trained with."""

from __future__ import annotations

import difflib
import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from torch import Tensor

from graphcascade.data import PostStream, RetweetNetwork
from graphcascade.data.posts.schema import POST
from graphcascade.data.retweets.schema import TWEET
from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.features import (
    Encoder,
    ImageEncoder,
    LatentSemanticsEncoder,
    PretrainedTextEncoder,
    TextEncoder,
    WordVectors,
    add_image_features,
    add_text_features,
    load_image_encoder,
    load_text_encoder,
    split_sentences,
)
from graphcascade.features.saved_encoder import describe_text_encoder, make_text_encoder
from graphcascade.io.plain_values import is_dict
from graphcascade.models import Model
from graphcascade.options import FeatureOptions
from graphcascade.options.task_options import require_defaults

__all__ = [
    "add_chosen_features",
    "add_features_of_model",
    "check_features",
    "default_features",
    "describe_features",
    "has_content",
    "uses_features",
]

LSA = "lsa"

D = TypeVar("D", RetweetNetwork, PostStream)
EncoderT = TypeVar("EncoderT", bound=Encoder)


def uses_features(model: type[Model], kind: str) -> bool:
    """Returns whether a class of models uses features of images ("image") or texts ("text")."""
    return f"{kind}_dim" in inspect.signature(model).parameters


def check_features(model: type[Model], options: FeatureOptions) -> None:
    """Checks that the options about features have an effect on models of a class.

    Args:
        model: Class of the model.
        options: The options.

    Raises:
        UsageError: An option has no effect.
    """
    for name in ("image", "text"):
        chosen = getattr(options, f"{name}_features")
        if chosen is not None and not uses_features(model, name):
            reason = f"has no effect on {model.__name__}, which does not use features of {name}s; leave it out"
            raise UsageError(argument=f"{name}_features", value=chosen, reason=reason)
    if options.image_features is None:
        names = ("image_weights", "broken_images", *["download"] * (options.text_features in (None, LSA)))
        require_defaults(options, "without an encoder of images", *names, remedy=("image_features", "vgg16"))


def add_chosen_features(data: D, options: FeatureOptions, progress: bool = False) -> D:
    """Returns data with the features of tweets or posts that options name.

    Raises:
        GraphCascadeError: There are no images or texts; an encoder is not known, not installed or not on this
            machine; a file cannot be read; the folder of the cache cannot be written to.
    """
    for kind, chosen in (("image", options.image_features), ("text", options.text_features)):
        if chosen is not None and not has_content(data, kind):
            is_stream = isinstance(data, PostStream)
            content = {"image": "an image", "text": "a text"}[kind]
            reason = f"no {'post' if is_stream else 'tweet'} of {data.name} has {content}; "
            reason += f"name the column of {kind}s, as in" if is_stream else "leave it out"
            remedy = (kind, "COLUMN") if is_stream else None
            raise UsageError(argument=f"{kind}_features", value=chosen, reason=reason, remedy=remedy)
    if options.text_features is not None:
        encoder = _choose_text_encoder(options, data)
        data = add_text_features(data, encoder, _cache(encoder, options), progress=progress)
    if options.image_features is not None:
        data = _add_images(data, _open_image_encoder(options), options, progress)
    return data


def default_features(data: RetweetNetwork | PostStream, options: FeatureOptions) -> FeatureOptions:
    """Returns options that add features of texts by latent semantic analysis, if no others are named or there already.

    Those of images need a network whose weights may not be on this machine, so they are added only if named.
    """
    store = data[POST if isinstance(data, PostStream) else TWEET]
    if options.text_features is not None or "x_text" in store or not has_content(data, "text"):
        return options
    return replace(options, text_features=LSA)


def has_content(data: RetweetNetwork | PostStream, kind: str) -> bool:
    """Returns whether any tweet or post has an image ("image") or a text ("text")."""
    if isinstance(data, PostStream) and kind == "text":
        return any(any(data[POST].get(name, ())) for name in ("text", "title"))
    return any(data[POST if isinstance(data, PostStream) else TWEET].get(kind, ()))


def describe_features(data: RetweetNetwork | PostStream) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Returns plain values and tensors from which :func:`add_features_of_model` computes features of other data."""
    notes: dict[str, Any] = {kind: encoder.identity() for kind, encoder in data.encoders.items()}
    tensors: dict[str, Tensor] = {}
    encoder = data.encoders.get("text")
    if isinstance(encoder, LatentSemanticsEncoder | TextEncoder):
        notes["text_encoder"] = describe_text_encoder(encoder)
        tensors = {f"text encoder {name}": value for name, value in encoder.state_dict().items()}
    return ({"features": notes} if notes else {}), tensors


def add_features_of_model(
    data: D,
    notes: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
    options: FeatureOptions,
    progress: bool = False,
) -> D:
    """Returns data with the features that a saved model was trained with, computed in the same way.

    Args:
        data: A network of retweets, or a stream of posts.
        notes: Plain values of :func:`describe_features`.
        tensors: Its tensors.
        options: Options of the training.
        progress: Show progress bars, on terminals and in notebooks.

    Raises:
        GraphCascadeError: As for :func:`add_chosen_features`; or an encoder has other weights than in the training.
    """
    saved = notes.get("features", {})
    if not (is_dict(saved) and all(is_dict(value) for value in saved.values())):
        raise DataError("the model was saved with features that cannot be read; train it again.")
    store = data[POST if isinstance(data, PostStream) else TWEET]
    for noun, names in {"text": ("text", "title"), "image": ("image",)}.items():
        is_used = noun in saved or f"{noun}_encoder" in saved
        if is_used and all(name not in store for name in names):
            reason = f"the model was trained with features of {noun}s, and these data have no {noun}s"
            raise UsageError(f"{data.name}: {reason}.")
    if "text_encoder" in saved:
        prefix = "text encoder "
        weights = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
        encoder = make_text_encoder(saved["text_encoder"], weights)
        data = add_text_features(data, encoder, _cache(encoder, options), progress=progress)
    elif "text" in saved:
        texts = _open_saved("texts", lambda: _open_text_encoder(options), saved["text"])
        data = add_text_features(data, texts, _cache(texts, options), progress=progress)
    if "image" in saved:
        images = _open_saved("images", lambda: _open_image_encoder(options), saved["image"])
        data = _add_images(data, images, options, progress)
    return data


def _open_saved(noun: str, open_encoder: Callable[[], EncoderT], saved: Mapping[str, Any]) -> EncoderT:
    """Opens an encoder that a model does not keep, and checks that it is the one of the training."""
    try:
        encoder = open_encoder()
    except MissingFileError as error:
        subject = f"the model was trained with features of {noun}" + (f" from {error.value}" * error.has_value)
        problem = error.reason.partition(";")[0].rstrip(".")
        raise MissingFileError(f"{subject}; {problem}; make the encoder available as for the training.") from error
    identity = encoder.identity()
    if identity != saved:
        differing = sorted(key for key in identity if identity[key] != saved.get(key))
        raise DataError(
            f"the model was trained with features of {noun} from {saved.get('name')}, and this encoder is another one "
            f"now (different: {', '.join(differing)}); restore it, or train the model again."
        )
    return encoder


def _choose_text_encoder(options: FeatureOptions, data: RetweetNetwork | PostStream) -> Encoder:
    chosen = options.text_features
    assert chosen is not None
    if isinstance(data, PostStream):
        end = int(data.splits()[0].targets[-1]) + 1  # later posts are not known yet at training
        texts = [str(text) for name in ("title", "text") for text in data[POST].get(name, ())[:end]]
    else:
        texts = list(data[TWEET].text)
    if chosen == LSA:
        return LatentSemanticsEncoder.fit(texts)
    path = Path(chosen)
    if path.is_dir() or ("/" in chosen and not path.exists() and not path.suffix):
        return _open_text_encoder(options)
    if not path.exists():
        beside = {file.name: str(file) for file in path.parent.iterdir()} if path.parent.is_dir() else {}
        known_names = {LSA: LSA, **beside}
        near = difflib.get_close_matches(path.name.lower(), known_names, n=1)
        advice = "the nearest known name is" if near else "for features without a file use"
        raise UsageError(
            argument="text_features",
            value=chosen,
            reason=f"there is no file of word vectors and no encoder of this name; {advice}",
            remedy=("text_features", known_names[near[0]] if near else LSA),
        )
    known = {word for text in texts for sentence in split_sentences(text) for word in sentence}
    return TextEncoder(WordVectors.read(chosen, known))


def _open_text_encoder(options: FeatureOptions) -> PretrainedTextEncoder:
    if options.text_features is None:
        raise DataError("the model was saved without the name of its encoder of texts; train it again.")
    return load_text_encoder(options.text_features, options.download)


def _open_image_encoder(options: FeatureOptions) -> ImageEncoder:
    name = options.image_features
    if name is None:
        raise DataError("the model was saved without the name of its encoder of images; train it again.")
    return load_image_encoder(name, options.image_weights, options.download)


def _add_images(data: D, encoder: ImageEncoder, options: FeatureOptions, progress: bool) -> D:
    return add_image_features(data, encoder, _cache(encoder, options), options.broken_images, progress=progress)


def _cache(encoder: Encoder, options: FeatureOptions) -> Path | None:
    """Returns a folder of this encoder alone; latent semantics take less time than reading a cache."""
    if isinstance(encoder, LatentSemanticsEncoder):
        return None
    digest = hashlib.sha256(json.dumps(encoder.identity(), sort_keys=True).encode()).hexdigest()[:8]
    return options.feature_cache / f"{encoder.name.replace('/', '-')}-{digest}"
