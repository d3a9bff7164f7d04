"""Downloads: checked, resumed where they broke off, and done once when several processes want the same file."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import requests
from filelock import FileLock
from pooch import HTTPDownloader

from graphcascade.datasets.remote_file import RemoteFile
from graphcascade.errors import DownloadError, StorageError

__all__ = ["fetch"]

logger = logging.getLogger(__name__)

TIMEOUT = 30  # seconds without a byte
CHUNK = 1 << 13  # bytes; what a broken connection loses at most


def fetch(file: RemoteFile, folder: Path) -> Path:
    """Downloads a file into a folder, unless it is there.

    What has arrived is kept in ``<name>.part`` and the next call asks for the rest; the name itself appears only once
    the content is complete and checked. Processes that want the same file wait for the first one.

    Args:
        file: What to download.
        folder: Where to; made if it is not there.

    Returns:
        Path of the file in ``folder``.

    Raises:
        DownloadError: The server cannot be reached or refuses, the connection broke off, or the content is not what
            was published.
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
    except requests.RequestException as error:
        raise DownloadError(
            f"{file.local}: cannot be downloaded from {file.url} ({_reason(error)}); try again, or put the file by "
            f"hand at {target} or, with GRAPHCASCADE_DATA naming a folder, at {file.local} in that folder."
        ) from error
    except DownloadError:
        raise
    except OSError as error:
        raise StorageError(
            f"{target}: cannot be written ({error.strerror or error}); give another root, or make room there."
        ) from error
    return target


def _download(file: RemoteFile, target: Path) -> None:
    part = target.with_name(f"{file.name}.part")
    resumed = _receive(file, part)
    found = file.checksum_of(part)
    if resumed and found != file.checksum:
        logger.warning("%s: what was left of an earlier download does not fit; starting over.", part)
        part.unlink()
        _receive(file, part)
        found = file.checksum_of(part)
    if found != file.checksum:
        received = part.stat().st_size
        part.unlink()
        raise DownloadError(
            f"{file.local}: {file.url} sent {received:,} bytes that are not the file that was published: expected "
            f"{file.checksum}, found {found}; nothing was kept, try again or put the file by hand at {target}."
        )
    os.replace(part, target)
    logger.info("downloaded %s to %s", file.url, target)


def _receive(file: RemoteFile, part: Path) -> bool:
    """Brings ``part`` to the server's end of the file; whether it built on what was there before."""
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
            # Nothing is left to send: the part is whole, or too long. The checksum tells.
        out.flush()
        os.fsync(out.fileno())
    return start > 0


def _request(file: RemoteFile, out: BinaryIO, start: int) -> None:
    # Sizes and ranges are of the file itself only if the server does not compress it on the way.
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
        logger.info("%s: resuming after %s bytes", file.url, f"{start:,}")
    with ExitStack() as responses:

        def begin(response: requests.Response, *args: object, **kwargs: object) -> None:
            responses.callback(response.close)  # pooch leaves it open when something fails
            if response.status_code == requests.codes.ok:  # not 206: the server sends everything again
                out.truncate(0)

        download = HTTPDownloader(
            progressbar=sys.stderr.isatty(),
            chunk_size=CHUNK,
            timeout=TIMEOUT,
            headers=headers,
            hooks={"response": begin},
        )
        download(file.url, out, None)


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answers {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT} seconds"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off; what has arrived is kept and the next try goes on from there"
    if isinstance(error, requests.ConnectionError):
        return "no connection to the server"
    return type(error).__name__
