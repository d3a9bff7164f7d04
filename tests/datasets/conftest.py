"""A local file server that can break connections and records its requests."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest


@dataclass
class FileServer:
    """Serves ``files`` (path -> content).

    ``cut`` holds how many bytes of the body to send before the connection breaks, one number for each of the next
    requests; ``endless`` makes it repeat the body until the other side hangs up; ``ranges`` says whether Range headers
    are honoured; ``requests`` lists the paths and Range headers seen.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    cut: list[int] = field(default_factory=list)
    ranges: bool = True
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    delay: float = 0.0
    endless: bool = False
    address: str = ""

    def url(self, path: str) -> str:
        return f"{self.address}/{path}"


@pytest.fixture
def server() -> Iterator[FileServer]:
    state = FileServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            path = self.path.lstrip("/")
            state.requests.append((path, asked))
            if path not in state.files:
                self.send_error(404)
                return
            body, status = state.files[path], 200
            if asked and state.ranges:
                start = int(asked.removeprefix("bytes=").removesuffix("-"))
                if start >= len(body):
                    self.send_error(416)
                    return
                body, status = body[start:], 206
            self.send_response(status)
            if not state.endless:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(ConnectionError):
                while state.endless:
                    self.wfile.write(body)
            if state.delay:
                threading.Event().wait(state.delay)
            self.wfile.write(body[: state.cut.pop(0)] if state.cut else body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        state.address = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        http.shutdown()
        thread.join()


@pytest.fixture
def publish(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Returns a function that serves other contents (file name -> text) as the files of a class."""
    monkeypatch.delenv("GRAPHCASCADE_DATA", raising=False)

    def serve(dataset: Any, contents: dict[str, str]) -> None:
        files = []
        for file in dataset.files:
            content = contents[file.name].encode()
            path = f"{dataset.folder}/{file.name}"
            server.files[path] = content
            sha256 = hashlib.sha256(content).hexdigest()
            files.append(replace(file, url=server.url(path), sha256=sha256, git_blob=None, size=len(content)))
        monkeypatch.setattr(dataset, "files", tuple(files))

    return serve


@pytest.fixture
def real_files() -> Path:
    """Returns the folder of local copies of published files."""
    if not os.environ.get("GRAPHCASCADE_DATA"):
        pytest.skip("GRAPHCASCADE_DATA names no folder of published files")
    return Path(os.environ["GRAPHCASCADE_DATA"])
