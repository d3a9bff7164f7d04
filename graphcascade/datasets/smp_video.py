from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from torch_geometric.data import InMemoryDataset

from graphcascade.data import RawPosts, check_posts
from graphcascade.datasets.published_files import PublishedFiles
from graphcascade.datasets.registry import POST_DATASETS
from graphcascade.datasets.repositories import SMP_VIDEO
from graphcascade.errors import UsageError

__all__ = ["SMPVideo"]

Strings = npt.NDArray[np.object_]

PREFIX = "SMP-Video_anonymized_"
USER_NUMBERS = {
    "followers": "user_follower_count",
    "following": "user_following_count",
    "likes": "user_likes_count",
    "videos": "user_video_count",
    "likes_given": "user_digg_count",
}
"""Counts of the user at the time of the crawl. ``user_heart_count`` equals the likes, and there are no friends."""
VIDEO_NUMBERS = {
    "video_height": "video_height",
    "video_width": "video_width",
    "video_duration": "video_duration",
    "music_duration": "music_duration",
}
SUGGESTED_WORDS = "suggested_words"
"""Number of searches that the platform suggests beside the post. It chose them after the post."""
TRAINING_SHARE = 0.8  # of the labelled posts, whose tags are counted for the made categories; that of splits()
FEWEST_POSTS = 5  # of a tag that becomes a category


@POST_DATASETS.register("SMPVideo")
class SMPVideo(PublishedFiles, InMemoryDataset):
    """Short videos of the SMP Challenge of 2025: the official, anonymised files, without the videos.

    ``dataset[0]`` is a :class:`~graphcascade.data.PostStream` of the 4,000 posts of the challenge's training set and
    the 2,000 posts of its test set, whose labels are not public. The text of a post is its tags. The counts of its user
    and the number of searches that the platform suggests beside it are of crawl time; height, width and duration of the
    video and of its music are not. Posts have no images, and no
    given categories. The files take a second to read, so nothing is stored beside them.

    Args:
        root: Folder that datasets are kept in.
        categories: ``"none"``, or ``"made"`` for a hierarchy made of the language, the place, and that tag of the post
            which is most frequent in the first 80 % of the labelled posts; tags of fewer than 5 of them are none. The
            dataset is also registered as ``SMPVideoMade`` with it.
        transform: Applied to the stream when it is accessed.

    Raises:
        DownloadError: A file cannot be downloaded, or differs from the published file.
        StorageError: ``root`` cannot be written to.
        UsageError: ``categories`` is unknown.
    """

    folder = "smp_video"
    published_users = 5_164
    published_posts = 6_000
    origin = SMP_VIDEO.address
    files = tuple(
        SMP_VIDEO.file(f"raw_data/{part}/{PREFIX}{name}.jsonl", f"smpvideo/{PREFIX}{name}.jsonl", sha256, size=size)
        for name, part, sha256, size in (
            ("posts_train", "train", "af688d6c92dd546d3f0093f1d7386d4ea6ade8d0cad44f176beca72aad71bc33", 1_818_352),
            ("posts_test", "test", "1d2774140f7d5baf049a86c33ae2c138b1d409454bfcd10e64464f3063f8dfab", 991_144),
            ("users_train", "train", "11d889cb842f34e3ccfe36c15b8f5171d82b2f220eba33159a07943fee0c04d0", 746_325),
            ("users_test", "test", "1aa427780b5c992fee277a1f99add16b2093f405e81a2d3300879d07c225afec", 408_580),
            ("videos_train", "train", "a02dff04776923081caf5414ad595fd3c24d32bfc7649b65b36a0274c9f06283", 963_294),
            ("videos_test", "test", "6c845a9f142e557bd458b61eea83943fe09c8829a4abbe9963471c9c3a5c2f0f", 480_750),
            ("popularity_train", "train", "03b11c732062c9ec428c669e514de57c08fe5bd75658c421f06a7d72b989131b", 268_941),
        )
    )

    def __init__(
        self,
        root: str | Path = "datasets",
        categories: Literal["none", "made"] = "none",
        transform: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__(root=None, transform=transform)
        if categories not in ("none", "made"):
            raise UsageError(argument="categories", value=categories, reason="use 'none' or 'made'")
        root = Path(root).expanduser()
        tables = [_read(self._obtain(file, root)) for file in self.files]
        posts = pd.concat(tables[:2], ignore_index=True)
        users = pd.concat(tables[2:4]).drop_duplicates("uid").set_index("uid").loc[posts["uid"]]
        videos = pd.concat(tables[4:6]).set_index("pid").loc[posts["pid"]]
        y = tables[6].set_index("pid")["popularity"].reindex(posts["pid"]).to_numpy(dtype=np.float64)
        time = posts["post_time"].to_numpy(dtype="datetime64[s]").astype(np.float64)
        order = np.argsort(time, kind="stable")
        numbers = {name: users[column] for name, column in USER_NUMBERS.items()}
        numbers |= {name: videos[column] for name, column in VIDEO_NUMBERS.items()}
        numbers[SUGGESTED_WORDS] = posts["post_suggested_words"].str.len()
        made = categories == "made"
        self._data = check_posts(
            RawPosts(
                post=posts["pid"].to_numpy(dtype=object)[order],
                user=posts["uid"].to_numpy(dtype=object)[order],
                time=time[order],
                y=y[order],
                categories=_make_categories(posts.iloc[order], y[order]) if made else (),
                text=posts["post_content"].str.replace(",", " ").to_numpy(dtype=object)[order],
                numbers={name: values.to_numpy(dtype=np.float64)[order] for name, values in numbers.items()},
                crawl_time_names=(*USER_NUMBERS, SUGGESTED_WORDS),
                time_unit="s",
                name=f"{self.folder}_made" if made else self.folder,
            ),
            category_ids="path",
        )


POST_DATASETS.register("SMPVideoMade")(partial(SMPVideo, categories="made"))


def _read(path: Path) -> pd.DataFrame:
    with path.open(encoding="utf-8") as file:
        return pd.DataFrame([json.loads(line) for line in file])


def _make_categories(posts: pd.DataFrame, y: npt.NDArray[np.float64]) -> list[Strings]:
    """Returns the language, the place and the tag of each post, in the order of time."""
    tags = [list(dict.fromkeys(tag for tag in text.split(",") if tag)) for text in posts["post_content"]]
    labelled = np.flatnonzero(np.isfinite(y))
    training = labelled[: int(TRAINING_SHARE * labelled.size)]
    count = Counter(tag for post in training for tag in tags[post])
    chosen = [max(names, key=lambda tag: (count[tag], tag), default="") for names in tags]
    return [
        np.array([f"language {name}" for name in posts["post_text_language"]], dtype=object),
        np.array([f"place {name}" for name in posts["post_location"]], dtype=object),
        np.array([f"tag {tag}" if count[tag] >= FEWEST_POSTS else "" for tag in chosen], dtype=object),
    ]
