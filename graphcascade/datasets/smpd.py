from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch_geometric.data import InMemoryDataset

from graphcascade.data.posts.category_columns import CategoryIds
from graphcascade.datasets.registry import POST_DATASETS
from graphcascade.errors import MissingFileError
from graphcascade.io import read_smpd
from graphcascade.io.named_columns import MissingImages
from graphcascade.io.smpd_files import EXPECTED, Part, is_smpd_folder

__all__ = ["SMPD"]


@POST_DATASETS.register("SMPD")
class SMPD(InMemoryDataset):
    """The Social Media Prediction Dataset: posts on Flickr, on which the DSN paper is measured.

    From the "`SMP Challenge: An Overview of Social Media Prediction Challenge 2019
    <https://arxiv.org/abs/1910.01795>`_" paper (Wu et al., 2019). ``dataset[0]`` is a
    :class:`~graphcascade.data.PostStream`. The files are given to those who register at the web page of the challenge;
    they are not downloaded. They are looked for in ``<root>/smpd``, then in the folder ``smpd`` of the folder that the
    environment variable ``GRAPHCASCADE_DATA`` names; see :func:`~graphcascade.io.read_smpd` for their names.

    Args:
        root: Folder that datasets are kept in.
        part: ``"train"`` (305,613 posts with labels), or ``"test"`` (180,581 without).
        missing_images: ``"placeholder"`` keeps posts whose image is missing without it, and counts them; ``"error"``
            stops there.
        category_ids: ``"name"``: categories of the same name are the same; ``"path"``: only if their ancestors are,
            too.
        transform: Applied to the stream when it is accessed.

    Raises:
        MissingFileError: The files are not there; the message says where to register, and which folder is expected.
        DataError: A file is invalid; see :func:`~graphcascade.io.read_smpd`.
    """

    folder = "smpd"
    origin = "https://smp-challenge.com"
    published_posts = 305_613

    def __init__(
        self,
        root: str | Path = "datasets",
        part: Part = "train",
        missing_images: MissingImages = "placeholder",
        category_ids: CategoryIds = "name",
        transform: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__(root=None, transform=transform)
        root = Path(root).expanduser()
        folder = self._find(root)
        if folder is None:
            raise MissingFileError(
                f"{root / self.folder}: SMPD is not here, and cannot be downloaded without registration; register at "
                f"{self.origin}, and put its files into this folder: {EXPECTED}. SMPVideo is public, and "
                "SyntheticPosts needs no files."
            )
        self._data = read_smpd(folder, part, missing_images, category_ids, name=self.folder)

    @classmethod
    def availability(cls, root: Path) -> str:
        """Returns whether the files are on this machine: "raw" in ``root``, "local copy" elsewhere, or "no"."""
        folder = cls._find(root)
        return "no" if folder is None else "raw" if folder == root / cls.folder else "local copy"

    @classmethod
    def _find(cls, root: Path) -> Path | None:
        copies = os.environ.get("GRAPHCASCADE_DATA")
        folders = [root, *([Path(copies).expanduser()] if copies else [])]
        return next((folder / cls.folder for folder in folders if is_smpd_folder(folder / cls.folder)), None)
