from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from graphcascade.errors import DataError
from graphcascade.features.encoder import Encoder

__all__ = ["PretrainedTextEncoder"]

MAX_LENGTH = 512  # tokens, of networks that state no limit


class PretrainedTextEncoder(Encoder):
    """Vectors of texts from a network of transformers.

    :func:`load_text_encoder` makes one from a name or a folder. Networks for images and texts, such as CLIP, give the
    projected vector of the text, before it is normalised. Others, such as BERT, give the mean of the last layer over
    the tokens of the text. Texts that are longer than the network's limit are cut.

    Args:
        network: The network.
        tokenizer: Its tokenizer.
        name: Name of the encoder in messages and caches.

    Raises:
        DataError: The network does not give one vector for each text, or the tokenizer is not that of the network.
    """

    network: Any

    def __init__(self, network: nn.Module, tokenizer: Any, name: str) -> None:
        super().__init__(name, 0)
        self.network = network
        self.tokenizer = tokenizer
        config: Any = network.config
        config = getattr(config, "text_config", config)
        limit = min(tokenizer.model_max_length, getattr(config, "max_position_embeddings", MAX_LENGTH))
        # RoBERTa counts positions from the number of its padding token on, so its last ones are not for tokens.
        offset = 2 if config.model_type in ("roberta", "xlm-roberta", "camembert") else 0
        self.max_length = limit - offset
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token
        self.eval()
        if len(tokenizer) > getattr(config, "vocab_size", len(tokenizer)):
            raise DataError(
                f"encoder {name}: its tokenizer has {len(tokenizer):,} tokens, the network {config.vocab_size:,}; the "
                "files are of two encoders."
            )
        with torch.inference_mode():
            probe = self.encode([self.prepare("a")])
        if probe.dim() != 2 or probe.size(0) != 1:
            raise DataError(f"encoder {name}: must give vectors of shape [1, D] for a text, gave {list(probe.shape)}.")
        self.dim = probe.size(1)

    def hash_content(self, item: str) -> bytes:
        return hashlib.sha256(item.encode("utf-8", "surrogatepass")).digest()

    def prepare(self, item: str) -> list[int]:
        """Returns the numbers of the tokens."""
        text = item.encode("utf-8", "replace").decode("utf-8")  # tokenizers raise errors for lone surrogates
        tokens: list[int] = self.tokenizer(text, truncation=True, max_length=self.max_length)["input_ids"]
        return tokens

    def encode(self, prepared: Sequence[list[int]]) -> Tensor:
        """Returns the vectors ``[B, D]`` of texts, given as the numbers of their tokens."""
        device = next(self.parameters()).device
        batch = self.tokenizer.pad([{"input_ids": tokens} for tokens in prepared], return_tensors="pt").to(device)
        vectors: Tensor = self(batch["input_ids"], batch["attention_mask"])
        return vectors

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Returns the vectors ``[B, D]`` of tokens ``[B, L]``, of which those count where ``mask`` is 1."""
        if hasattr(self.network, "get_text_features"):
            output = self.network.get_text_features(input_ids=tokens, attention_mask=mask)
            vectors: Tensor = output if isinstance(output, Tensor) else output.pooler_output
            return vectors
        states = self.network(input_ids=tokens, attention_mask=mask).last_hidden_state
        weight = mask[:, :, None].to(states.dtype)
        mean: Tensor = (states * weight).sum(1) / weight.sum(1).clamp(min=1)
        return mean

    def describe_preparation(self) -> str:
        """Returns a hash of the tokenizer, and the limit of tokens."""
        backend = getattr(self.tokenizer, "backend_tokenizer", None)
        settings = backend.to_str() if backend is not None else str(sorted(self.tokenizer.get_vocab().items()))
        return f"{hashlib.sha256(settings.encode()).hexdigest()} {self.max_length}"

    def extra_repr(self) -> str:
        return f"{self.name!r}, dim={self.dim}"
