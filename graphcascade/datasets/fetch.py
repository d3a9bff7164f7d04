"""Downloads, which are verified, resumed after an interruption, and done only once by concurrent processes."""

from __future__ import annotations

import logging
import os
import re
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import requests
from filelock import FileLock
from pooch import HTTPDownloader

from graphcascade.datasets.remote_file import RemoteFile
from graphcascade.errors import DownloadError, StorageError
from graphcascade.progress import can_show_progress

__all__ = ["fetch"]

logger = logging.getLogger(__name__)

TIMEOUT = 30  # seconds without data
CHUNK = 1 << 13  # bytes; at most as many are lost if the connection breaks


def fetch(file: RemoteFile, folder: Path) -> Path:
    """Downloads a file into a folder, unless it exists.

    Received bytes are kept in ``<name>.part``, and the next call requests the rest. The file itself appears only when
    the content is complete and verified. Other processes that need the same file wait for the first one.

    Args:
        file: The file to download.
        folder: Target folder, created if it does not exist.

    Returns:
        Path of the file in ``folder``.

    Raises:
        DownloadError: The server cannot be reached or returns an error, the connection broke, more bytes arrive than
            the published file has (or than ``SIZE_LIMIT`` if its size is not known), or the content differs from the
            published file.
        StorageError: The folder cannot be written to.
    """
    target = folder / file.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_name(f"{file.name}.lock")):
            if target.exists():
                file.verify(target)
            else:
                _download(file, target)
    except (requests.RequestException, ValueError) as error:  # ValueError: the response has an invalid header
        raise DownloadError(
            f"{file.local}: cannot be downloaded from {file.url} ({_reason(error)}); try again, or put the file by "
            f"hand at {target} or, with GRAPHCASCADE_DATA naming a folder, at {file.local} in that folder."
        ) from error
    except DownloadError:
        raise
    except OSError as error:
        raise StorageError(
            f"{target}: cannot be written ({error.strerror or error}); use another root, or free some space."
        ) from error
    return target


def _download(file: RemoteFile, target: Path) -> None:
    part = target.with_name(f"{file.name}.part")
    if part.exists() and part.stat().st_size > file.max_size:
        part.unlink()
    try:
        resumed = _receive(file, part)
    except _TooLargeError:
        part.unlink()
        raise
    checksum = file.compute_checksum(part)
    if resumed and checksum != file.checksum:
        logger.warning(
            "%s: this part of an earlier download does not match the published file; downloading it again.", part
        )
        part.unlink()
        _receive(file, part)
        checksum = file.compute_checksum(part)
    if checksum != file.checksum:
        received = part.stat().st_size
        part.unlink()
        raise DownloadError(
            f"{file.local}: {file.url} sent {received:,} bytes that are not the file that was published: expected "
            f"{file.checksum}, found {checksum}; nothing was kept, try again or put the file by hand at {target}."
        )
    os.replace(part, target)
    logger.info("downloaded %s to %s", file.url, target)


def _receive(file: RemoteFile, part: Path) -> bool:
    """Downloads the missing end of ``part``, and returns whether ``part`` had content before."""
    with part.open("ab") as out:
        start = out.tell()
        try:
            _request(file, out, start)
        except requests.HTTPError as error:
            if (
                start == 0
                or error.response is None
                or error.response.status_code != requests.codes.range_not_satisfiable
            ):
                raise
            # The server has nothing left to send: the part is complete or too long, which the checksum shows.
        out.flush()
        os.fsync(out.fileno())
    return start > 0


def _request(file: RemoteFile, out: BinaryIO, start: int) -> None:
    # Sizes and ranges refer to the file itself only if the server does not compress it.
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
        logger.info("%s: resuming after %s bytes", file.url, f"{start:,}")
    with ExitStack() as responses:

        def begin(response: requests.Response, *args: object, **kwargs: object) -> None:
            responses.callback(response.close)  # pooch does not close it after an error
            if response.status_code == requests.codes.ok:  # not 206: the server sends everything again
                out.truncate(0)
                out.seek(0)

        download = HTTPDownloader(
            progressbar=can_show_progress(),
            chunk_size=CHUNK,
            timeout=TIMEOUT,
            headers=headers,
            hooks={"response": begin},
        )
        download(file.url, _LimitedFile(out, file), None)


class _TooLargeError(DownloadError):
    """The server sends more bytes than the published file has."""


class _LimitedFile:
    """Writes the bytes of a download to a file, and raises an error above the maximum size.

    Args:
        out: The file, open for appending.
        file: The file that is downloaded.
    """

    def __init__(self, out: BinaryIO, file: RemoteFile) -> None:
        self.out = out
        self.file = file

    def write(self, chunk: bytes) -> None:
        if self.out.tell() + len(chunk) > self.file.max_size:
            bound = (
                "the size of the published file"
                if self.file.size is not None
                else "the limit for files of unknown size"
            )
            raise _TooLargeError(
                f"{self.file.local}: {self.file.url} sends more than {self.file.max_size:,} bytes, {bound}; "
                "nothing was kept."
            )
        self.out.write(chunk)

    def flush(self) -> None:
        self.out.flush()


def _reason(error: Exception) -> str:
    if isinstance(error, requests.exceptions.SSLError):  # a subclass of ConnectionError
        cause = re.search(r"\[SSL[^\]]*\] ([^(]+)", str(error))
        reason = cause[1].strip() if cause else "no common version of TLS"
        return (
            f"the secure connection failed: {reason}; the clock and the certificates of this machine may be the cause"
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return "no connection to the proxy that HTTP_PROXY or HTTPS_PROXY names"
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server returned {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT} seconds"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke; the received bytes are kept, and the next try continues from there"
    if isinstance(error, requests.ConnectionError):
        return "no connection to the server"
    return " ".join(str(error).split())[:120] or type(error).__name__
