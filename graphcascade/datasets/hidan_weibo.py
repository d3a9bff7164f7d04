from __future__ import annotations

from graphcascade.datasets.published_dataset import PublishedDataset
from graphcascade.datasets.registry import DATASETS
from graphcascade.datasets.repositories import HIDAN
from graphcascade.io import read_hidan

__all__ = ["HiDANWeibo"]


@DATASETS.register("HiDANWeibo")
class HiDANWeibo(PublishedDataset):
    """Posts on Sina Weibo and the users who shared them.

    From the "`Hierarchical Diffusion Attention Network <https://doi.org/10.24963/ijcai.2019/531>`_" paper
    (HiDAN).

    Times count from each cascade's source, so cascades have no order in time. The published split has train,
    validation and test. The unit is not stated; times are multiples of 1/3600, so they are taken as hours.
    """

    folder = "hidan_weibo"
    origin = HIDAN.address
    files = (
        HIDAN.file(
            "data/weibo-cascades-time-train",
            "hidan/weibo-cascades-time-train",
            git_blob="381016e93bf2bc2b851d6f9b5bcadb75d6c53ce4",
        ),
        HIDAN.file(
            "data/weibo-cascades-time-val",
            "hidan/weibo-cascades-time-val",
            git_blob="56c83f3942866117855ff7c818edbe8a5b16c527",
        ),
        HIDAN.file(
            "data/weibo-cascades-time-test",
            "hidan/weibo-cascades-time-test",
            git_blob="cff8823ba4a2433c14aa1883ecf59a5f52126fb4",
        ),
    )
    reader = read_hidan
    parts = (0, 1, 2)
    unit = "h"
