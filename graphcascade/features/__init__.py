"""Vectors of images and texts from pretrained encoders, cached on disk."""

from graphcascade.features.add_features import add_image_features, add_text_features
from graphcascade.features.compute_features import compute_features
from graphcascade.features.encoder import Encoder
from graphcascade.features.feature_cache import FeatureCache
from graphcascade.features.image_encoder import ImageEncoder
from graphcascade.features.latent_semantics import latent_semantics
from graphcascade.features.latent_semantics_encoder import LatentSemanticsEncoder
from graphcascade.features.load_image_encoder import load_image_encoder
from graphcascade.features.load_text_encoder import load_text_encoder
from graphcascade.features.pretrained_text_encoder import PretrainedTextEncoder
from graphcascade.features.text_encoder import TextEncoder, split_sentences
from graphcascade.features.word_vectors import WordVectors

__all__ = [
    "Encoder",
    "FeatureCache",
    "ImageEncoder",
    "LatentSemanticsEncoder",
    "PretrainedTextEncoder",
    "TextEncoder",
    "WordVectors",
    "add_image_features",
    "add_text_features",
    "compute_features",
    "latent_semantics",
    "load_image_encoder",
    "load_text_encoder",
    "split_sentences",
]
