"""Networks for images and texts from transformers, from a local folder or by name."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from graphcascade.errors import DataError, DownloadError, MissingFileError
from graphcascade.features.torchvision_networks import missing_package

__all__ = ["Pretrained", "load_pretrained", "load_transformers_network"]


class Pretrained(NamedTuple):
    """A network of transformers with its weights.

    Args:
        network: The network.
        processor: What prepares images or texts for it.
        pooled: Whether its pooling layer has weights from the file.
    """

    network: nn.Module
    processor: Any
    pooled: bool


class _VectorOutput(nn.Module):
    """A network of transformers that returns vectors.

    Args:
        network: The network.
        pooled: Whether its pooling layer has weights from the file; otherwise, the mean over positions is taken.
    """

    network: Any

    def __init__(self, network: nn.Module, pooled: bool) -> None:
        super().__init__()
        self.network = network
        self.pooled = pooled

    def forward(self, pixels: Tensor) -> Tensor:
        if hasattr(self.network, "get_image_features"):  # networks for images and texts, such as CLIP
            output = self.network.get_image_features(pixel_values=pixels)
        else:
            output = self.network(pixel_values=pixels)
        if isinstance(output, Tensor):  # before transformers 5
            return output
        if self.pooled and getattr(output, "pooler_output", None) is not None:
            vectors: Tensor = output.pooler_output
            return vectors.flatten(1)
        states: Tensor = output.last_hidden_state
        return states.mean(1) if states.dim() == 3 else states.mean((2, 3))


def load_transformers_network(name: str, download: bool = False) -> tuple[nn.Module, Callable[[Any], Tensor]]:
    """Returns a network for images with its weights, and the transform from images to its pixels.

    The arguments and errors are those of :func:`load_pretrained`.
    """
    network, processor, pooled = load_pretrained(name, "images", download)
    return _VectorOutput(network, pooled), _ProcessorTransform(processor)


def load_pretrained(name: str, kind: Literal["images", "texts"], download: bool = False) -> Pretrained:
    """Loads a network of transformers.

    Weights come from a safetensors file where there is one; others are read as weights only. Code beside the weights
    is never run.

    Args:
        name: A folder that ``save_pretrained`` wrote, or a name on the Hugging Face Hub.
        kind: What it encodes.
        download: Whether files that are not on this machine may be downloaded.

    Raises:
        MissingFileError: transformers is not installed; the files are not on this machine, and may not be downloaded.
        DownloadError: The download failed.
        DataError: The files are not those of a network for this kind, or weights are missing.
    """
    try:
        from transformers import AutoImageProcessor, AutoModel, AutoTokenizer
    except (ImportError, RuntimeError) as error:  # RuntimeError: torchvision was built for another torch
        raise missing_package("transformers", error) from error
    processors = AutoImageProcessor if kind == "images" else AutoTokenizer
    try:
        with torch.random.fork_rng(devices=[]), _quiet(download):
            processor = processors.from_pretrained(name, local_files_only=not download)
            network, report = AutoModel.from_pretrained(
                name, local_files_only=not download, output_loading_info=True, dtype=torch.float32
            )
    except OSError as error:
        reason = _first_sentence(error)
        if download:
            raise DownloadError(f"{name}: cannot be read or downloaded ({reason}).") from error
        raise MissingFileError(
            value=name,
            reason=f"not on this machine as an encoder of transformers ({reason}); give the folder of its files, or "
            "download it with",
            remedy=("download", True),
        ) from error
    except (ValueError, KeyError, RuntimeError, ImportError) as error:  # ImportError: a tokenizer needs a package
        reason = _first_sentence(error)
        raise DataError(f"{name}: not an encoder of {kind} of transformers ({reason}).") from error
    missing = sorted(report["missing_keys"])
    others = [key for key in missing if "pooler" not in key]
    if others:
        raise DataError(f"{name}: {len(others)} weights are missing from its files, such as {others[0]}.")
    return Pretrained(network, processor, pooled=not missing)


@contextmanager
def _quiet(download: bool) -> Iterator[None]:
    """Keeps transformers from printing reports, and bars unless something may be downloaded."""
    from transformers import logging

    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    if not download:
        logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()


class _ProcessorTransform:
    """The transform of an image processor, from an image to pixels ``[3, H, W]``."""

    def __init__(self, processor: Any) -> None:
        self.processor = processor

    def __call__(self, image: Any) -> Tensor:
        pixels: Tensor = self.processor(images=image, return_tensors="pt")["pixel_values"][0]
        return pixels

    def __repr__(self) -> str:
        return str(self.processor.to_json_string())


def _first_sentence(error: Exception) -> str:
    """Returns the first sentence of a message of transformers, whose other sentences give general advice."""
    sentence = " ".join(str(error).split()).partition(". ")[0]
    return textwrap.shorten(sentence.rstrip("."), 200, placeholder=" ...")
