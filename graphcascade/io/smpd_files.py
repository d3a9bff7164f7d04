"""Names and columns of the files of the Social Media Prediction Dataset (SMPD), in both generations of names."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple, get_args

from graphcascade.errors import DataError, MissingFileError, UsageError

__all__ = ["CRAWL_TIME", "EXPECTED", "NUMBERS", "SMPD_FILES", "Part", "check_part", "find_smpd_files", "is_smpd_folder"]

Part = Literal["train", "test"]

SMPD_FILES = {
    "category": ("category.json", "category.json"),
    "text": ("tags.json", "text.json"),
    "time": ("temporalspatial.json", "temporalspatial_information.json"),
    "user": ("userdata.json", "user_data.json"),
    "additional": ("additional.json", "additional_information.json"),
    "image": ("img.txt", "img_filepath.txt"),
    "label": ("label.txt", "label.txt"),
    "crawled": ("user_additional.csv", "user_additional.csv"),
}
"""Names of the files, after "train_" or "test_": those of 2019 and 2020, and the current ones."""
REQUIRED = ("category", "time")
EXPECTED = ", ".join(
    "user_additional.csv (optional, from HyFea)" if content == "crawled" else f"train_{new}"
    for content, (_, new) in SMPD_FILES.items()
)
"""The current names, for messages."""


class Number(NamedTuple):
    """A number that the files hold.

    Args:
        file: Content of the file, a key of :data:`SMPD_FILES`.
        key: Its key or column there.
        crawled: Whether it is as it was at the time of the crawl, later than the post, and may have changed since the
            post.
    """

    file: str
    key: str
    crawled: bool = False


NUMBERS = {
    "is_public": Number("additional", "Ispublic"),
    "is_pro": Number("user", "ispro", crawled=True),
    "can_buy_pro": Number("user", "canbuypro", crawled=True),
    "latitude": Number("time", "Latitude"),
    "longitude": Number("time", "Longitude"),
    "geo_accuracy": Number("time", "Geoaccuracy"),
    "timezone_offset": Number("user", "timezone_offset"),
    "first_photo": Number("user", "photo_firstdate"),
    "first_photo_taken": Number("user", "photo_firstdatetaken"),
    "photo_count": Number("user", "photo_count", crawled=True),
    "total_views": Number("crawled", "totalViews", crawled=True),
    "total_tags": Number("crawled", "totalTags", crawled=True),
    "total_geotagged": Number("crawled", "totalGeotagged", crawled=True),
    "total_faves": Number("crawled", "totalFaves", crawled=True),
    "total_in_group": Number("crawled", "totalInGroup", crawled=True),
    "crawled_photo_count": Number("crawled", "photoCount", crawled=True),
    "followers": Number("crawled", "followerCount", crawled=True),
    "following": Number("crawled", "followingCount", crawled=True),
}
"""The numbers of a post and its user, by the names that they have in a stream."""
CRAWL_TIME = tuple(name for name, number in NUMBERS.items() if number.crawled)


def check_part(part: str) -> None:
    """Raises a :class:`UsageError` about an unknown value of the argument ``part``."""
    if part not in get_args(Part):
        raise UsageError(argument="part", value=part, reason="use 'train' or 'test'")


def is_smpd_folder(folder: Path) -> bool:
    """Returns whether a folder holds the categories of SMPD's posts, in itself or in a folder in it."""
    return any(_candidates(folder, f"{part}_category.json") for part in get_args(Part))


def find_smpd_files(folder: Path, part: Part) -> dict[str, Path]:
    """Returns the files of one part of SMPD by their contents; those that are optional may be absent.

    Files are looked for in the folder, then in the folders in it.

    Raises:
        MissingFileError: There is no such folder; a required file is missing.
        DataError: A file is there twice, as in both generations of names.
    """
    if not folder.is_dir():
        problem = "this is a file; give the folder of SMPD's files" if folder.exists() else "there is no such folder"
        raise MissingFileError(f"{folder}: {problem}.")
    found: dict[str, Path] = {}
    for content, names in SMPD_FILES.items():
        prefix = "" if content == "crawled" else f"{part}_"
        paths = [path for name in dict.fromkeys(names) for path in _candidates(folder, f"{prefix}{name}")]
        if len(paths) > 1:
            both = " and ".join(str(path.relative_to(folder)) for path in paths)
            raise DataError(f"{folder}: the file of the content {content!r} exists twice, as {both}; keep one of them.")
        if paths:
            found[content] = paths[0]
    missing = [f"{part}_{SMPD_FILES[content][1]}" for content in REQUIRED if content not in found]
    if missing:
        raise MissingFileError(
            f"{folder}: there is no {' and no '.join(missing)}; a folder of SMPD's official files has "
            f"{EXPECTED.replace('train_', f'{part}_')}, or their names of 2019."
        )
    return found


def _candidates(folder: Path, name: str) -> list[Path]:
    here = [path for path in (folder / name,) if path.is_file()]
    return here or sorted(path for path in folder.glob(f"*/{name}") if path.is_file())
