from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from graphcascade.datasets.fetch import fetch
from graphcascade.datasets.remote_file import RemoteFile
from graphcascade.errors import MissingFileError

__all__ = ["PublishedFiles"]


class PublishedFiles:
    """Where the files of a published dataset are: on this machine, or to be downloaded.

    A file is looked for in ``<root>/<folder>/raw``, then at its :attr:`RemoteFile.local` path in ``root`` and in the
    folder of the environment variable ``GRAPHCASCADE_DATA`` (where it is used in place). Otherwise it is downloaded to
    ``<root>/<folder>/raw``. In every case it must have the published checksum.
    """

    folder: ClassVar[str]
    """Folder in ``root``, and name of the dataset in reports."""
    origin: ClassVar[str]
    """Address of the repository that publishes the files."""
    files: ClassVar[tuple[RemoteFile, ...]]
    """The published files."""
    published_users: ClassVar[int | None] = None
    """Number of users, if known without the files."""
    published_cascades: ClassVar[int | None] = None
    """Number of cascades, if known without the files."""
    published_retweets: ClassVar[int | None] = None
    """Number of retweets, if known without the files."""
    published_posts: ClassVar[int | None] = None
    """Number of posts, if known without the files."""

    @classmethod
    def availability(cls, root: Path) -> str:
        """Returns in which form the files are on this machine: "processed", "raw", "local copy" or "no"."""
        folder = root / cls.folder
        if any((folder / "processed").glob("cascades*.safetensors")):
            return "processed"
        if all((folder / "raw" / file.name).is_file() for file in cls.files):
            return "raw"
        return "local copy" if all(cls._find(file, root) for file in cls.files) else "no"

    @classmethod
    def _find(cls, file: RemoteFile, root: Path) -> Path | None:
        candidates = [root / cls.folder / "raw" / file.name, root / file.local]
        if os.environ.get("GRAPHCASCADE_DATA"):
            copies = Path(os.environ["GRAPHCASCADE_DATA"]).expanduser()
            if not copies.is_dir():
                raise MissingFileError(f"GRAPHCASCADE_DATA={copies}: there is no such folder; correct or unset it.")
            candidates.append(copies / file.local)
        return next((path for path in candidates if path.is_file()), None)

    @classmethod
    def _obtain(cls, file: RemoteFile, root: Path) -> Path:
        """Returns the path of a file, which is downloaded if it is not on this machine.

        Raises:
            DownloadError: The file cannot be downloaded, or differs from the published file.
        """
        path = cls._find(file, root)
        if path is None:
            return fetch(file, root / cls.folder / "raw")
        file.verify(path)
        return path
