from pathlib import Path

import pytest

from graphcascade.datasets import PublishedFiles, RemoteFile
from graphcascade.errors import DownloadError, MissingFileError


class Letters(PublishedFiles):
    folder = "letters"
    origin = "https://example.org"
    files = (RemoteFile("a.txt", "http://localhost:9/a.txt", "other/a.txt", git_blob="x", size=1),)


def test_where_files_are(tmp_path, monkeypatch):
    monkeypatch.delenv("GRAPHCASCADE_DATA", raising=False)
    assert Letters.availability(tmp_path) == "no"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.txt").write_text("a")
    assert Letters.availability(tmp_path) == "local copy"
    assert Letters.availability(tmp_path / "elsewhere") == "no"
    monkeypatch.setenv("GRAPHCASCADE_DATA", str(tmp_path))
    assert Letters.availability(tmp_path / "elsewhere") == "local copy"
    with pytest.raises(DownloadError, match=r"a\.txt: not the file that was published"):
        Letters._obtain(Letters.files[0], tmp_path)
    raw = tmp_path / "letters" / "raw"
    raw.mkdir(parents=True)
    (raw / "a.txt").write_text("a")
    assert Letters.availability(tmp_path) == "raw"
    assert Letters._find(Letters.files[0], tmp_path) == raw / "a.txt"


def test_a_wrong_folder_of_copies_raises_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("GRAPHCASCADE_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(MissingFileError, match="there is no such folder; correct or unset it"):
        Letters._find(Letters.files[0], Path("root"))
