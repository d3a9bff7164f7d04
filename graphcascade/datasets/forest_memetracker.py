from __future__ import annotations

from graphcascade.datasets.published_dataset import PublishedDataset
from graphcascade.datasets.registry import DATASETS
from graphcascade.datasets.repositories import FOREST
from graphcascade.io import read_ndm

__all__ = ["ForestMemetracker"]


@DATASETS.register("ForestMemetracker")
class ForestMemetracker(PublishedDataset):
    """Phrases that spread over news sites and blogs.

    From the "`Multi-scale Information Diffusion Prediction with Reinforced Recurrent Networks
    <https://doi.org/10.24963/ijcai.2019/560>`_" paper (FOREST).

    A cascade is a phrase, and a user is a site. Times are hours since 1970. The published split has train, validation
    and test.
    """

    folder = "forest_memetracker"
    origin = FOREST.address
    files = (
        FOREST.file(
            "data/memetracker/cascade.txt",
            "forest/memetracker/cascade.txt",
            sha256="0e25d5ba0569bcb895b065ee706494d618056a48f3e362378fa511a7db441587",
        ),
        FOREST.file(
            "data/memetracker/cascadevalid.txt",
            "forest/memetracker/cascadevalid.txt",
            sha256="145428dac91753ecc70239aba3d1552eaad4ac3e3d3a8a77c15f43ec01c68908",
        ),
        FOREST.file(
            "data/memetracker/cascadetest.txt",
            "forest/memetracker/cascadetest.txt",
            sha256="6820181b5c14313b019ab0cf2619d848a3cb1c06e6e3791db954a8345bf070e6",
        ),
    )
    reader = read_ndm
    parts = (0, 1, 2)
    unit = "h"
