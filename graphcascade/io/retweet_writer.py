from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcascade.data import RetweetNetwork
from graphcascade.data.retweets.schema import RETWEETS, TWEET
from graphcascade.errors import MissingFileError, StorageError, UsageError
from graphcascade.io.atomic import atomic_path, check_output, storage_error
from graphcascade.io.endings import TABLES
from graphcascade.io.ids import WHOLE_FLOAT
from graphcascade.io.lines import BLANKS, name_ending, shorten
from graphcascade.io.read_table import ENDINGS
from graphcascade.io.retweet_reader import COLUMNS
from graphcascade.io.table_files import write_table
from graphcascade.io.written_dates import to_dates
from graphcascade.io.written_ids import check_written_ids

__all__ = ["check_retweet_folder", "write_retweets"]

logger = logging.getLogger(__name__)
PART_NAMES = np.array(["train", "val", "test"], dtype=object)


def write_retweets(
    network: RetweetNetwork, folder: str | Path, format: str = "csv", *, overwrite: bool = False
) -> Path:
    """Writes a network as a folder that :func:`read_retweets` reads: four tables, and the images beside them.

    Images outside the folder are copied to ``images/`` in it, and numbered like the rows of ``tweets``. Every file is
    written completely or not at all, the table ``retweets`` last; a folder whose writing was interrupted lacks it,
    which is an error when it is read. Times that were read from dates are written as dates in UTC. Features of tweets
    and the unit of other times are not written, which is logged.

    Args:
        network: The network.
        folder: Folder to write, created if it does not exist. Files in it that are none of the tables stay.
        format: "csv", "tsv", "jsonl" or "parquet".
        overwrite: Whether to replace tables that exist.

    Raises:
        UsageError: The format is unknown, or cannot hold an id or a text; the network is a part of a split.
        MissingFileError: The file of an image is missing; pyarrow is missing, for Parquet.
        StorageError: A table exists already; the folder cannot be written to; the disk is full.
    """
    folder = Path(folder)
    existing = check_retweet_folder(folder, format, overwrite=overwrite)
    ending = _ending(format)
    if network.split is not None:
        raise UsageError(
            f"{folder}: this network is the {network.split.part} part of a split; write network.whole, and split it "
            "again after reading."
        )
    _check_strings(network, folder)
    images = _copy_images(network, folder)
    try:
        for path in sorted(existing):  # "retweets" is removed before anything is written
            if path.name.startswith("retweets") or name_ending(path) != ending:
                path.unlink()
    except OSError as error:
        raise storage_error(folder, error) from error
    frames = _frames(network, images)
    written_dates = network.times_are_dates and _write_dates(frames)
    for table, frame in frames.items():
        returns = any("\r" in value for column in frame for value in frame[column] if isinstance(value, str))
        write_table(frame, folder / f"{table}{ending}", format, quote_all=returns, overwrite=overwrite)
    _log_left_out(network, folder, unit_is_lost=not written_dates)
    return folder


def _write_dates(frames: dict[str, pd.DataFrame]) -> bool:
    """Converts the times of all tables to dates if that loses nothing, and returns whether it did."""
    timed = [frame for frame in frames.values() if "time" in frame]
    dates = [to_dates(frame["time"].to_numpy(dtype=np.float64)) for frame in timed]
    if any(column is None for column in dates):
        return False
    for frame, column in zip(timed, dates, strict=True):
        frame["time"] = column
    return True


def _log_left_out(network: RetweetNetwork, folder: Path, unit_is_lost: bool) -> None:
    features = [name for name in ("text", "image") if f"x_{name}" in network[TWEET]]
    left_out = [f"the features of the tweets' {' and '.join(f'{name}s' for name in features)}"] if features else []
    if unit_is_lost and network.time_unit is not None:
        left_out.append(f"the unit of the times ({network.time_unit}: state it when you read the folder)")
    if left_out:
        logger.warning("%s: not written: %s.", folder, ", ".join(left_out))


def check_retweet_folder(folder: Path, format: str = "csv", *, overwrite: bool = False) -> list[Path]:
    """Checks, before a network is made, that it can be written to a folder.

    Returns:
        The tables that the folder has already.

    Raises:
        UsageError: The format is unknown.
        StorageError: A table exists already; the folder cannot be written to.
    """
    if format not in TABLES.values():
        known = ", ".join(dict.fromkeys(TABLES.values()))
        raise UsageError(argument="format", value=format, reason=f"use one of {known}")
    existing = _existing_tables(folder)
    if existing and not overwrite:
        raise StorageError(
            value=existing[0],
            reason="this file exists already and was not replaced; choose another folder, or replace it with",
            remedy=("overwrite", True),
        )
    for table in COLUMNS:
        check_output(folder / f"{table}{_ending(format)}", overwrite=overwrite)
    return existing


def _ending(format: str) -> str:
    return next(ending for ending, name in TABLES.items() if name == format)


def _frames(network: RetweetNetwork, images: npt.NDArray[np.object_] | None) -> dict[str, pd.DataFrame]:
    """Returns the tables in the order in which they are written."""
    users, tweets = network.user_ids, network.tweet_ids
    author = np.full(network.num_tweets, "", dtype=object)
    author[network.posts[1].numpy()] = users[network.posts[0].numpy()]
    columns: dict[str, Any] = {"tweet": tweets, "user": author}
    post_time = network.post_time
    if post_time is not None:
        columns["time"] = np.where(post_time.isfinite().numpy(), post_time.numpy(), np.nan)
    if network[TWEET].get("text") is not None:
        columns["text"] = network[TWEET].text
    if images is not None:
        columns["image"] = images
    store = network[RETWEETS]
    events: dict[str, Any] = {"user": users[network.retweets[0].numpy()], "tweet": tweets[network.retweets[1].numpy()]}
    if "time" in store:
        events["time"] = store.time.numpy()
    if "part" in store:
        events["part"] = PART_NAMES[store.part.numpy()]
    follows = network.follows.numpy()
    return {
        "users": pd.DataFrame({"user": users}),
        "follows": pd.DataFrame({"follower": users[follows[0]], "followee": users[follows[1]]}),
        "tweets": pd.DataFrame(columns),
        "retweets": pd.DataFrame(events),
    }


def _copy_images(network: RetweetNetwork, folder: Path) -> npt.NDArray[np.object_] | None:
    """Copies the images that are outside of the folder, and returns the paths of all relative to it."""
    paths = network[TWEET].get("image")
    if paths is None:
        return None
    inside = folder.resolve()
    result = np.full(len(paths), "", dtype=object)
    for row, name in enumerate(paths):
        if not name:
            continue
        path = Path(name)
        if not path.is_file():
            raise MissingFileError(
                f"{path}: there is no such image (of the tweet {shorten(network.tweet_ids[row])!r})."
            )
        if path.resolve().is_relative_to(inside):
            result[row] = path.resolve().relative_to(inside).as_posix()
            continue
        result[row] = f"images/{row:07d}{path.suffix.lower()}"
        with atomic_path(folder / result[row], overwrite=True) as temporary:
            shutil.copyfile(path, temporary)
    return result


def _check_strings(network: RetweetNetwork, folder: Path) -> None:
    for noun, ids in (("user", network.user_ids), ("tweet", network.tweet_ids)):
        check_written_ids(folder, ids, noun, "a table", rf"\A[{BLANKS}]|[{BLANKS}]\Z", "blanks around it")
        if len(ids) and all(map(WHOLE_FLOAT.fullmatch, ids)):
            raise UsageError(
                f"{folder}: all {noun} ids look like {shorten(ids[0])!r}, which tables write for whole numbers, and "
                f"would be read again as {shorten(ids[0][:-2])!r}; rename them."
            )
    for row, text in enumerate(network[TWEET].get("text", ())):
        if any("\ud800" <= letter <= "\udfff" or letter == "\0" for letter in text):
            raise UsageError(
                f"{folder}: the text of the tweet {shorten(network.tweet_ids[row])!r} has a zero byte or half of a "
                "surrogate pair, which no table can hold; remove it."
            )


def _existing_tables(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(
        Path(entry.path)
        for entry in os.scandir(folder)
        if entry.name.partition(".")[0] in COLUMNS and name_ending(entry.path) in ENDINGS
    )
