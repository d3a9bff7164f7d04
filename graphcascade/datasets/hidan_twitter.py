from __future__ import annotations

from graphcascade.datasets.published_dataset import PublishedDataset
from graphcascade.datasets.registry import DATASETS
from graphcascade.datasets.repositories import HIDAN
from graphcascade.io import read_hidan

__all__ = ["HiDANTwitter"]


@DATASETS.register("HiDANTwitter")
class HiDANTwitter(PublishedDataset):
    """Tweets and the users who shared them.

    From the "`Hierarchical Diffusion Attention Network <https://doi.org/10.24963/ijcai.2019/531>`_" paper
    (HiDAN).

    Times count from each cascade's source, so cascades have no order in time. The published split has train,
    validation and test. The unit is not stated; times are multiples of 1/3600, so they are taken as hours.
    """

    folder = "hidan_twitter"
    origin = HIDAN.address
    files = (
        HIDAN.file(
            "data/twitter-cascades-time-train",
            "hidan/twitter-cascades-time-train",
            git_blob="ba4de2673a1cabcc5f6728a76598852722a68e9b",
        ),
        HIDAN.file(
            "data/twitter-cascades-time-val",
            "hidan/twitter-cascades-time-val",
            git_blob="3c2918f5e78d3369d54046d37e10daec3f9dba7f",
        ),
        HIDAN.file(
            "data/twitter-cascades-time-test",
            "hidan/twitter-cascades-time-test",
            git_blob="fb31e2cbc408b10d33f7ee8ec4526e626b9834a7",
        ),
    )
    reader = read_hidan
    parts = (0, 1, 2)
    unit = "h"
