from __future__ import annotations

from graphcascade.datasets.published_dataset import PublishedDataset
from graphcascade.datasets.registry import DATASETS
from graphcascade.datasets.repositories import NDM
from graphcascade.io import read_ndm

__all__ = ["Irvine"]


@DATASETS.register("Irvine")
class Irvine(PublishedDataset):
    """Forums of the students of the University of California, Irvine, 2004.

    From the "`Neural Diffusion Model for Microscopic Cascade Prediction <https://arxiv.org/abs/1812.08933>`_"
    paper.

    A cascade is a forum, and an event is a user's first post there. Times are seconds since 1970. The published split
    has train and test.
    """

    folder = "irvine"
    origin = NDM.address
    files = (
        NDM.file(
            "data/irvine/cascade.txt",
            "ndm/irvine/cascade.txt",
            sha256="3fc2fd12c561462279127b73f1f97c5854616de5b228a277199234ae360436e4",
            size=86_261,
        ),
        NDM.file(
            "data/irvine/cascadetest.txt",
            "ndm/irvine/cascadetest.txt",
            sha256="1f170b90d3992d9602bcca6fc3e90bc262e59d213d379eac07c7016050d264e0",
            size=9_945,
        ),
    )
    reader = read_ndm
    parts = (0, 2)
    unit = "s"
    published_users = 540
    published_cascades = 471
