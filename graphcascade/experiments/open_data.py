"""Opens the datasets of experiments: for each network that they are simulated on, the version for each seed."""

from __future__ import annotations

import copy
import inspect
import logging
from pathlib import Path
from typing import Any

from graphcascade.data import CascadeDataset, PostStream, RetweetNetwork
from graphcascade.data.posts.schema import POST
from graphcascade.data.retweets.schema import TWEET
from graphcascade.datasets import (
    DATASETS,
    POST_DATASETS,
    RETWEET_DATASETS,
    load_dataset,
    load_posts,
    load_retweets,
)
from graphcascade.errors import MissingFileError, UsageError
from graphcascade.experiments.experiment import Experiment
from graphcascade.features import (
    LatentSemanticsEncoder,
    add_image_features,
    add_text_features,
    latent_semantics,
    load_image_encoder,
    load_text_encoder,
)
from graphcascade.io import read_cascades, read_posts, read_retweets

__all__ = ["open_cascades", "open_posts", "open_retweets"]

TEXT_DIM = 256
"""Size of the features of texts that have none."""
POST_TEXT_DIM = 64
"""Size of the features of the texts of posts, if there is no CLIP."""
CLIP = "openai/clip-vit-base-patch32"

logger = logging.getLogger(__name__)


def open_cascades(experiment: Experiment, name: str, root: Path) -> list[list[CascadeDataset]]:
    """Reads or loads cascades, or simulates them on each network; they are the same for all seeds.

    Raises:
        GraphCascadeError: They cannot be read, or downloaded.
    """
    file = None if experiment.folder is None else experiment.folder / name
    if file is not None and file.is_file():
        return [[read_cascades(file)]]
    if experiment.networks > 1 and "network_seed" in inspect.signature(DATASETS[name]).parameters:
        return [[DATASETS[name](network_seed=seed, seed=seed)] for seed in range(experiment.networks)]
    return [[load_dataset(name, root)]]


def open_retweets(experiment: Experiment, name: str, root: Path) -> list[list[RetweetNetwork]]:
    """Reads or loads a network of retweets, or simulates another one for each seed.

    Texts without features get those of :func:`~graphcascade.features.latent_semantics`.

    Args:
        experiment: The experiment; its ``simulated`` are arguments of a dataset that is simulated.
        name: Name of a dataset, or a folder, by its path from the working directory or the experiment's file.
        root: Folder that datasets are kept in.

    Raises:
        GraphCascadeError: The network cannot be read or downloaded; an argument of the simulation is out of range.
    """
    for folder in (Path(name), *([] if experiment.folder is None else [experiment.folder / name])):
        if folder.is_dir():
            return [[_add_text_features(read_retweets(folder))]]
    if "seed" not in inspect.signature(RETWEET_DATASETS[name]).parameters:
        return [[_add_text_features(load_retweets(name, root))]]
    return [[_add_text_features(network) for network in _simulate(experiment, name, RETWEET_DATASETS[name])]]


def open_posts(experiment: Experiment, name: str, root: Path) -> list[list[PostStream]]:
    """Reads or loads a stream of posts, or simulates another one for each seed.

    Images and texts without features get those of CLIP if it is on this machine, and texts otherwise those of
    latent semantics, whose words and directions come from the training posts.

    Args:
        experiment: The experiment; its ``simulated`` are arguments of a dataset that is simulated.
        name: Name of a dataset, or a folder of SMPD's files.
        root: Folder that datasets are kept in.

    Raises:
        GraphCascadeError: The posts cannot be read or downloaded; an argument of the simulation is out of range.
    """
    for folder in (Path(name), *([] if experiment.folder is None else [experiment.folder / name])):
        if folder.exists():
            return [[_add_post_features(read_posts(folder, missing_images="placeholder"), root)]]
    if "seed" not in inspect.signature(POST_DATASETS[name]).parameters:
        return [[_add_post_features(load_posts(name, root), root)]]
    return [_simulate(experiment, name, POST_DATASETS[name])]


def _simulate(experiment: Experiment, name: str, dataset: Any) -> list[Any]:
    """Simulates a dataset for each seed."""
    parameters = inspect.signature(dataset).parameters
    for argument in experiment.simulated:
        if argument not in parameters:
            known = ", ".join(sorted(set(parameters) - {"seed", "transform"}))
            raise UsageError(f"{experiment.name}: simulated has no argument {argument!r}; {name} has {known}.")
    found = []
    for seed in range(experiment.seeds):
        element = dataset(seed=seed, **experiment.simulated)[0]
        element.name = name
        found.append(element)
    return found


def _add_post_features(stream: PostStream, root: Path) -> PostStream:
    store = stream[POST]
    has_text = any(any(store.get(name, ())) for name in ("text", "title"))
    try:
        if "x_image" not in store and any(store.get("image", ())):
            images = load_image_encoder(CLIP)
            stream = add_image_features(stream, images, root / "features" / "clip-images", "placeholder")
        if "x_text" not in store and has_text:
            texts = load_text_encoder(CLIP)
            stream = add_text_features(stream, texts, root / "features" / "clip-texts")
    except MissingFileError as error:
        logger.info("%s: no features of CLIP: %s", stream.name, error)
    if "x_text" not in stream[POST] and has_text:
        end = int(stream.splits()[0].targets[-1]) + 1
        words = [str(text) for name in ("title", "text") for text in store.get(name, ())[:end]]
        stream = add_text_features(stream, LatentSemanticsEncoder.fit(words, POST_TEXT_DIM), None, progress=False)
    return stream


def _add_text_features(network: RetweetNetwork) -> RetweetNetwork:
    text = network[TWEET].get("text")
    if "x_text" in network[TWEET] or text is None or not any(text):
        return network
    result = copy.copy(network)
    result[TWEET].x_text = latent_semantics(text.tolist(), TEXT_DIM)
    return result
