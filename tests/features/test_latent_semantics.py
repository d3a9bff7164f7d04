from __future__ import annotations

import math

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.features import latent_semantics

TEXTS = ["A dog barks. A dog!", "the dog barks", "blue sky", "the blue sky", "a sky", ""]


def weighted_counts() -> torch.Tensor:
    words = [[word.strip(".!").lower() for word in text.split()] for text in TEXTS]
    known = sorted({word for text in words for word in text})
    rows = []
    for text in words:
        row = [text.count(word) * math.log(len(TEXTS) / sum(word in other for other in words)) for word in known]
        length = math.sqrt(sum(value * value for value in row)) or 1.0
        rows.append([value / length for value in row])
    return torch.tensor(rows, dtype=torch.float64)


def test_vectors_are_those_of_a_singular_value_decomposition() -> None:
    matrix = weighted_counts()
    _, _, directions = torch.linalg.svd(matrix)
    expected = matrix @ directions[:3].t()
    expected /= expected.square().mean().sqrt()
    found = latent_semantics(TEXTS, dim=3).double()
    # Each direction has two signs: the products of texts have none.
    torch.testing.assert_close(found @ found.t(), expected @ expected.t(), atol=1e-4, rtol=1e-4)
    assert torch.equal(latent_semantics(TEXTS, dim=3), latent_semantics(TEXTS, dim=3))


def test_texts_without_words_and_directions_that_do_not_exist_are_zero() -> None:
    found = latent_semantics(TEXTS, dim=10)
    assert bool((found[-1] == 0).all())
    assert bool((found[:, 6:] == 0).all())  # six texts
    assert bool((latent_semantics(["", "!"], dim=2) == 0).all())
    with pytest.raises(UsageError, match=r"latent_semantics\(dim=0\): must be at least 1"):
        latent_semantics(TEXTS, dim=0)
