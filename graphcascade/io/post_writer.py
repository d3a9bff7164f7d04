from __future__ import annotations

import json
import logging
import re
import shutil
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcascade.data import PostStream
from graphcascade.data.posts.schema import POST
from graphcascade.data.time_units import SECONDS
from graphcascade.errors import MissingFileError, StorageError, UsageError, shorten
from graphcascade.io.atomic import atomic_path, check_output
from graphcascade.io.smpd_files import NUMBERS, SMPD_FILES
from graphcascade.io.table_files import write_table
from graphcascade.io.written_ids import check_written_ids

__all__ = ["check_post_folder", "write_posts"]

Strings = npt.NDArray[np.object_]
Generation = Literal["current", "2019"]

logger = logging.getLogger(__name__)

LEVELS = ("Category", "Subcategory", "Concept")
UNSAFE = re.compile(r"[^\w@.-]|^\.+")  # characters of ids that are replaced in the names of image files


def write_posts(
    stream: PostStream, folder: str | Path, generation: Generation = "current", *, overwrite: bool = False
) -> Path:
    """Writes a stream as SMPD's official training files, which :func:`read_posts` and :func:`read_smpd` read.

    Rows are in the order of time. Images outside the folder are copied to ``train/<user>/<post>`` in it. The labels are
    written last. Features and numbers that the files have no place for are not written, which is logged.

    Args:
        stream: The stream.
        folder: Folder to write, created if it does not exist. Other files in it stay.
        generation: ``"current"``, or ``"2019"`` for the names of the files of 2019 and 2020.
        overwrite: Whether to replace files that exist.

    Raises:
        UsageError: The categories have more than three levels; the unit of the times is not known; the stream is a part
            of a split; an id cannot be written.
        MissingFileError: The file of an image is missing.
        StorageError: A file exists already; the folder cannot be written to; the disk is full.
    """
    folder = Path(folder)
    if generation not in ("current", "2019"):
        raise UsageError(argument="generation", value=generation, reason="use 'current' or '2019'")
    if stream.split is not None:
        raise UsageError(
            f"{folder}: this stream is the {stream.split.part} part of a split; write stream.whole, and split it again "
            "after reading."
        )
    if stream.depth > len(LEVELS):
        raise UsageError(f"{folder}: the categories have {stream.depth} levels, and SMPD's files have three.")
    if stream.time_unit not in SECONDS:
        raise UsageError(
            f"{folder}: SMPD's files have times in seconds, and the unit of these times is "
            f"{stream.time_unit or 'not stated'}; state it with time_unit when you read the posts."
        )
    for noun, ids in (("post", stream.post_ids), ("user", stream.user_ids), ("category", stream.category_ids)):
        check_written_ids(folder, ids, noun, "an SMPD file", r"\A\s|\s\Z", "blanks around it")
    rows = _rows(stream)
    paths = check_post_folder(folder, generation, overwrite=overwrite)
    for path in paths.values():
        path.unlink(missing_ok=True)
    images = _copy_images(stream, folder)
    for content, records in rows.items():
        with atomic_path(paths[content], overwrite=overwrite) as temporary:
            temporary.write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")
    crawled = {
        name: number for name, number in NUMBERS.items() if number.file == "crawled" and name in stream.number_names
    }
    if crawled:
        _write_crawled(stream, paths["crawled"], overwrite=overwrite)
    if images is not None:
        _write_lines(images, paths["image"], overwrite=overwrite)
    if bool(stream.y.isfinite().any()):
        _write_lines([str(value) for value in stream.y.numpy()], paths["label"], overwrite=overwrite)
    _log_left_out(stream, folder)
    return folder


def check_post_folder(folder: Path, generation: Generation = "current", *, overwrite: bool = False) -> dict[str, Path]:
    """Checks that a folder can be written, and returns the files that :func:`write_posts` writes, by their content.

    Raises:
        StorageError: A file exists already; the folder cannot be written to.
    """
    paths = {content: folder / _file_name(content, generation) for content in SMPD_FILES}
    existing = next((path for path in paths.values() if path.exists()), None)
    if existing is not None and not overwrite:
        raise StorageError(
            value=existing,
            reason="this file exists already and was not replaced; choose another folder, or replace it with",
            remedy=("overwrite", True),
        )
    for path in paths.values():
        check_output(path, overwrite=overwrite)
    return paths


def _file_name(content: str, generation: Generation) -> str:
    name = SMPD_FILES[content][generation == "current"]
    return name if content == "crawled" else f"train_{name}"


def _rows(stream: PostStream) -> dict[str, list[dict[str, str]]]:
    """Returns the records of the JSON files."""
    ancestors, category = stream.ancestors.numpy(), stream.category.numpy()
    names = np.append(stream.category_ids, "")  # -1 is the last one
    columns: dict[str, dict[str, Any]] = {"category": {}, "text": {}, "time": {}, "user": {}, "additional": {}}
    for content in columns:
        columns[content]["Uid"] = stream.user_ids[stream.user.numpy()]
        if content != "user":
            columns[content]["Pid"] = stream.post_ids
    for level in range(stream.depth):
        at_level = np.where(category >= 0, ancestors[category, level], -1)
        columns["category"][LEVELS[level]] = names[at_level]
    blank = np.full(stream.num_posts, "", dtype=object)
    columns["text"]["Title"] = stream[POST].get("title", blank)
    columns["text"]["Mediatype"] = np.full(stream.num_posts, "photo", dtype=object)
    columns["text"]["Alltags"] = stream[POST].get("text", blank)
    columns["time"]["Postdate"] = _texts(stream.time.numpy() * SECONDS[str(stream.time_unit)])
    columns["additional"]["Pathalias"] = columns["user"]["Uid"]
    for position, name in enumerate(stream.number_names):
        number = NUMBERS.get(name)
        if number is not None and number.file != "crawled":
            columns[number.file][number.key] = _texts(stream.numbers[:, position].numpy())
    return {
        content: [dict(zip(fields, row, strict=True)) for row in zip(*fields.values(), strict=True)]
        for content, fields in columns.items()
    }


def _texts(values: npt.NDArray[np.floating[Any]]) -> list[str]:
    """Returns numbers as SMPD writes them: whole ones without a point, "" if unknown."""
    return ["" if value != value else str(int(value)) if value.is_integer() else str(value) for value in values]


def _write_crawled(stream: PostStream, path: Path, overwrite: bool) -> None:
    columns: dict[str, Any] = {"index": range(stream.num_posts), "Pathalias": stream.user_ids[stream.user.numpy()]}
    for position, name in enumerate(stream.number_names):
        if name in NUMBERS and NUMBERS[name].file == "crawled":
            columns[NUMBERS[name].key] = _texts(stream.numbers[:, position].numpy())
    write_table(pd.DataFrame(columns), path, "csv", overwrite=overwrite)


def _write_lines(lines: Strings | list[str], path: Path, overwrite: bool) -> None:
    with atomic_path(path, overwrite=overwrite) as temporary:
        temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _copy_images(stream: PostStream, folder: Path) -> Strings | None:
    """Copies the images that are outside of the folder, and returns the paths of all relative to it."""
    paths = stream[POST].get("image")
    if paths is None:
        return None
    inside = folder.resolve()
    result = np.full(len(paths), "", dtype=object)
    taken: set[str] = set()
    for row, (name, user, post) in enumerate(
        zip(paths, stream.user_ids[stream.user.numpy()], stream.post_ids, strict=True)
    ):
        if not name:
            continue
        path = Path(name)
        if not path.is_file():
            raise MissingFileError(f"{path}: there is no such image (of the post {shorten(post)!r}).")
        if path.resolve().is_relative_to(inside):
            result[row] = path.resolve().relative_to(inside).as_posix()
            continue
        target = PurePosixPath("train", UNSAFE.sub("_", user), f"{UNSAFE.sub('_', post)}{path.suffix.lower()}")
        if str(target) in taken:
            target = target.with_name(f"{row:07d}-{target.name}")
        taken.add(str(target))
        result[row] = str(target)
        with atomic_path(folder / target, overwrite=True) as temporary:
            shutil.copyfile(path, temporary)
    return result


def _log_left_out(stream: PostStream, folder: Path) -> None:
    left_out = [f"the features of the {name}s" for name in ("image", "text") if f"x_{name}" in stream[POST]]
    left_out += [f"the number {name!r}" for name in stream.number_names if name not in NUMBERS]
    if "true_mean" in stream[POST]:
        left_out.append("the true means of the simulation")
    if left_out:
        logger.warning("%s: not written: %s.", folder, ", ".join(left_out))
