from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from graphcascade.errors import DownloadError

__all__ = ["RemoteFile"]

CHUNK = 1 << 20
SIZE_LIMIT = 256 * 2**20  # bytes; limit of downloads whose size is not known


@dataclass(frozen=True)
class RemoteFile:
    """A published file: its address and its checksum.

    Args:
        name: Name in the dataset's ``raw`` folder.
        url: Address.
        local: Path of the file in a folder of local copies ("ndm/irvine/cascade.txt").
        sha256: SHA-256 of the content, in hex.
        git_blob: Git's id of the content, if the SHA-256 is not known: SHA-1 of ``b"blob <size>\\0"`` and the content.
        size: Size in bytes, if known.
    """

    name: str
    url: str
    local: str
    sha256: str | None = None
    git_blob: str | None = None
    size: int | None = None

    def __post_init__(self) -> None:
        if (self.sha256 is None) == (self.git_blob is None):
            raise ValueError(f"{self.url}: needs a checksum, either sha256 or git_blob.")

    @property
    def max_size(self) -> int:
        """Maximum number of bytes to download: the size of the file, or ``SIZE_LIMIT`` if it is not known."""
        return SIZE_LIMIT if self.size is None else self.size

    @property
    def checksum(self) -> str:
        """Published checksum: "sha256:..." or "git:..."."""
        return f"sha256:{self.sha256}" if self.sha256 is not None else f"git:{self.git_blob}"

    def compute_checksum(self, path: Path) -> str:
        """Computes the checksum of ``path`` by the same method."""
        if self.sha256 is not None:
            kind, digest = "sha256", hashlib.sha256()
        else:
            kind, digest = "git", hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
        with path.open("rb") as content:
            while chunk := content.read(CHUNK):
                digest.update(chunk)
        return f"{kind}:{digest.hexdigest()}"

    def matches(self, path: Path) -> bool:
        """Whether ``path`` has the published content."""
        return self.compute_checksum(path) == self.checksum

    def verify(self, path: Path) -> None:
        """Verifies a copy of the file.

        Raises:
            DownloadError: The content differs from the published file; the message has both checksums.
        """
        checksum = self.compute_checksum(path)
        if checksum != self.checksum:
            raise DownloadError(
                f"{path}: not the file that was published at {self.url}: expected {self.checksum}, found {checksum}; "
                "remove it to have it downloaded again."
            )
