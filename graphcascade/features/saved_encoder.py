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


def make_text_encoder(description: Mapping[str, Any], weights: Mapping[str, Tensor] | None = None) -> Encoder:
    """Makes an encoder of texts.

    Args:
        description: Plain values of :func:`describe_text_encoder`.
        weights: Its ``state_dict()``; without it, the encoder has other weights than the original one.

    Raises:
        DataError: These are not the values and the weights of an encoder of texts.
    """
    try:
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
