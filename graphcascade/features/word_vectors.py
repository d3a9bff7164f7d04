from __future__ import annotations

import math
from array import array
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from graphcascade.errors import DataError, shorten
from graphcascade.io.lines import numbered_lines, split_blanks

__all__ = ["WordVectors"]


class WordVectors:
    """Words and a vector for each.

    Args:
        words: The words, all different.
        vectors: Their vectors, ``[W, d]``.

    Raises:
        DataError: The numbers of words and vectors differ; a word occurs twice; a vector is not finite.

    Example:
        >>> vectors = WordVectors(["a", "dog"], torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
        >>> vectors.numbers(["the", "dog"])
        [2, 1]
    """

    def __init__(self, words: Sequence[str], vectors: Tensor) -> None:
        if vectors.dim() != 2 or vectors.size(0) != len(words) or vectors.numel() == 0:
            raise DataError(f"WordVectors: {len(words)} words, but vectors of shape {list(vectors.shape)}.")
        if not bool(vectors.isfinite().all()):
            word = words[int((~vectors.isfinite().all(1)).nonzero()[0])]
            raise DataError(f"WordVectors: the vector of {shorten(word)!r} is not finite.")
        self.words = list(words)
        self.vectors = vectors.float()
        self._number = {word: number for number, word in enumerate(self.words)}
        if len(self._number) < len(self.words):
            raise DataError("WordVectors: a word occurs twice.")

    def __len__(self) -> int:
        return len(self.words)

    @property
    def dim(self) -> int:
        """Size ``d`` of the vectors."""
        return self.vectors.size(1)

    def numbers(self, words: Sequence[str]) -> list[int]:
        """Returns the number of each word; words without a vector share the number after the last word."""
        return [self._number.get(word, len(self.words)) for word in words]

    @classmethod
    def read(cls, path: str | Path, words: Collection[str] | None = None) -> WordVectors:
        """Reads the text format of word2vec and GloVe: a word a line, followed by its numbers.

        The first line of word2vec's files, the number of words and the size of the vectors, may be there or not. Of a
        word that occurs twice, the first line counts.

        Args:
            path: The file; ``.gz`` files are decompressed.
            words: Only these words are kept; the numbers of others are not parsed. All by default.

        Raises:
            MissingFileError: There is no such file.
            DataError: A line is not a word and numbers, or has another count of numbers than the first; the number of
                words is not that of the first line; no word is left.
        """
        rows: dict[str, array[float]] = {}
        dim: int | None = None
        promised, count = None, 0
        for line, text in numbered_lines(path, "word vector"):
            fields = text.split(" ")
            if "" in fields or "\t" in text:
                fields = split_blanks(text)
            if dim is None and line == 1 and len(fields) == 2 and all(field.isdecimal() for field in fields):
                promised, dim = int(fields[0]), int(fields[1])
                continue
            count += 1
            dim = len(fields) - 1 if dim is None else dim
            # Some words of published files have spaces in them: the last ``dim`` fields are the numbers.
            word = " ".join(fields[: max(len(fields) - dim, 0)])
            if words is not None and word not in words and len(fields) > dim:
                continue
            try:
                row = array("f", map(float, fields[len(fields) - dim :]))
            except (ValueError, OverflowError):
                row = array("f")
            if dim < 1 or not word or len(row) != dim or not all(map(math.isfinite, row)):
                raise DataError(f"{path}, line {line}: {shorten(text)!r} is not a word and {max(dim, 1)} numbers.")
            rows.setdefault(word, row)
        if promised is not None and promised != count:
            raise DataError(f"{path}, line 1: there should be {promised:,} words, but the file has {count:,}.")
        if not rows:
            raise DataError(f"{path}: has none of the {len(words or ()):,} words that are asked for.")
        return cls(
            list(rows), torch.from_numpy(np.stack([np.frombuffer(row, dtype=np.float32) for row in rows.values()]))
        )
