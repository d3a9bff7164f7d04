from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import torch

from graphcascade.errors import DataError, MissingFileError
from graphcascade.features import WordVectors


@pytest.mark.parametrize("first", ["", "3 2\n"])
def test_vectors_are_read_with_and_without_a_first_line_of_sizes(tmp_path: Path, first: str) -> None:
    path = tmp_path / "words.txt"
    path.write_text(f"{first}the 1 -2.5\ndog 3e-1 4 \nNew York 5 6\n", encoding="utf-8")
    if not first:
        path.write_text("the 1 -2.5\ndog 3e-1 4 \nNew York 5 6\nthe 0 0\n", encoding="utf-8")
    vectors = WordVectors.read(path)
    assert vectors.words == ["the", "dog", "New York"]
    torch.testing.assert_close(vectors.vectors, torch.tensor([[1, -2.5], [0.3, 4], [5, 6]]))
    assert (len(vectors), vectors.dim) == (3, 2)


def test_only_the_words_that_are_needed(tmp_path: Path) -> None:
    path = tmp_path / "words.txt.gz"
    path.write_bytes(gzip.compress(b"the 1 2\ndog 3 4\n"))
    vectors = WordVectors.read(path, {"dog", "cat"})
    assert vectors.words == ["dog"]
    assert vectors.numbers(["the", "dog", "cat"]) == [1, 0, 1]
    with pytest.raises(DataError, match=r"words\.txt\.gz: has none of the 1 words"):
        WordVectors.read(path, {"cat"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("the 1 2\ndog 3\n", "line 2: 'dog 3' is not a word and 2 numbers"),
        ("the 1 2\ndog 3 x\n", "line 2: 'dog 3 x' is not a word and 2 numbers"),
        ("the 1 2\n\ndog 3 nan\n", "line 3: 'dog 3 nan' is not a word and 2 numbers"),
        ("the\n", "line 1: 'the' is not a word and 1 numbers"),
        ("3 2\nthe 1 2\n", "line 1: there should be 3 words, but the file has 1"),
        ("", "empty; it contains no word vector"),
    ],
)
def test_a_wrong_file_raises_an_error(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "words.txt"
    path.write_text(text)
    with pytest.raises(DataError, match=rf"words\.txt(, |: ){message}"):
        WordVectors.read(path)


def test_a_missing_file_raises_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="there is no such file"):
        WordVectors.read(tmp_path / "none.txt")


def test_wrong_values_raise_an_error() -> None:
    with pytest.raises(DataError, match=r"2 words, but vectors of shape \[1, 3\]"):
        WordVectors(["a", "b"], torch.zeros(1, 3))
    with pytest.raises(DataError, match="a word occurs twice"):
        WordVectors(["a", "a"], torch.zeros(2, 3))
    with pytest.raises(DataError, match="the vector of 'b' is not finite"):
        WordVectors(["a", "b"], torch.tensor([[0.0], [torch.inf]]))
