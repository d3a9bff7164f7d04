"""Opens the datasets of experiments: for each network that they are simulated on, the version for each seed."""

from __future__ import annotations

import copy
import inspect
from pathlib import Path

from graphcascade.data import CascadeDataset, RetweetNetwork
from graphcascade.data.retweets.schema import TWEET
from graphcascade.datasets import DATASETS, RETWEET_DATASETS, load_dataset, load_retweets
from graphcascade.errors import UsageError
from graphcascade.experiments.experiment import Experiment
from graphcascade.features import latent_semantics
from graphcascade.io import read_cascades, read_retweets

__all__ = ["open_cascades", "open_retweets"]

TEXT_DIM = 256
"""Size of the features of texts that have none."""


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
    parameters = inspect.signature(RETWEET_DATASETS[name]).parameters
    if "seed" not in parameters:
        return [[_add_text_features(load_retweets(name, root))]]
    for argument in experiment.simulated:
        if argument not in parameters:
            known = ", ".join(sorted(set(parameters) - {"seed", "transform"}))
            raise UsageError(f"{experiment.name}: simulated has no argument {argument!r}; {name} has {known}.")
    networks = []
    for seed in range(experiment.seeds):
        network = RETWEET_DATASETS[name](seed=seed, **experiment.simulated)[0]
        assert isinstance(network, RetweetNetwork)
        networks.append(_add_text_features(network))
    return [networks]


def _add_text_features(network: RetweetNetwork) -> RetweetNetwork:
    text = network[TWEET].get("text")
    if "x_text" in network[TWEET] or text is None or not any(text):
        return network
    result = copy.copy(network)
    result[TWEET].x_text = latent_semantics(text.tolist(), TEXT_DIM)
    return result
