from graphcascade.datasets.repositories import Repository


def test_a_file_is_at_its_commit():
    repository = Repository("owner/name", "c0ffee")
    file = repository.file("data/a/b.txt", "x/b.txt", sha256="0" * 64, size=7)
    assert file.url == "https://raw.githubusercontent.com/owner/name/c0ffee/data/a/b.txt"
    assert (file.name, file.local, file.checksum, file.size) == ("b.txt", "x/b.txt", f"sha256:{'0' * 64}", 7)
    assert repository.address == "https://github.com/owner/name"
