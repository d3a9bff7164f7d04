import json

import pytest

from graphcascade.datasets import SMPD, load_posts
from graphcascade.errors import MissingFileError


def write(folder):
    folder.mkdir(parents=True)
    ids = {"Uid": "u", "Pid": "1"}
    (folder / "train_category.json").write_text(json.dumps([{**ids, "Category": "Food"}]))
    (folder / "train_temporalspatial.json").write_text(json.dumps([{**ids, "Postdate": "1457068974"}]))
    (folder / "train_img.txt").write_text("train/u/1.jpg\n")
    (folder / "train_label.txt").write_text("3.5\n")


def test_files_in_root_or_in_the_folder_of_local_copies_are_read(tmp_path, monkeypatch):
    monkeypatch.delenv("GRAPHCASCADE_DATA", raising=False)
    write(tmp_path / "here" / "smpd")
    stream = SMPD(tmp_path / "here")[0]
    assert (stream.post_ids.tolist(), stream.target_y.tolist(), stream.name) == (["1"], [3.5], "smpd")
    assert stream.repairs.missing_images == 1
    assert SMPD.availability(tmp_path / "here") == "raw"
    assert SMPD.availability(tmp_path / "none") == "no"
    monkeypatch.setenv("GRAPHCASCADE_DATA", str(tmp_path / "here"))
    assert SMPD.availability(tmp_path / "none") == "local copy"
    assert load_posts("smpd", tmp_path / "none").name == "SMPD"


def test_without_the_files_the_message_says_where_to_register_and_which_folder_is_expected(tmp_path, monkeypatch):
    monkeypatch.delenv("GRAPHCASCADE_DATA", raising=False)
    with pytest.raises(MissingFileError) as caught:
        SMPD(tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'smpd'}: SMPD is not here")
    assert "register at https://smp-challenge.com" in message
    assert "train_category.json, train_text.json, train_temporalspatial_information.json" in message
    assert "\n" not in message
