from __future__ import annotations

from graphcascade.datasets.mshgat_dataset import MSHGATDataset
from graphcascade.datasets.registry import DATASETS
from graphcascade.datasets.repositories import MS_HGAT

__all__ = ["Christianity"]


@DATASETS.register("Christianity")
class Christianity(MSHGATDataset):
    """Discussions on the Christianity site of StackExchange.

    From the "`MS-HGAT: Memory-Enhanced Sequential Hypergraph Attention Network for Information Diffusion
    Prediction <https://doi.org/10.1609/aaai.v36i4.20334>`_" paper.

    Each line begins with the root user, who is the source of the cascade and has no time. The other times count from
    an origin that depends on the root, so cascades have no order in time and :meth:`splits` is random by default. The
    unit of the times is not stated.
    """

    folder = "christianity"
    origin = MS_HGAT.address
    files = (
        MS_HGAT.file(
            "data/christianity/cascades.txt",
            "mshgat/christianity/cascades.txt",
            sha256="2ae5b168de05b154724612363ba7ddbc9e778a87635dd424cfedace47dee7126",
            size=201_529,
        ),
        MS_HGAT.file(
            "data/christianity/edges.txt",
            "mshgat/christianity/edges.txt",
            sha256="49f37d25ea925efc496ee321ab3d07220bf3405bc73bd16b762ddc9a54ebb58e",
            size=281_974,
        ),
    )
    published_cascades = 589
