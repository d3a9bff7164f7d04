from __future__ import annotations

import json

import pytest
import torch

from graphcascade.errors import DataError
from graphcascade.features import Encoder, LatentSemanticsEncoder, TextEncoder, WordVectors
from graphcascade.features.saved_encoder import describe_text_encoder, make_text_encoder


@pytest.mark.parametrize(
    "encoder",
    [
        LatentSemanticsEncoder.fit(["a dog", "a blue sky"], dim=2),
        TextEncoder(WordVectors(["a", "dog"], torch.eye(2)), dim=3, seed=7),
    ],
)
def test_an_encoder_is_made_again_from_plain_values_and_weights(encoder: Encoder) -> None:
    description = json.loads(json.dumps(describe_text_encoder(encoder)))
    assert make_text_encoder(description, encoder.state_dict()).identity() == encoder.identity()
    assert make_text_encoder(description).identity() != encoder.identity()


@pytest.mark.parametrize(
    "description",
    [{}, {"encoder": "Other"}, {"encoder": "TextEncoder", "words": ["a"], "word_dim": "2", "dim": 3}],
)
def test_other_values_raise_an_error(description: dict[str, object]) -> None:
    with pytest.raises(DataError, match="the saved encoder of texts cannot be read"):
        make_text_encoder(description)
    with pytest.raises(DataError, match="the saved encoder of texts cannot be read"):
        make_text_encoder({"encoder": "LatentSemanticsEncoder", "words": ["a"], "dim": 2}, {"weight": torch.ones(3)})


@pytest.mark.parametrize(
    "description",
    [
        {"encoder": "LatentSemanticsEncoder", "words": ["a"], "dim": 10**9},
        {"encoder": "TextEncoder", "words": ["a"], "word_dim": 10**9, "dim": 3},
        {"encoder": "TextEncoder", "words": ["a"], "word_dim": 2, "dim": 10**5},
    ],
)
def test_a_description_of_more_weights_than_there_are_is_not_constructed(description: dict[str, object]) -> None:
    for given in ({"weights": {"weight": torch.ones(3)}}, {"available": 3}):
        with pytest.raises(DataError, match=r"it describes [\d,]+ numbers and has 3\)"):
            make_text_encoder(description, **given)  # type: ignore[arg-type]
