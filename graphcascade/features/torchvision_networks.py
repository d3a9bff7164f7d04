"""Networks for images from torchvision, without their last layer, which names classes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import URLError

import torch
from torch import Tensor, nn

from graphcascade.errors import DataError, DownloadError, MissingFileError, UnknownNameError, UsageError
from graphcascade.features.weights_file import read_weights

__all__ = [
    "list_torchvision_networks",
    "load_torchvision_network",
    "missing_package",
    "remove_last_layer",
    "unknown_encoder",
]


def list_torchvision_networks() -> list[str]:
    """Returns the names of torchvision's networks for classification; none without torchvision."""
    try:
        from torchvision import models
    except (ImportError, RuntimeError):  # RuntimeError: it was built for another torch
        return []
    return list(models.list_models(module=models))


def load_torchvision_network(
    name: str, weights: str | Path | None = None, download: bool = False
) -> tuple[nn.Module, Callable[[Any], Tensor]]:
    """Returns a network with its weights, and the transform from images to its pixels.

    Args:
        name: Name of the network, such as ``"vgg16"``.
        weights: A file of weights, or the name of published weights, such as ``"IMAGENET1K_V1"``; by default those that
            torchvision recommends.
        download: Whether published weights that are not on this machine may be downloaded.

    Raises:
        MissingFileError: torchvision is not installed; there is no such file; the published weights are not on this
            machine, and may not be downloaded.
        DownloadError: The download failed.
        DataError: The file has no weights of this network.
        UsageError: The network has no linear layer at its end.
    """
    try:
        from torchvision import models
    except (ImportError, RuntimeError) as error:
        raise missing_package("torchvision", error) from error
    published = models.get_model_weights(name)
    chosen = published.DEFAULT
    if weights is None or str(weights) in published.__members__:
        chosen = published.DEFAULT if weights is None else published[str(weights)]
        weights = _find_published(name, chosen, download)
    with torch.random.fork_rng(devices=[]):  # initial weights are replaced; the caller's draws stay the same
        network: nn.Module = models.get_model(name, weights=None)
    last_layer = remove_last_layer(network, name)
    values = {key: value for key, value in read_weights(weights).items() if not key.startswith(f"{last_layer}.")}
    try:
        network.load_state_dict(values)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:160]
        raise DataError(f"{weights}: not the weights of {name} ({reason}).") from error
    transform: Callable[[Any], Tensor] = chosen.transforms()
    return network, transform


def remove_last_layer(network: nn.Module, name: str) -> str:
    """Replaces the last linear layer of a network, which names classes, by the identity, and returns its name.

    The output of VGG16 is then that of its 15th layer with weights, called fc7, after the rectifier.

    Raises:
        UsageError: There is no linear layer.
    """
    layers = [key for key, module in network.named_modules() if isinstance(module, nn.Linear)]
    if not layers:
        raise UsageError(argument="name", value=name, reason="has no linear layer at its end; choose another encoder")
    last_layer: str = layers[-1]
    network.set_submodule(last_layer, nn.Identity())
    return last_layer


def _find_published(name: str, chosen: Any, download: bool) -> Path:
    """Returns the file of published weights in torch's cache, where torchvision puts them."""
    path = Path(torch.hub.get_dir()) / "checkpoints" / Path(chosen.url).name
    if path.exists():
        return path
    size = chosen.meta.get("_file_size")
    megabytes = "" if size is None else f" ({size:,.0f} MB)"
    if not download:
        raise MissingFileError(
            value=name,
            reason=f"its weights are not on this machine ({path}); give their file as the weights, or download them "
            f"from {chosen.url}{megabytes} with",
            remedy=("download", True),
        )
    checksum = path.stem.rpartition("-")[2]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(chosen.url, str(path), hash_prefix=checksum)
    except (URLError, OSError, RuntimeError) as error:
        raise DownloadError(
            f"{name}: its weights cannot be downloaded from {chosen.url} ({error}); put the file at {path}, or give it "
            "as the weights."
        ) from error
    return path


def missing_package(package: str, error: Exception) -> MissingFileError:
    """Returns the error for a package that cannot be imported."""
    if isinstance(error, ModuleNotFoundError):
        return MissingFileError(
            f"pretrained encoders need {package}, which is not installed: pip install 'graphcascade[vision]'."
        )
    reason = " ".join(str(error).split())[:120]
    return MissingFileError(
        f"{package} cannot be imported ({reason}); install the torchvision that fits torch {torch.__version__}."
    )


def unknown_encoder(name: str, names: list[str], near: list[str]) -> UnknownNameError:
    """Returns the error for a name that neither torchvision nor transformers can find."""
    hint = f"did you mean {' or '.join(near)}?" if near else f"torchvision has {len(names)} names, such as vgg16."
    return UnknownNameError(
        f"unknown encoder {name!r}: not a network of torchvision, a folder of transformers, or a name in the local "
        f"cache of Hugging Face; {hint} The Hugging Face Hub is searched with",
        remedy=("download", True),
    )
