from __future__ import annotations

import difflib
from pathlib import Path

from graphcascade.errors import DownloadError, MissingFileError, UsageError
from graphcascade.features.image_encoder import ImageEncoder
from graphcascade.features.torchvision_networks import (
    list_torchvision_networks,
    load_torchvision_network,
    unknown_encoder,
)
from graphcascade.features.transformers_networks import load_transformers_network

__all__ = ["load_image_encoder"]


def load_image_encoder(name: str = "vgg16", weights: str | Path | None = None, download: bool = False) -> ImageEncoder:
    """Returns a pretrained encoder of images.

    The default is that of the "`Attentional Image Retweet Modeling via Multi-Faceted Ranking Network Learning
    <https://doi.org/10.24963/ijcai.2018/442>`_" paper: the activations of the 15th layer with weights of VGG, called
    fc7, 4,096 numbers for an image. Nothing is downloaded unless ``download`` is set.

    Args:
        name: A network of torchvision for classification (its last layer is removed), a folder that ``save_pretrained``
            of transformers wrote, or a name on the Hugging Face Hub, such as ``"openai/clip-vit-base-patch32"``.
        weights: For networks of torchvision, a file of weights (safetensors, or torch's format with weights only), or
            the name of published weights. By default those that torchvision recommends, from torch's cache.
        download: Whether weights that are not on this machine may be downloaded.

    Raises:
        MissingFileError: torchvision or transformers is not installed; the weights are not on this machine, and may not
            be downloaded.
        UnknownNameError: There is no encoder of this name; the message has similar names.
        DownloadError: The download failed.
        DataError: A file has no weights of this network.
        UsageError: ``weights`` is given for an encoder of transformers.
    """
    is_folder = Path(name).is_dir()
    names = list_torchvision_networks()
    if not is_folder and name in names:
        network, transform = load_torchvision_network(name, weights, download)
    elif not is_folder and "/" not in name and not names:
        network, transform = load_torchvision_network(name, weights, download)  # raises the error of torchvision
    else:
        near = difflib.get_close_matches(name, names, n=3)
        if weights is not None:
            if not is_folder and "/" not in name:
                raise unknown_encoder(name, names, near)
            reason = f"{name} is an encoder of transformers, whose weights are in its folder; leave it out"
            raise UsageError(argument="weights", value=str(weights), reason=reason)
        try:
            network, transform = load_transformers_network(name, download)
        except (MissingFileError, DownloadError) as error:
            if is_folder or "/" in name:
                raise
            raise unknown_encoder(name, names, near) from error
    return ImageEncoder(network, transform, Path(name).name if is_folder else name)
