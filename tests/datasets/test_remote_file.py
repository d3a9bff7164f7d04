import pytest

from graphcascade.datasets.remote_file import RemoteFile
from graphcascade.errors import DownloadError

# printf 'hello\n' | sha256sum; printf 'hello\n' | git hash-object --stdin
SHA256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
GIT_BLOB = "ce013625030ba8dba906f756967f9e9ca394464a"


@pytest.mark.parametrize("checksum", [{"sha256": SHA256}, {"git_blob": GIT_BLOB}])
def test_only_the_published_content_matches(tmp_path, checksum):
    file = RemoteFile("a.txt", "https://example.org/a.txt", "x/a.txt", **checksum)
    path = tmp_path / "a.txt"
    path.write_bytes(b"hello\n")
    assert file.matches(path)
    file.verify(path)
    path.write_bytes(b"hello")
    assert not file.matches(path)


def test_the_error_of_verify_has_both_checksums(tmp_path):
    file = RemoteFile("a.txt", "https://example.org/a.txt", "x/a.txt", git_blob="0" * 40)
    path = tmp_path / "a.txt"
    path.write_bytes(b"hello\n")
    with pytest.raises(DownloadError, match=rf"a\.txt: .*expected git:{'0' * 40}, found git:{GIT_BLOB}; remove it"):
        file.verify(path)


@pytest.mark.parametrize("checksum", [{}, {"sha256": SHA256, "git_blob": GIT_BLOB}])
def test_a_file_has_exactly_one_checksum(checksum):
    with pytest.raises(ValueError, match="needs a checksum"):
        RemoteFile("a.txt", "https://example.org/a.txt", "x/a.txt", **checksum)
