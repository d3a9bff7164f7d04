from __future__ import annotations

from graphcascade.datasets.published_dataset import PublishedDataset
from graphcascade.datasets.registry import DATASETS
from graphcascade.datasets.repositories import NDM
from graphcascade.io import read_ndm

__all__ = ["Memetracker"]


@DATASETS.register("Memetracker")
class Memetracker(PublishedDataset):
    """Phrases that spread over news sites and blogs.

    From the "`Neural Diffusion Model for Microscopic Cascade Prediction <https://arxiv.org/abs/1812.08933>`_"
    paper.

    A cascade is a phrase, and a user is a site. Times are hours since 1970. The published split has train and test.
    The files of :class:`ForestMemetracker` are different and have ten times as many sites.
    """

    folder = "memetracker"
    origin = NDM.address
    files = (
        NDM.file(
            "data/memetracker/cascade.txt",
            "ndm/memetracker/cascade.txt",
            sha256="48829fba5ce53a6a29c67fd87796b08f2aa1323db600bb65b8dd52313b23241f",
            size=1_097_616,
        ),
        NDM.file(
            "data/memetracker/cascadetest.txt",
            "ndm/memetracker/cascadetest.txt",
            sha256="84ed3eab53ddeb1ba1721cbbef14009f6dbd1711fc57cc45a11967dfe4ded41f",
            size=124_085,
        ),
    )
    reader = read_ndm
    parts = (0, 2)
    unit = "h"
    published_users = 498
    published_cascades = 8_304
