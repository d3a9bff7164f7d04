from __future__ import annotations

from graphcascade.datasets.published_dataset import PublishedDataset
from graphcascade.datasets.registry import DATASETS
from graphcascade.datasets.repositories import NDM
from graphcascade.io import read_ndm

__all__ = ["Lastfm"]


@DATASETS.register("Lastfm")
class Lastfm(PublishedDataset):
    """Songs that nearly a thousand users of last.fm listened to.

    From the "`Neural Diffusion Model for Microscopic Cascade Prediction <https://arxiv.org/abs/1812.08933>`_"
    paper.

    A cascade is a song, and an event is the first time that a user listened to it. Times are seconds since 1970. The
    published split has train and test.
    """

    folder = "lastfm"
    origin = NDM.address
    files = (
        NDM.file(
            "data/lastfm/cascade.txt",
            "ndm/lastfm/cascade.txt",
            sha256="3f0ccda24dea5def7f568c1914b7887e03eaae9e6ba1da569e10c10aaa3d3320",
            size=3_791_085,
        ),
        NDM.file(
            "data/lastfm/cascadetest.txt",
            "ndm/lastfm/cascadetest.txt",
            sha256="28eae7e597f3bbdf3ae50ee6d721ef797874f2fd6f176d8e47caaee5a77504f5",
            size=449_005,
        ),
    )
    reader = read_ndm
    parts = (0, 2)
    unit = "s"
    published_users = 982
    published_cascades = 23_802
