"""A CLIP of some ten thousand random weights, saved in a folder; transformers loads it as it loads published ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

try:
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
except (ImportError, RuntimeError):  # RuntimeError: torchvision was built for another torch
    pytest.skip("transformers cannot be imported", allow_module_level=True)

transformers.logging.disable_progress_bar()

START, END = "<|startoftext|>", "<|endoftext|>"


def layers(width: int) -> dict[str, int]:
    return {"hidden_size": width, "intermediate_size": 2 * width, "num_hidden_layers": 1, "num_attention_heads": 2}


def save_tokenizer(folder: Path, texts: list[str], length: int = 32) -> Any:
    """Saves a tokenizer of byte pairs that was trained on texts."""
    tokenizer = Tokenizer(models.BPE(unk_token=END))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    trainer = trainers.BpeTrainer(
        vocab_size=1_000,
        special_tokens=[START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=[(START, 0), (END, 1)]
    )
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=START, eos_token=END, pad_token=END, model_max_length=length
    )
    fast.save_pretrained(folder)
    return fast


def save_tiny_clip(folder: Path, texts: list[str], width: int = 8, pixels: int = 16, patch: int = 8) -> Any:
    """Saves a tiny CLIP with its tokenizer and its processor of images, and returns the network."""
    torch.manual_seed(0)
    tokenizer = save_tokenizer(folder, texts)
    ends = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    config = transformers.CLIPConfig(
        text_config={**layers(width), **ends, "vocab_size": len(tokenizer), "max_position_embeddings": 32},
        vision_config={**layers(width), "image_size": pixels, "patch_size": patch},
        projection_dim=width,
    )
    network = transformers.CLIPModel(config).eval()
    network.save_pretrained(folder)
    transformers.CLIPImageProcessor(
        size={"shortest_edge": pixels}, crop_size={"height": pixels, "width": pixels}
    ).save_pretrained(folder)
    return network
