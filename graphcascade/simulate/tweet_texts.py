from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["draw_texts"]

Floats = npt.NDArray[np.float64]

WORDS = 2_000  # in the vocabulary
ZIPF = 0.7
TOPIC_STRENGTH = 0.5  # standard deviation of the entries of a word's topic vector
MEAN_FURTHER_WORDS, DISPERSION = 8.1, 3.115  # of the negative binomial distribution of a text's words after the first
SENTENCE_END = 0.15  # probability that a sentence ends after a word
CHUNK = 512  # texts whose probabilities are held at once


def draw_texts(content: Floats, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """Draws a text of one or more sentences for each content.

    Args:
        content: Content of each text, ``[T, D]``.
        rng: Random generator.

    Returns:
        Texts, ``[T]`` strings, of 9.1 words on average, standard deviation 5.4; words are "word1", the most frequent
        one, to "word2000".
    """
    topic = TOPIC_STRENGTH * rng.standard_normal((WORDS, content.shape[1]))
    frequency = -ZIPF * np.log(np.arange(1, WORDS + 1))
    success = DISPERSION / (DISPERSION + MEAN_FURTHER_WORDS)
    length = 1 + rng.negative_binomial(DISPERSION, success, len(content))
    text = np.arange(len(content)).repeat(length)
    threshold = rng.random(text.size)
    word = np.empty(text.size, dtype=np.int64)
    bounds = np.append(0, np.cumsum(length))
    for begin in range(0, len(content), CHUNK):
        end = min(begin + CHUNK, len(content))
        logit = frequency + content[begin:end] @ topic.T
        cumulative = np.cumsum(np.exp(logit - logit.max(1, keepdims=True)), axis=1)
        cumulative = cumulative / cumulative[:, -1:] + np.arange(end - begin)[:, None]  # one increasing sequence
        rows = slice(bounds[begin], bounds[end])
        found = np.searchsorted(cumulative.ravel(), threshold[rows] + text[rows] - begin, side="right")
        word[rows] = np.minimum(found - (text[rows] - begin) * WORDS, WORDS - 1)
    ends = rng.random(text.size) < SENTENCE_END
    ends[bounds[1:] - 1] = True
    tokens = [f"word{number + 1}{'.' if end else ''}" for number, end in zip(word.tolist(), ends.tolist(), strict=True)]
    pairs = zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    return np.array([" ".join(tokens[first:last]) for first, last in pairs], dtype=object)
