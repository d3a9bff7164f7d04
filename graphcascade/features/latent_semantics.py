from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from graphcascade.errors import UsageError
from graphcascade.features.text_encoder import split_sentences

__all__ = ["decompose", "latent_semantics"]

OVERSAMPLING = 10  # further directions, which make the leading ones more exact


def latent_semantics(texts: Sequence[str], dim: int = 64, seed: int = 0) -> Tensor:
    r"""Vectors of texts from the words that occur together in them, without pretrained vectors.

    From "`Indexing by Latent Semantic Analysis
    <https://doi.org/10.1002/(SICI)1097-4571(199009)41:6%3C391::AID-ASI1%3E3.0.CO;2-9>`_" (Deerwester et al., 1990). A
    text is the vector of its word counts, each times :math:`\log(N / n_w)` for a word in :math:`n_w` of :math:`N`
    texts, and has length 1; the vectors are these, projected on the ``dim`` leading right singular vectors.

    Args:
        texts: The texts.
        dim: Size of the vectors; what is beyond the number of texts or words is 0.
        seed: Seed of the randomised singular value decomposition.

    Returns:
        ``[N, dim]`` float32, with a standard deviation of 1 over all entries; zeros for texts without words.

    Raises:
        UsageError: ``dim`` is below 1.

    Example:
        >>> vectors = latent_semantics(["a dog", "the dog", "blue sky", ""], dim=2)
        >>> vectors.shape, bool((vectors[3] == 0).all())
        (torch.Size([4, 2]), True)
    """
    if dim < 1:
        raise UsageError(owner="latent_semantics", argument="dim", value=dim, reason="must be at least 1")
    _, _, directions, spread, matrix = decompose(texts, dim, seed)
    result = torch.zeros(len(texts), dim)
    if matrix is None:
        return result
    result[:, : directions.size(1)] = matrix @ directions
    return result / spread


def decompose(texts: Sequence[str], dim: int, seed: int) -> tuple[list[str], Tensor, Tensor, float, Tensor | None]:
    """Decomposes the counts of the words of texts.

    Returns:
        The W words; the weight of each, ``[W]``; the leading directions, ``[W, rank]``, whose number is at most
        ``dim``; the standard deviation of the texts on these directions, 1 if it is 0; and the weighted counts
        ``[N, W]``, sparse, ``None`` without words.
    """
    numbers: dict[str, int] = {}
    row, column = [], []
    for number, text in enumerate(texts):
        for sentence in split_sentences(text):
            for word in sentence:
                row.append(number)
                column.append(numbers.setdefault(word, len(numbers)))
    if not numbers:
        return [], torch.zeros(0), torch.zeros(0, 0), 1.0, None
    place = torch.tensor([row, column])
    counts = torch.sparse_coo_tensor(
        place, torch.ones(len(row)), (len(texts), len(numbers)), check_invariants=False
    ).coalesce()
    text_number, word_number = counts.indices()
    weight = -(torch.bincount(word_number, minlength=len(numbers)) / len(texts)).log()
    value = counts.values() * weight[word_number]
    length = torch.zeros(len(texts)).index_add_(0, text_number, value.square()).sqrt()
    matrix = torch.sparse_coo_tensor(
        counts.indices(), value / length.clamp(min=1e-12)[text_number], counts.shape, check_invariants=False
    )
    rank = min(dim, *counts.shape)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        _, _, directions = torch.svd_lowrank(matrix, q=min(rank + OVERSAMPLING, *counts.shape), niter=4)
    directions = directions[:, :rank]
    spread = float((matrix @ directions).square().mean().sqrt())
    return list(numbers), weight, directions, spread if spread > 0 else 1.0, matrix
