from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
from torch import Tensor

from graphcascade.errors import UsageError
from graphcascade.features.encoder import Encoder
from graphcascade.features.latent_semantics import decompose
from graphcascade.features.text_encoder import SENTENCE_END, WORD, split_sentences

__all__ = ["LatentSemanticsEncoder"]


class LatentSemanticsEncoder(Encoder):
    """The map from texts to vectors that :func:`latent_semantics` computes, for further texts.

    :meth:`fit` makes one from texts. Words that they do not have are ignored. The constructor makes an encoder without
    directions, for ``load_state_dict``.

    Args:
        words: The words, all different.
        dim: Size of the vectors.

    Raises:
        UsageError: ``dim`` is below 1.

    Example:
        >>> encoder = LatentSemanticsEncoder.fit(["a dog", "the dog", "blue sky", ""], dim=2)
        >>> dog, nothing = encoder.encode([encoder.prepare(text) for text in ("my dog", "my cat")])
        >>> bool((dog != 0).any()), bool((nothing == 0).all())
        (True, True)
    """

    weight: Tensor
    directions: Tensor

    def __init__(self, words: Sequence[str], dim: int = 64) -> None:
        if dim < 1:
            raise UsageError(owner="LatentSemanticsEncoder", argument="dim", value=dim, reason="must be at least 1")
        super().__init__("lsa", dim)
        self.words = list(words)
        self._number = {word: number for number, word in enumerate(self.words)}
        self.register_buffer("weight", torch.zeros(len(self.words)))
        self.register_buffer("directions", torch.zeros(len(self.words), dim))

    @classmethod
    def fit(cls, texts: Sequence[str], dim: int = 64, seed: int = 0) -> LatentSemanticsEncoder:
        """Makes the encoder whose vectors of these texts are those of :func:`latent_semantics`.

        Args:
            texts: The texts.
            dim: Size of the vectors.
            seed: Seed of the randomised singular value decomposition.
        """
        words, weight, directions, spread, _ = decompose(texts, dim, seed)
        encoder = cls(words, dim)
        encoder.weight.copy_(weight)
        encoder.directions[:, : directions.size(1)] = directions / spread
        return encoder

    def hash_content(self, item: str) -> bytes:
        return hashlib.sha256(item.encode("utf-8", "surrogatepass")).digest()

    def prepare(self, item: str) -> list[int]:
        """Returns the numbers of the known words of a text."""
        words = (word for sentence in split_sentences(item) for word in sentence)
        return [self._number[word] for word in words if word in self._number]

    def encode(self, prepared: Sequence[list[int]]) -> Tensor:
        """Returns the vectors ``[B, D]`` of texts, given as the numbers of their words."""
        device, size = self.weight.device, (len(prepared), max(1, len(self.words)))
        text = torch.repeat_interleave(torch.tensor([len(words) for words in prepared], device=device))
        word = torch.tensor([word for words in prepared for word in words], dtype=torch.long, device=device)
        key, count = torch.unique(text * size[1] + word, return_counts=True)
        text, word = key.div(size[1], rounding_mode="floor"), key % size[1]
        value = count * self.weight[word]
        length = torch.zeros(size[0], device=device).index_add_(0, text, value.square()).sqrt()
        value = value / length.clamp(min=1e-12)[text]
        result = torch.zeros(size[0], self.dim, device=device)
        return result.index_add_(0, text, value.unsqueeze(1) * self.directions[word])

    def describe_preparation(self) -> str:
        """Returns the rules for sentences and words, and a hash of the known words."""
        words = hashlib.sha256("\n".join(self.words).encode("utf-8", "surrogatepass")).hexdigest()
        return f"{SENTENCE_END.pattern} {WORD.pattern} {words}"
