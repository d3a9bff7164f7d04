from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["PostReadOptions"]


@dataclass(frozen=True)
class PostReadOptions:
    """Options of reading tables of posts.

    Args:
        post: Column of the posts.
        label: Column of the labels, log2(1 + views); empty where the label is unknown.
        views: Column of numbers of views, from which the labels are computed instead.
        categories: Columns of the categories from coarse to fine, separated by commas. If not given, those of
            category, subcategory and concept that exist.
        text: Column of the texts.
        title: Column of the titles.
        image: Column of the paths of images, relative to the folder of the table or to --image-folder.
        image_folder: Folder that the paths of images begin at, if it is not that of the table.
        numbers: Columns of further numbers that models may use, separated by commas. No other columns are used: they
            may hold the popularity under another name.
        crawl_time: Those of the columns of numbers that were not known yet when a post was published, separated by
            commas.
        category_ids: Whether categories of the same name are the same (name), or only if those above them are, too
            (path).
    """

    heading = "reading tables of posts"  # in the help

    post: str = "post"
    label: str = "label"
    views: str | None = None
    categories: str | None = None
    text: str = "text"
    title: str = "title"
    image: str = "image"
    image_folder: Path | None = None
    numbers: str | None = None
    crawl_time: str | None = None
    category_ids: Literal["name", "path"] = "name"
