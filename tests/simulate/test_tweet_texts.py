import numpy as np
import pytest

from graphcascade.simulate.tweet_texts import draw_texts


def test_texts_have_the_lengths_of_the_paper_and_frequent_words():
    texts = draw_texts(np.random.default_rng(0).standard_normal((2_000, 4)), np.random.default_rng(1))
    length = np.array([len(text.split()) for text in texts])
    assert length.min() == 1
    assert (length.mean(), length.std()) == (pytest.approx(9.1, abs=0.3), pytest.approx(5.4, abs=0.3))
    words = [word.rstrip(".") for text in texts for word in text.split()]
    assert all(1 <= int(word.removeprefix("word")) <= 2_000 for word in words)
    assert words.count("word1") > words.count("word1000")
    assert all(text.endswith(".") for text in texts)


def test_similar_contents_share_words():
    rng = np.random.default_rng(0)
    first, second = 3 * rng.standard_normal((2, 4))
    texts = draw_texts(np.stack([first, first, second]).repeat(60, axis=0), rng)
    bags = [set(" ".join(texts[begin : begin + 60]).replace(".", "").split()) for begin in (0, 60, 120)]
    assert len(bags[0] & bags[1]) > 1.5 * len(bags[0] & bags[2])
