import errno
import hashlib
import multiprocessing
import os
import re
import socket
from dataclasses import replace

import pytest
import requests

from graphcascade.datasets.fetch import CHUNK, fetch
from graphcascade.datasets.remote_file import RemoteFile
from graphcascade.errors import DownloadError, StorageError

CONTENT = os.urandom(1000) * 50  # several chunks
OTHER = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])


@pytest.fixture
def file(server):
    server.files["data/a.txt"] = CONTENT
    return RemoteFile("a.txt", server.url("data/a.txt"), "set/a.txt", sha256=hashlib.sha256(CONTENT).hexdigest())


def leftovers(folder):
    """Returns the files in a folder except for locks."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def test_a_file_is_downloaded_once(server, file, tmp_path):
    path = fetch(file, tmp_path / "raw")
    assert path == tmp_path / "raw" / "a.txt"
    assert path.read_bytes() == CONTENT
    assert leftovers(tmp_path / "raw") == ["a.txt"]
    assert fetch(file, tmp_path / "raw") == path
    assert server.requests == [("data/a.txt", None)]


def test_a_file_may_have_the_checksum_of_git(server, tmp_path):
    server.files["b"] = b"hello\n"
    blob = "ce013625030ba8dba906f756967f9e9ca394464a"  # git hash-object
    assert fetch(RemoteFile("b", server.url("b"), "set/b", git_blob=blob), tmp_path).read_bytes() == b"hello\n"


def test_a_download_resumes_after_a_broken_connection(server, file, tmp_path):
    server.cut = [3 * CHUNK + 5]
    with pytest.raises(
        DownloadError, match=r"set/a\.txt: .*the connection broke; the received bytes are kept.* by hand at .*a\.txt"
    ):
        fetch(file, tmp_path)
    assert leftovers(tmp_path) == ["a.txt.part"]
    kept = (tmp_path / "a.txt.part").stat().st_size
    assert kept >= 3 * CHUNK
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert server.requests == [("data/a.txt", None), ("data/a.txt", f"bytes={kept}-")]
    assert leftovers(tmp_path) == ["a.txt"]


def test_a_download_starts_again_if_the_server_does_not_support_ranges(server, file, tmp_path):
    server.ranges = False
    server.cut = [2 * CHUNK]
    with pytest.raises(DownloadError):
        fetch(file, tmp_path)
    assert (tmp_path / "a.txt.part").stat().st_size > 0
    assert fetch(file, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize(
    "part", [CONTENT, CONTENT + b"more", b"something else"], ids=["complete", "too long", "of another file"]
)
def test_any_leftover_part_is_used_or_dropped(file, tmp_path, part):
    (tmp_path / "a.txt.part").write_bytes(part)
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert leftovers(tmp_path) == ["a.txt"]


def test_altered_content_is_an_error_and_not_kept(server, file, tmp_path):
    server.files["data/a.txt"] = OTHER
    expected, found = hashlib.sha256(CONTENT).hexdigest(), hashlib.sha256(OTHER).hexdigest()
    with pytest.raises(DownloadError, match=f"set/a.txt: .*expected sha256:{expected}, found sha256:{found}") as caught:
        fetch(file, tmp_path)
    assert "\n" not in str(caught.value)
    assert leftovers(tmp_path) == []
    server.files["data/a.txt"] = CONTENT
    assert fetch(file, tmp_path).read_bytes() == CONTENT


def test_a_file_that_is_there_but_altered_is_not_replaced(server, file, tmp_path):
    (tmp_path / "a.txt").write_bytes(OTHER)
    with pytest.raises(DownloadError, match="not the file that was published"):
        fetch(file, tmp_path)
    assert (tmp_path / "a.txt").read_bytes() == OTHER
    assert server.requests == []


def test_a_file_that_the_server_does_not_have_raises_an_error(server, file, tmp_path):
    server.files.clear()
    with pytest.raises(
        DownloadError,
        match=r"set/a\.txt: .*data/a\.txt \(the server returned 404 .*GRAPHCASCADE_DATA.*at set/a\.txt in",
    ) as caught:
        fetch(file, tmp_path)
    assert "\n" not in str(caught.value)


def test_a_file_without_a_connection_raises_an_error(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    file = RemoteFile("a.txt", f"http://127.0.0.1:{port}/a.txt", "set/a.txt", sha256="0" * 64)
    with pytest.raises(DownloadError, match=rf"127\.0\.0\.1:{port}/a\.txt \(no connection to the server\)"):
        fetch(file, tmp_path)


@pytest.mark.parametrize("start", [0, 20_000], ids=["from the start", "resumed"])
def test_more_bytes_than_were_published_raise_an_error(server, file, tmp_path, start):
    server.endless = True
    if start:
        (tmp_path / "a.txt.part").write_bytes(CONTENT[:start])
    with pytest.raises(
        DownloadError, match=r"set/a\.txt: .*sends more than 50,000 bytes, the size of the published file; nothing was"
    ):
        fetch(replace(file, size=len(CONTENT)), tmp_path)
    assert leftovers(tmp_path) == []
    server.endless = False
    assert fetch(replace(file, size=len(CONTENT)), tmp_path).read_bytes() == CONTENT


def test_a_file_of_unknown_size_has_a_limit(server, file, tmp_path, monkeypatch):
    server.endless = True
    monkeypatch.setattr("graphcascade.datasets.remote_file.SIZE_LIMIT", 2**20)
    with pytest.raises(
        DownloadError, match=r"sends more than 1,048,576 bytes, the limit for files of unknown size; nothing"
    ):
        fetch(file, tmp_path)
    assert leftovers(tmp_path) == []


def test_a_leftover_part_that_is_too_large_is_dropped(server, file, tmp_path):
    (tmp_path / "a.txt.part").write_bytes(CONTENT + b"more")
    assert fetch(replace(file, size=len(CONTENT)), tmp_path).read_bytes() == CONTENT
    assert server.requests == [("data/a.txt", None)]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            requests.exceptions.SSLError(
                "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: expired (_ssl.c)"
            ),
            "the secure connection failed: certificate verify failed: expired; the clock and the certificates",
        ),
        (requests.exceptions.ProxyError("refused"), "no connection to the proxy that HTTP_PROXY or HTTPS_PROXY names"),
        (requests.exceptions.ConnectionError("refused"), "no connection to the server"),
        (requests.TooManyRedirects("Exceeded 30 redirects."), "Exceeded 30 redirects."),
        (ValueError("invalid literal for int() with base 10: 'many'"), "invalid literal for int"),
    ],
)
def test_the_error_names_the_reason(file, tmp_path, monkeypatch, error, reason):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(requests, "get", fail)
    with pytest.raises(DownloadError, match=rf"set/a\.txt: cannot be downloaded from .*a\.txt \({re.escape(reason)}"):
        fetch(file, tmp_path)


def test_a_server_without_tls_raises_an_error(server, file, tmp_path):
    with pytest.raises(DownloadError, match=r"\(the secure connection failed: .*wrong version number"):
        fetch(replace(file, url=file.url.replace("http:", "https:")), tmp_path)


def test_a_folder_that_cannot_be_made_raises_an_error(file, tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StorageError, match=r"taken/raw/a\.txt: cannot be written .*use another root"):
        fetch(file, tmp_path / "taken" / "raw")


def test_a_full_disk_is_an_error_and_the_next_try_resumes(file, tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match=r"a\.txt: cannot be written \(No space left on device\)"):
            fetch(file, tmp_path)
    assert fetch(file, tmp_path).read_bytes() == CONTENT


def test_two_processes_download_once(server, file, tmp_path):
    server.delay = 0.5
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=fetch, args=(file, tmp_path)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert (tmp_path / "a.txt").read_bytes() == CONTENT
    assert len(server.requests) == 1
