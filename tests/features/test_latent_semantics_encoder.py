from __future__ import annotations

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.features import LatentSemanticsEncoder, compute_features, latent_semantics

TEXTS = ["a dog", "the dog barks", "blue sky", "", "the sky. A dog!", "a dog a dog sky"]


@pytest.mark.parametrize("dim", [2, 64])
def test_vectors_of_the_texts_are_those_of_latent_semantics(dim: int) -> None:
    vectors, _ = compute_features(LatentSemanticsEncoder.fit(TEXTS, dim, seed=3), TEXTS)
    torch.testing.assert_close(vectors, latent_semantics(TEXTS, dim, seed=3), rtol=1e-4, atol=1e-5)


def test_other_texts_are_mapped_by_the_same_words_and_directions() -> None:
    encoder = LatentSemanticsEncoder.fit(TEXTS, dim=2)
    known, longer, unknown = encoder.encode([encoder.prepare(text) for text in ("dog", "Dog! unheard words", "cat")])
    weight = torch.tensor(4 / 6).log().neg()  # "dog" is in four of six texts
    number = encoder.words.index("dog")
    torch.testing.assert_close(encoder.weight[number], weight)
    torch.testing.assert_close(known, encoder.directions[number])  # a text of one word has length 1
    torch.testing.assert_close(longer, known)
    assert unknown.tolist() == [0, 0]


def test_bad_input_raises_an_error() -> None:
    with pytest.raises(UsageError, match=r"LatentSemanticsEncoder\(dim=0\): must be at least 1"):
        LatentSemanticsEncoder(["a"], dim=0)
    encoder = LatentSemanticsEncoder.fit(["", ""], dim=2)
    assert encoder.encode([encoder.prepare("a")]).tolist() == [[0, 0]]
