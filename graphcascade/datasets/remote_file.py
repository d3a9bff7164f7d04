from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from graphcascade.errors import DownloadError

__all__ = ["RemoteFile"]

CHUNK = 1 << 20
SIZE_LIMIT = 256 * 2**20  # bytes; the most that is downloaded for a file whose size is not known


@dataclass(frozen=True)
class RemoteFile:
    """A public file: where it is, and how to know that it is the one that was published.

    Args:
        name: Name in the data set's ``raw`` folder.
        url: Address.
        local: Where a copy lies in a folder of local copies ("ndm/irvine/cascade.txt").
        sha256: SHA-256 of the content, in hex.
        git_blob: Id that git gives the content, where only that is known: SHA-1 of ``b"blob <size>\\0"`` and the
            content.
        size: Bytes, where known.
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
        """The most bytes that a download of the file may have: its size, or ``SIZE_LIMIT`` where that is not known."""
        return SIZE_LIMIT if self.size is None else self.size

    @property
    def checksum(self) -> str:
        """What the content must have: "sha256:..." or "git:..."."""
        return f"sha256:{self.sha256}" if self.sha256 is not None else f"git:{self.git_blob}"

    def checksum_of(self, path: Path) -> str:
        """What the content of ``path`` has, by the same method."""
        if self.sha256 is not None:
            kind, digest = "sha256", hashlib.sha256()
        else:
            kind, digest = "git", hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
        with path.open("rb") as content:
            while chunk := content.read(CHUNK):
                digest.update(chunk)
        return f"{kind}:{digest.hexdigest()}"

    def matches(self, path: Path) -> bool:
        """Whether ``path`` has the content that was published."""
        return self.checksum_of(path) == self.checksum

    def verify(self, path: Path) -> None:
        """Checks a copy.

        Raises:
            DownloadError: The content is not what was published; the message names both checksums.
        """
        found = self.checksum_of(path)
        if found != self.checksum:
            raise DownloadError(
                f"{path}: not the file that was published at {self.url}: expected {self.checksum}, found {found}; "
                "remove it to have it downloaded again."
            )
