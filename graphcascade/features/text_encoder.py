from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch_geometric.utils import scatter

from graphcascade.errors import UsageError
from graphcascade.features.encoder import Encoder
from graphcascade.features.word_vectors import WordVectors

__all__ = ["TextEncoder", "split_sentences"]

SENTENCE_END = re.compile(r"[.!?]+(?:\s+|$)|\n")
WORD = re.compile(r"\w+(?:['\u2019]\w+)*")


def split_sentences(text: str) -> list[list[str]]:
    """Returns the words of each sentence in lower case; sentences without words are left out.

    >>> split_sentences("A dog. It's 3.5 years old!")
    [['a', 'dog'], ["it's", '3', '5', 'years', 'old']]
    """
    sentences = (WORD.findall(sentence.lower()) for sentence in SENTENCE_END.split(text))
    return [words for words in sentences if words]


class TextEncoder(Encoder):
    r"""An LSTM over the words of each sentence, and the maximum over the sentences of a text.

    From the "`Attentional Image Retweet Modeling via Multi-Faceted Ranking Network Learning
    <https://doi.org/10.24963/ijcai.2018/442>`_" paper (Zhao et al., 2018, Section 2.2). With the words
    :math:`w_{s1}, \dots, w_{sn}` of sentence :math:`s`, the vector of a text is

    .. math::
        y_k = \max_s h_{sk}, \qquad h_s = \mathrm{LSTM}(w_{s1}, \dots, w_{sn}),

    where :math:`h_s` is the last state. A text without words has zeros. Words without a vector share one.

    A new encoder is not trained: its vectors are random functions of the words, which ``seed`` decides. Train it with a
    model (:meth:`encode` passes gradients on), or load trained weights with ``load_state_dict``.

    Args:
        words: Vectors that the words start from.
        dim: Size of the LSTM's state, and of the vectors of texts.
        seed: Seed of the initial weights.

    Raises:
        UsageError: ``dim`` is below 1.

    Example:
        >>> encoder = TextEncoder(WordVectors(["a", "dog"], torch.eye(2)), dim=3)
        >>> encoder.encode([encoder.prepare("A dog. A dog!"), encoder.prepare("")]).shape
        torch.Size([2, 3])
    """

    def __init__(self, words: WordVectors, dim: int = 128, seed: int = 0) -> None:
        if dim < 1:
            raise UsageError(owner="TextEncoder", argument="dim", value=dim, reason="must be at least 1")
        super().__init__("TextEncoder", dim)
        self.words = words
        unknown = words.vectors.mean(0, keepdim=True)
        self.embedding = nn.Embedding.from_pretrained(torch.cat([words.vectors, unknown]), freeze=False)
        with torch.random.fork_rng(devices=[]):  # the caller's draws stay the same
            torch.manual_seed(seed)
            self.lstm = nn.LSTM(words.dim, dim, batch_first=True)

    def hash_content(self, item: str) -> bytes:
        return hashlib.sha256(item.encode("utf-8", "surrogatepass")).digest()

    def prepare(self, item: str) -> list[list[int]]:
        """Returns the numbers of the words of each sentence."""
        return [self.words.numbers(sentence) for sentence in split_sentences(item)]

    def encode(self, prepared: Sequence[list[list[int]]]) -> Tensor:
        """Returns the vectors ``[B, D]`` of texts, given as the numbers of the words of each sentence."""
        device = self.embedding.weight.device
        sentences = [torch.tensor(words) for text in prepared for words in text]
        if not sentences:
            return torch.zeros(len(prepared), self.dim, device=device)
        text = torch.repeat_interleave(torch.tensor([len(text) for text in prepared]))
        length = torch.tensor([words.numel() for words in sentences])
        word = pad_sequence(sentences, batch_first=True)
        vectors: Tensor = self(word.to(device), length, text.to(device), len(prepared))
        return vectors

    def forward(self, word: Tensor, length: Tensor, text: Tensor, num_texts: int) -> Tensor:
        """Returns the vectors of texts, ``[num_texts, D]``.

        Args:
            word: Numbers of the words of each sentence, ``[S, L]`` int64; what follows a sentence's end is ignored.
            length: Number of words of each sentence, ``[S]`` int64, at least 1, on the CPU.
            text: Text that each sentence is in, ``[S]`` int64, sorted.
            num_texts: Number of texts ``B``.
        """
        packed = pack_padded_sequence(self.embedding(word), length, batch_first=True, enforce_sorted=False)
        with torch.autocast("cpu", enabled=False):  # for many processors torch has no LSTM in bfloat16
            state = self.lstm(packed)[1][0][0]
        vectors: Tensor = scatter(state, text, dim=0, dim_size=num_texts, reduce="max")
        return vectors

    def describe_preparation(self) -> str:
        """Returns the rules for sentences and words, and a hash of the known words."""
        words = hashlib.sha256("\n".join(self.words.words).encode("utf-8", "surrogatepass")).hexdigest()
        return f"{SENTENCE_END.pattern} {WORD.pattern} {words}"
