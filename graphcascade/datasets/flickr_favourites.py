from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch_geometric.data import InMemoryDataset

from graphcascade.data import RawRetweets, check_retweets
from graphcascade.datasets.published_files import PublishedFiles
from graphcascade.datasets.registry import RETWEET_DATASETS
from graphcascade.datasets.repositories import DIFFNET

__all__ = ["FlickrFavourites"]

PARTS = ("train", "val", "test")


@RETWEET_DATASETS.register("FlickrFavourites")
class FlickrFavourites(PublishedFiles, InMemoryDataset):
    """Favourites of images on Flickr, and who follows whom: a public stand-in for the AMNL paper's crawl.

    ``dataset[0]`` is a :class:`~graphcascade.data.RetweetNetwork` in which a favourite is a retweet. From the "`A
    Neural Influence Diffusion Model for Social Recommendation <https://doi.org/10.1145/3331184.3331214>`_" paper
    (DiffNet; Wu et al., 2019). It has ids only: no times, authors, texts or images. :meth:`RetweetNetwork.splits` is
    the published split; ``method="random"`` makes others.

    The files take a second to read, so nothing is stored beside them.

    Args:
        root: Folder that datasets are kept in.
        transform: Applied to the network when it is accessed.

    Raises:
        DownloadError: A file cannot be downloaded, or differs from the published file.
        StorageError: ``root`` cannot be written to.
    """

    folder = "flickr_favourites"
    published_users = 8_358
    published_retweets = 327_815
    origin = DIFFNET.address
    files = (
        DIFFNET.file(
            "data/flickr/flickr.links",
            "diffnet/flickr/flickr.links",
            sha256="8e38640aa6774576f841041764a577d2b497a0357074674039cbac4f6184c7a3",
            size=2_197_622,
        ),
        DIFFNET.file(
            "data/flickr/flickr.train.rating",
            "diffnet/flickr/flickr.train.rating",
            sha256="506fec4d851f7cfe9c29c4e69268b0209663e0a6239b7669203e035a24855316",
            size=3_586_229,
        ),
        DIFFNET.file(
            "data/flickr/flickr.val.rating",
            "diffnet/flickr/flickr.val.rating",
            sha256="cb2e8fb82e1e5685b6eb8d63a0e95f5c3669391dd69777c2403ed4e8a2ed78d0",
            size=165_131,
        ),
        DIFFNET.file(
            "data/flickr/flickr.test.rating",
            "diffnet/flickr/flickr.test.rating",
            sha256="19bec446356247792554269cf603abc3b9a304cfb42ac774313f39b2d10a6303",
            size=410_882,
        ),
    )

    def __init__(self, root: str | Path = "datasets", transform: Callable[[Any], Any] | None = None) -> None:
        super().__init__(root=None, transform=transform)
        root = Path(root).expanduser()
        links, *ratings = (_read_pairs(self._obtain(file, root)) for file in self.files)
        part = np.repeat(np.arange(len(PARTS), dtype=np.int8), [len(pairs) for pairs in ratings])
        favourites = np.concatenate(ratings)
        users = np.unique(np.concatenate([links.ravel(), favourites[:, 0]]))
        images = np.unique(favourites[:, 1])
        self._data = check_retweets(
            RawRetweets(
                user=_strings(users),
                follower=_strings(links[:, 0]),
                followee=_strings(links[:, 1]),
                tweet=_strings(images),
                retweeter=_strings(favourites[:, 0]),
                retweeted=_strings(favourites[:, 1]),
                part=part,
                name=self.folder,
            )
        )


def _read_pairs(path: Path) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Reads the first two numbers of each line, ``[M, 2]``; the third is always 1."""
    return np.loadtxt(path, dtype=np.int64, usecols=(0, 1), ndmin=2)


def _strings(numbers: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.object_]]:
    return numbers.astype(str).astype(object)
