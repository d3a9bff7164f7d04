from __future__ import annotations

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.features import TextEncoder, WordVectors, compute_features, split_sentences

WORDS = WordVectors(["a", "dog", "runs", "cat"], torch.randn(4, 5, generator=torch.Generator().manual_seed(1)))


def test_texts_are_split_into_sentences_and_words() -> None:
    assert split_sentences("A dog\nruns") == [["a", "dog"], ["runs"]]
    assert split_sentences("Wow!!! 2.5 km?") == [["wow"], ["2", "5", "km"]]
    assert split_sentences(" ... \n\n!") == []


def test_vectors_match_the_equation() -> None:
    """The LSTM word by word in double precision, and the maximum over sentences."""
    encoder = TextEncoder(WORDS, dim=3).double()
    weights = dict(encoder.lstm.named_parameters())
    results = []
    for sentence in ([0, 1, 2], [3], [4, 3]):  # "A dog runs. Cat! Unknown cat."
        h = c = torch.zeros(3, dtype=torch.double)
        for word in sentence:
            x = encoder.embedding.weight[word]
            gates = weights["weight_ih_l0"] @ x + weights["bias_ih_l0"] + weights["weight_hh_l0"] @ h
            i, f, g, o = (gates + weights["bias_hh_l0"]).view(4, 3)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
        results.append(h)
    prepared = [encoder.prepare(text) for text in ("A dog runs. Cat!\nUnknown cat.", "", "cat")]
    vectors = encoder.encode(prepared)
    torch.testing.assert_close(vectors[0], torch.stack(results).amax(0))
    assert vectors[1].tolist() == [0, 0, 0]
    torch.testing.assert_close(vectors[2], results[1])
    torch.testing.assert_close(encoder.embedding.weight[4], WORDS.vectors.double().mean(0))


def test_mixed_precision_on_the_cpu_leaves_the_vectors_alone() -> None:
    encoder = TextEncoder(WORDS, dim=3)
    prepared = [encoder.prepare("a dog runs")]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        vectors = encoder.encode(prepared)
    torch.testing.assert_close(vectors, encoder.encode(prepared))


def test_texts_without_words_get_zeros() -> None:
    encoder = TextEncoder(WORDS, dim=3)
    assert encoder.encode([encoder.prepare(""), encoder.prepare("?!")]).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert encoder.encode([]).shape == (0, 3)


def test_frozen_vectors_are_cached_and_the_identity_depends_on_words_and_weights(tmp_path) -> None:
    encoder = TextEncoder(WORDS, dim=3)
    texts = ["A dog runs.", "", "cat", "A dog runs."]
    vectors, _ = compute_features(encoder, texts, tmp_path / "cache")
    torch.testing.assert_close(vectors, encoder.encode([encoder.prepare(text) for text in texts]).detach())
    same = TextEncoder(WORDS, dim=3)
    assert same.identity() == encoder.identity()
    assert TextEncoder(WORDS, dim=3, seed=1).identity() != encoder.identity()
    renamed = TextEncoder(WordVectors(["a", "dog", "runs", "hare"], WORDS.vectors), dim=3)
    assert renamed.identity() != encoder.identity()  # the same weights mean other words


def test_seed_leaves_other_draws_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    TextEncoder(WORDS, dim=3)
    assert torch.rand(1) == expected


def test_training_changes_the_vectors_of_the_words_that_occur() -> None:
    """Two texts learn different targets; the vectors of their words change, those of other words do not."""
    encoder = TextEncoder(WORDS, dim=1)
    prepared = [encoder.prepare("a dog"), encoder.prepare("cat. cat.")]
    optimizer = torch.optim.Adam(encoder.parameters(), lr=0.05)
    for _ in range(60):
        optimizer.zero_grad()
        loss = (encoder.encode(prepared)[:, 0] - torch.tensor([0.5, -0.5])).square().sum()
        loss.backward()
        optimizer.step()
    assert loss < 0.01
    changed = (encoder.embedding.weight[:4] != WORDS.vectors).any(1)
    assert changed.tolist() == [True, True, False, True]


def test_a_wrong_size_raises_an_error() -> None:
    with pytest.raises(UsageError, match=r"TextEncoder\(dim=0\): must be at least 1"):
        TextEncoder(WORDS, dim=0)
