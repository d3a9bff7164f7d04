"""Encoders of texts as plain values and tensors, so that a saved model can have the one of its features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from graphcascade.errors import DataError
from graphcascade.features.encoder import Encoder
from graphcascade.features.latent_semantics_encoder import LatentSemanticsEncoder
from graphcascade.features.text_encoder import TextEncoder
from graphcascade.features.word_vectors import WordVectors

__all__ = ["describe_text_encoder", "make_text_encoder"]


def describe_text_encoder(encoder: LatentSemanticsEncoder | TextEncoder) -> dict[str, Any]:
    """Returns plain values from which :func:`make_text_encoder` makes the encoder again, without its weights."""
    if isinstance(encoder, LatentSemanticsEncoder):
        return {"encoder": "LatentSemanticsEncoder", "words": encoder.words, "dim": encoder.dim}
    words = encoder.words
    return {"encoder": "TextEncoder", "words": words.words, "word_dim": words.dim, "dim": encoder.dim}


def make_text_encoder(
    description: Mapping[str, Any], weights: Mapping[str, Tensor] | None = None, available: int | None = None
) -> Encoder:
    """Makes an encoder of texts.

    Args:
        description: Plain values of :func:`describe_text_encoder`.
        weights: Its ``state_dict()``; without it, the encoder has other weights than the original one.
        available: Number of weights in the file of the description, if ``weights`` are not given.

    Raises:
        DataError: These are not the values and the weights of an encoder of texts, or they describe a larger encoder
            than the file has, which would fill the memory.
    """
    if weights is not None:
        available = sum(tensor.numel() for tensor in weights.values())
    try:
        needed = _count_weights(description)
        if available is not None and needed > available:
            raise ValueError(f"it describes {needed:,} numbers and has {available:,}")
        encoder: Encoder
        if description["encoder"] == "LatentSemanticsEncoder":
            encoder = LatentSemanticsEncoder(description["words"], description["dim"])
        elif description["encoder"] == "TextEncoder":
            words = WordVectors(description["words"], torch.zeros(len(description["words"]), description["word_dim"]))
            encoder = TextEncoder(words, description["dim"])
        else:
            raise ValueError("its class is unknown")
        if weights is not None:
            encoder.load_state_dict(dict(weights))
    except (KeyError, TypeError, ValueError, RuntimeError, DataError) as error:
        reason = " ".join(str(error).split())[:160]
        raise DataError(f"the saved encoder of texts cannot be read ({reason}).") from error
    return encoder


def _count_weights(description: Mapping[str, Any]) -> int:
    """Returns the number of weights of the layers that the words and the sizes of a description stand for."""
    words, dim = len(description["words"]), int(description["dim"])
    if description["encoder"] == "LatentSemanticsEncoder":
        return words * dim
    word_dim = int(description["word_dim"])
    return words * word_dim + 4 * dim * (word_dim + dim)
