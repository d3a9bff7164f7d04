from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from filelock import FileLock

from graphcascade.data import CascadeDataset, CascadeTable, RawEvents, check_events
from graphcascade.datasets.published_files import PublishedFiles
from graphcascade.datasets.remote_file import RemoteFile
from graphcascade.errors import DataError, GraphCascadeError, StorageError
from graphcascade.io import load_manifest, load_table, read_follow_graph, save_table

__all__ = ["PublishedDataset"]

FollowDirection = Literal["followee-follower", "follower-followee"]
logger = logging.getLogger(__name__)

READER_VERSION = 2  # increased when a change of the readers changes the cascades of the same raw files


class PublishedDataset(PublishedFiles, CascadeDataset):
    """Base of published datasets.

    Files are found or downloaded, and verified, as :class:`PublishedFiles` says. The checked cascades are stored in
    ``<root>/<folder>/processed``; they are processed again if the files, the readers or the configuration have changed,
    or if the stored file is damaged. No pickle is read.

    A dataset is a subclass that defines its files and their reader.

    Args:
        root: Folder that datasets are kept in.
        transform: Applied to each cascade when it is accessed.
        force_reload: Read the raw files again even if the processed file is good.

    Raises:
        DownloadError: A file cannot be downloaded, or differs from the published file.
        StorageError: ``root`` cannot be written to, and has no valid processed file.
    """

    files: ClassVar[tuple[RemoteFile, ...]]
    """Files of cascades, followed by ``follow_file`` if there is one."""
    reader: ClassVar[Callable[[Path], RawEvents]]
    """Reads one file of cascades."""
    parts: ClassVar[tuple[int, ...] | None] = None
    """For each file of cascades, its part of the published split: 0 train, 1 validation, 2 test."""
    unit: ClassVar[str | None] = None
    """Unit of the times, or ``None`` if it is not known."""
    follow_file: ClassVar[str | None] = None
    """Name of the file of the follow graph, two users a line."""
    follow_direction: ClassVar[FollowDirection] = "followee-follower"
    """Order of the two users of a line."""

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
        """Arguments that change the processed cascades."""
        return {}

    def read(self, paths: Mapping[str, Path]) -> CascadeTable:
        """Reads and checks the files.

        Args:
            paths: Path of each of :attr:`files`, by its name.
        """
        reader = type(self).reader
        raw = [reader(paths[file.name]) for file in self.files if file.name != self.follow_file]
        table = check_events(raw, self.parts, self.unit, self.folder)
        return table if self.follow_file is None else self.add_follow_graph(table, paths[self.follow_file])

    def add_follow_graph(self, table: CascadeTable, path: Path) -> CascadeTable:
        """Adds the follow graph over the users of the table; links of other users are counted."""
        graph, left_out = read_follow_graph(path, table.user_ids, self.follow_direction, unknown="drop")
        return replace(table, follow_graph=graph, follow_edges_outside=left_out)

    def _prepare(self, root: Path, force_reload: bool) -> CascadeTable:
        folder = root / self.folder
        name = "-".join(["cascades", *(f"{key}={value}" for key, value in self.configuration.items())])
        processed = folder / "processed" / f"{name}.safetensors"
        manifest = {
            "reading": READER_VERSION,
            "checksums": {file.name: file.checksum for file in self.files},
            "configuration": self.configuration,
        }
        table = None if force_reload else self._load(processed, manifest)
        if table is not None:
            return table
        try:
            processed.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(processed.with_suffix(".lock")):
                table = None if force_reload else self._load(processed, manifest)  # another process may have made it
                if table is None:
                    table = self.read({file.name: self._obtain(file, root) for file in self.files})
                    save_table(table, processed, manifest, overwrite=True)
        except GraphCascadeError:
            raise
        except OSError as error:
            raise StorageError(
                f"{processed}: cannot be prepared ({error}); use a root that can be written to, or free some space."
            ) from error
        return table

    def _load(self, processed: Path, manifest: Mapping[str, Any]) -> CascadeTable | None:
        """Loads the processed cascades, or returns ``None`` if they are missing, damaged or stale."""
        if not processed.exists():
            return None
        try:
            if load_manifest(processed) == manifest:
                return load_table(processed)
            logger.warning("%s: made from other files or by another version; processing the files again.", processed)
        except DataError:
            logger.warning("%s: damaged, or of another version; processing the files again.", processed)
        return None
