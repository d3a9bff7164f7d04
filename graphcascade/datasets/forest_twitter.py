from __future__ import annotations

from graphcascade.datasets.published_dataset import PublishedDataset
from graphcascade.datasets.registry import DATASETS
from graphcascade.datasets.repositories import FOREST
from graphcascade.io import read_ndm

__all__ = ["ForestTwitter"]


@DATASETS.register("ForestTwitter")
class ForestTwitter(PublishedDataset):
    """Tweets with links to web pages, 2010.

    From the "`Multi-scale Information Diffusion Prediction with Reinforced Recurrent Networks
    <https://doi.org/10.24963/ijcai.2019/560>`_" paper (FOREST).

    A cascade is a page, and an event is a user's first tweet with a link to it. Times are milliseconds since 1970,
    rounded to seconds. The published split has train, validation and test.
    """

    folder = "forest_twitter"
    origin = FOREST.address
    files = (
        FOREST.file(
            "data/twitter/cascade.txt",
            "forest/twitter/cascade.txt",
            sha256="55fac11725b60bd2b0adb408c7f4fe8ad725db2b972d625ffa2854001df638c7",
        ),
        FOREST.file(
            "data/twitter/cascadevalid.txt",
            "forest/twitter/cascadevalid.txt",
            sha256="cb9ecb9d031e7ae197862a33a75aa72c362dd43a2b6c67ac114a7e00a5f4daf6",
        ),
        FOREST.file(
            "data/twitter/cascadetest.txt",
            "forest/twitter/cascadetest.txt",
            sha256="64adba3295e0652f76cdf134086dc6ac7526b688f87727b963fd2fcb00945167",
        ),
    )
    reader = read_ndm
    parts = (0, 1, 2)
    unit = "ms"
