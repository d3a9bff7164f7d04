from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from graphcascade.data import CascadeTable, check_events
from graphcascade.datasets.published_dataset import PublishedDataset
from graphcascade.datasets.registry import DATASETS
from graphcascade.datasets.repositories import DEEP_HAWKES
from graphcascade.io import read_deephawkes_sample

__all__ = ["WeiboDeepHawkes"]

PARTS = ("train", "val", "test")
FILES = {
    "cascade_train.txt": ("82fe4aaaf7bc5def8dbc16c3f31ffa8e3224eda904f35b1186635a7ad5f3c5a4", 678_001),
    "cascade_val.txt": ("34b6405e30ce80099ced0d7e48df5c6bf0bf7b71171be1ed9f8f282af03b98fd", 180_625),
    "cascade_test.txt": ("5941c426959b6d18d67d494ad7fdc70a8388cf9e072c6ea6b1a41d056c583b3d", 165_708),
    "shortestpath_train.txt": ("4a3cb5501aa7ee296df5d12d1afdab1b1e43ac85dbdd8589566363884605e43f", 834_920),
    "shortestpath_val.txt": ("93e95659cb90da9033d6080075d3dc71091c67bba96f69c336e99ec1a2aa42ba", 225_466),
    "shortestpath_test.txt": ("8be324820aee49c14e32da2c92a9803a251ccddd97c3891f322dadb45e6a2bc9", 208_179),
}
HOUR = 3600.0


@DATASETS.register("WeiboDeepHawkes")
class WeiboDeepHawkes(PublishedDataset):
    """The first hour of retweet cascades on Weibo and their growth after it: the sample of DeepHawkes.

    From the "`DeepHawkes: Bridging the Gap between Prediction and Understanding of Information Cascades
    <https://doi.org/10.1145/3132847.3132973>`_" paper, in the repository of a third party.

    The messages are of the first minutes of 1 June 2016 in Beijing. An event is a user's first retweet of a message.
    Times are Unix seconds; the events of the first hour are recorded, and ``table.growth`` is the number of retweets
    after it, which counts repeated retweets of a user. The published split has train, validation and test.
    """

    folder = "weibo_deephawkes"
    origin = DEEP_HAWKES.address
    files = tuple(
        DEEP_HAWKES.file(f"data/original/{name}", f"weibo_deephawkes/{name}", sha256=sha256, size=size)
        for name, (sha256, size) in FILES.items()
    )
    unit = "s"
    published_cascades = 1187

    def read(self, paths: Mapping[str, Path]) -> CascadeTable:
        pairs = [(paths[f"cascade_{part}.txt"], paths[f"shortestpath_{part}.txt"]) for part in PARTS]
        raw = [read_deephawkes_sample(cascades, times) for cascades, times in pairs]
        return replace(check_events(raw, (0, 1, 2), self.unit, self.folder), recorded=HOUR)
