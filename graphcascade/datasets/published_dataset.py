from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from filelock import FileLock

from graphcascade.data import CascadeDataset, CascadeTable, RawEvents, check_events
from graphcascade.datasets.fetch import fetch
from graphcascade.datasets.remote_file import RemoteFile
from graphcascade.errors import DataError, GraphCascadeError, MissingFileError, StorageError
from graphcascade.io import load_manifest, load_table, read_follow_graph, save_table

__all__ = ["PublishedDataset"]

FollowDirection = Literal["followee-follower", "follower-followee"]
logger = logging.getLogger(__name__)

READING = 2  # raised when a change here or in the readers changes what the same raw files become


class PublishedDataset(CascadeDataset):
    """Base of the data sets that others have published as files.

    A file is looked for in ``<root>/<folder>/raw``, then as a copy at its :attr:`RemoteFile.local` path below ``root``
    and below the folder that the environment variable ``GRAPHCASCADE_DATA`` names (used in place), and is downloaded to
    ``<root>/<folder>/raw`` otherwise. Whatever its way here, it must have the published checksum. The checked cascades
    are kept in ``<root>/<folder>/processed``; they are made again when the files, their reading or the configuration
    have changed, or when the kept file is damaged. Nothing is unpickled.

    A data set is a subclass that says where its files are and how to read them.

    Args:
        root: Folder that data sets are kept in.
        transform: Applied to each cascade when it is accessed.
        force_reload: Read the raw files again even if the processed file is good.

    Raises:
        DownloadError: A file is not here and cannot be fetched, or is not what was published.
        StorageError: ``root`` cannot be written to, and there is no good processed file in it.
    """

    folder: ClassVar[str]
    """Folder below ``root``, and what reports call the data set."""
    origin: ClassVar[str]
    """Address of the repository that publishes the files."""
    files: ClassVar[tuple[RemoteFile, ...]]
    """The files: those of cascades, and then ``follow_file`` if there is one."""
    reader: ClassVar[Callable[[Path], RawEvents]]
    """Reads one file of cascades."""
    parts: ClassVar[tuple[int, ...] | None] = None
    """Part of the published split that each file of cascades is: 0 train, 1 validation, 2 test."""
    unit: ClassVar[str | None] = None
    """Unit of the times, ``None`` where nobody says."""
    follow_file: ClassVar[str | None] = None
    """Name of the file of the follow graph, two users a line."""
    follow_direction: ClassVar[FollowDirection] = "followee-follower"
    """What the two users of a line are."""
    published_users: ClassVar[int | None] = None
    """Users in the cascades, where known without the files."""
    published_cascades: ClassVar[int | None] = None
    """Cascades, where known without the files."""

    def __init__(
        self,
        root: str | Path = "datasets",
        transform: Callable[[Any], Any] | None = None,
        force_reload: bool = False,
    ) -> None:
        root = Path(root).expanduser()
        super().__init__(self._prepare(root, force_reload), transform)
        self.root = str(root / self.folder)

    @property
    def configuration(self) -> dict[str, str]:
        """Arguments that change what is read."""
        return {}

    def read(self, paths: Mapping[str, Path]) -> CascadeTable:
        """Reads and checks the files.

        Args:
            paths: Where each of :attr:`files` is, by its name.
        """
        reader = type(self).reader
        raw = [reader(paths[file.name]) for file in self.files if file.name != self.follow_file]
        table = check_events(raw, self.parts, self.unit, self.folder)
        return table if self.follow_file is None else self.add_follow_graph(table, paths[self.follow_file])

    def add_follow_graph(self, table: CascadeTable, path: Path) -> CascadeTable:
        """Adds the follow graph among the users of the table; other links are counted."""
        graph, left_out = read_follow_graph(path, table.user_ids, self.follow_direction, unknown="drop")
        return replace(table, follow_graph=graph, follow_edges_outside=left_out)

    @classmethod
    def whereabouts(cls, root: Path) -> str:
        """What of the data set is here: "processed", "raw", "local copy" or "no"."""
        folder = root / cls.folder
        if any((folder / "processed").glob("cascades*.safetensors")):
            return "processed"
        if all((folder / "raw" / file.name).is_file() for file in cls.files):
            return "raw"
        return "local copy" if all(cls._find(file, root) for file in cls.files) else "no"

    @classmethod
    def _find(cls, file: RemoteFile, root: Path) -> Path | None:
        places = [root / cls.folder / "raw" / file.name, root / file.local]
        if os.environ.get("GRAPHCASCADE_DATA"):
            copies = Path(os.environ["GRAPHCASCADE_DATA"]).expanduser()
            if not copies.is_dir():
                raise MissingFileError(f"GRAPHCASCADE_DATA={copies}: there is no such folder; correct or unset it.")
            places.append(copies / file.local)
        return next((place for place in places if place.is_file()), None)

    def _prepare(self, root: Path, force_reload: bool) -> CascadeTable:
        folder = root / self.folder
        name = "-".join(["cascades", *(f"{key}={value}" for key, value in self.configuration.items())])
        processed = folder / "processed" / f"{name}.safetensors"
        manifest = {
            "reading": READING,
            "checksums": {file.name: file.checksum for file in self.files},
            "configuration": self.configuration,
        }
        table = None if force_reload else self._load(processed, manifest)
        if table is not None:
            return table
        try:
            processed.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(processed.with_suffix(".lock")):
                table = None if force_reload else self._load(processed, manifest)  # made while this process waited?
                if table is None:
                    table = self.read({file.name: self._obtain(file, root) for file in self.files})
                    save_table(table, processed, manifest, overwrite=True)
        except GraphCascadeError:
            raise
        except OSError as error:
            raise StorageError(
                f"{processed}: cannot be prepared ({error}); give a root that can be written to, or make room there."
            ) from error
        return table

    def _load(self, processed: Path, manifest: Mapping[str, Any]) -> CascadeTable | None:
        """The processed cascades if they are there, whole, and of these files and this configuration."""
        if not processed.exists():
            return None
        try:
            if load_manifest(processed) == manifest:
                return load_table(processed)
            logger.warning("%s: made from other files or by another version; making it again.", processed)
        except DataError:
            logger.warning("%s: damaged, or of another version; making it again.", processed)
        return None

    def _obtain(self, file: RemoteFile, root: Path) -> Path:
        path = self._find(file, root)
        if path is None:
            return fetch(file, root / self.folder / "raw")
        file.verify(path)
        return path
