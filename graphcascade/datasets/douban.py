from __future__ import annotations

from graphcascade.datasets.mshgat_dataset import MSHGATDataset
from graphcascade.datasets.registry import DATASETS
from graphcascade.datasets.repositories import MS_HGAT

__all__ = ["Douban"]


@DATASETS.register("Douban")
class Douban(MSHGATDataset):
    """Items that users of the Chinese site Douban share.

    From the "`MS-HGAT: Memory-Enhanced Sequential Hypergraph Attention Network for Information Diffusion
    Prediction <https://doi.org/10.1609/aaai.v36i4.20334>`_" paper.

    Times are in seconds since 1970. The published file of cascades is truncated in the middle of its last event, which
    is left out and counted.
    """

    folder = "douban"
    origin = MS_HGAT.address
    files = (
        MS_HGAT.file(
            "data/douban/cascades.txt",
            "mshgat/douban/cascades.txt",
            sha256="7d08275581468ede3ae517d444512e6123d75e5262c28c19276ee411be670c2d",
            size=1_602_345,
        ),
        MS_HGAT.file(
            "data/douban/edges.txt",
            "mshgat/douban/edges.txt",
            git_blob="39810850f8430497cd3716df77e35ee629658fb6",
        ),
    )
    unit = "s"
