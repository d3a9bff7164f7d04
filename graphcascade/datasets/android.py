from __future__ import annotations

from graphcascade.datasets.mshgat_dataset import MSHGATDataset
from graphcascade.datasets.registry import DATASETS
from graphcascade.datasets.repositories import MS_HGAT

__all__ = ["Android"]


@DATASETS.register("Android")
class Android(MSHGATDataset):
    """Discussions on the Android site of StackExchange.

    From the "`MS-HGAT: Memory-Enhanced Sequential Hypergraph Attention Network for Information Diffusion
    Prediction <https://doi.org/10.1609/aaai.v36i4.20334>`_" paper.

    Each line begins with the root user, who is the source of the cascade and has no time. The other times count from
    an origin that depends on the root, so cascades have no order in time and :meth:`splits` is random by default. The
    unit of the times is not stated.
    """

    folder = "android"
    origin = MS_HGAT.address
    files = (
        MS_HGAT.file(
            "data/android/cascades.txt",
            "mshgat/android/cascades.txt",
            sha256="24414efb05781b6a6ad0b9d6eba5790dbcf03c63f522d8e9c223cf1dc93d9f12",
            size=397_257,
        ),
        MS_HGAT.file(
            "data/android/edges.txt",
            "mshgat/android/edges.txt",
            sha256="e37f34ae2b6737bf6f99e3cc2569b0c9c020d46e7b11eecece164a0d89270d51",
            size=404_398,
        ),
    )
    published_users = 2_927
    published_cascades = 679
