from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["FeatureOptions"]


@dataclass(frozen=True)
class FeatureOptions:
    """Options of the features of tweets and posts that are computed before the training.

    Args:
        image_features: Encoder of images: a network of torchvision such as vgg16, a folder that transformers'
            save_pretrained wrote, or a name on the Hugging Face Hub. Needs pip install 'graphcascade[vision]'.
        image_weights: Weights for a network of torchvision: a file, or a name such as IMAGENET1K_V1. If not given,
            those that torchvision recommends, from torch's cache.
        download: Download weights that are not on this machine.
        broken_images: What to do with image files that are damaged: stop with an error, or go on with zeros, and count
            them (placeholder).
        text_features: Encoder of texts: "lsa" (latent semantic analysis of the data's own words); a file of word
            vectors in the text format of GloVe and word2vec, over which an LSTM that is not trained reads each
            sentence; a folder that transformers' save_pretrained wrote, or a name with a slash on the Hugging Face Hub,
            such as openai/clip-vit-base-patch32. A saved model keeps the first two.
        feature_cache: Folder that keeps the vectors of images and texts, so that each is encoded once.
    """

    heading = "features of images and texts (AMNL, VBPR, CITING, DSN)"  # in the help

    image_features: str | None = None
    image_weights: str | None = None
    download: bool = False
    broken_images: Literal["error", "placeholder"] = "error"
    text_features: str | None = None
    feature_cache: Path = Path("features")
