from __future__ import annotations

from pathlib import Path

from graphcascade.features.pretrained_text_encoder import PretrainedTextEncoder
from graphcascade.features.transformers_networks import load_pretrained

__all__ = ["load_text_encoder"]


def load_text_encoder(name: str = "openai/clip-vit-base-patch32", download: bool = False) -> PretrainedTextEncoder:
    """Returns a pretrained encoder of texts.

    The "`Improving Social Media Popularity Prediction with Multiple Post Dependencies
    <https://arxiv.org/abs/2307.15413>`_" paper compares CLIP with BERT (Table 5), such as ``"bert-base-uncased"``. For
    images, :func:`load_image_encoder` takes names of the same kind, such as
    ``"microsoft/swin-base-patch4-window7-224"`` for the Swin transformer. Nothing is downloaded unless ``download`` is
    set.

    Args:
        name: A folder that ``save_pretrained`` of transformers wrote, with its tokenizer, or a name on the Hugging Face
            Hub.
        download: Whether files that are not on this machine may be downloaded.

    Raises:
        MissingFileError: transformers is not installed; the files are not on this machine, and may not be downloaded.
        DownloadError: The download failed.
        DataError: The files are not those of a network for texts, or weights are missing.
    """
    network, tokenizer, _ = load_pretrained(name, "texts", download)
    return PretrainedTextEncoder(network, tokenizer, Path(name).name if Path(name).is_dir() else name)
