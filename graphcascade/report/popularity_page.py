from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from graphcascade.data import PostStream
from graphcascade.data.posts.schema import POST
from graphcascade.errors import UnknownNameError, shorten
from graphcascade.number_text import format_number
from graphcascade.report.card import Card
from graphcascade.report.importance_plot import SHOWN_INPUTS, plot_importances
from graphcascade.report.page import Section, write_page
from graphcascade.report.picture import Picture

__all__ = ["importances_section", "popularity_sections", "write_popularity"]

SHOWN_POSTS = 10
WEIGHT = re.compile(r"(.+?) \((\d\.\d\d)\)(?:, |$)")  # of an earlier post


def write_popularity(
    predicted: pd.DataFrame,
    stream: PostStream,
    path: str | Path,
    posts: Sequence[str] | None = None,
    title: str = "Predicted popularity",
    footer: str = "",
    importances: pd.Series[Any] | None = None,
    *,
    overwrite: bool = False,
) -> Path:
    """Writes a page of predictions: for each post its image, text, label and interval, and the posts that weighed most.

    Args:
        predicted: A table of :func:`~graphcascade.prediction.predict_popularity`.
        stream: The posts that it was made for.
        path: HTML file to write.
        posts: Ids of the posts to show; by default the last ten.
        title: Heading.
        footer: Last line, such as the version and the command.
        importances: How much each input of the model changes its predictions, in percent, by its name; drawn at the end
            of the page.
        overwrite: Whether to replace a file that exists.

    Raises:
        UnknownNameError: There is no prediction for a post.
        StorageError: The file exists already; the folder cannot be written to; the disk is full.
    """
    lead, sections = popularity_sections(predicted, stream, posts)
    if importances is not None:
        sections.append(importances_section(importances))
    return write_page(path, title, lead, sections, footer, overwrite=overwrite)


def popularity_sections(
    predicted: pd.DataFrame, stream: PostStream, posts: Sequence[str] | None = None
) -> tuple[str, list[Section]]:
    """Returns a text about predictions, and a section for each post; see :func:`write_popularity`.

    Raises:
        UnknownNameError: There is no prediction for a post.
    """
    rows = predicted.set_index(predicted["post"].astype(str))
    posts = list(rows.index[-SHOWN_POSTS:]) if posts is None else posts
    unknown = next((post for post in posts if post not in rows.index), None)
    if unknown is not None:
        raise UnknownNameError(f"{stream.name}: there is no prediction for a post {shorten(unknown)!r}.")
    numbers = {post: number for number, post in enumerate(stream.post_ids)}
    chosen = [rows.loc[[post]].iloc[0] for post in posts]
    if "earlier posts" in rows:
        sections = [_section(row, stream, numbers) for row in chosen]
    else:
        cards = [
            _predicted_card(f"post {row['post']}", row, stream, numbers, [f"by user {row['user']}", str(row["time"])])
            for row in chosen
        ]
        sections = [Section("Posts", "", cards=cards)]
    lead = (
        "For each post the predicted label, log2(1 + views), with an interval, and the number of views."
        + (" Beside it are the earlier posts that weighed most in the prediction." if "earlier posts" in rows else "")
        + " True labels are shown where they are known."
    )
    return lead, sections


def importances_section(importances: pd.Series[Any]) -> Section:
    """Returns a section with a picture of how much each input changes the predictions; see :func:`write_popularity`."""
    figure = Figure(figsize=(5.6, 0.6 + 0.24 * min(len(importances), SHOWN_INPUTS)), layout="constrained")
    plot_importances(importances, figure.subplots())
    picture = Picture(
        figure,
        "How much each input of the trees changes the predictions on average, of all posts and in percent. Inputs that "
        "say the same share their importance. It does not tell whether an input raises or lowers a prediction.",
        "Importance of the inputs",
    )
    return Section("What the predictions depend on", "", [picture])


def _section(row: pd.Series[Any], stream: PostStream, numbers: dict[str, int]) -> Section:
    cards = [_predicted_card("this post", row, stream, numbers)]
    for earlier, weight in WEIGHT.findall(row["earlier posts"]):
        if earlier in numbers:  # an id may contain anything
            cards.append(_card(f"post {earlier}, weight {weight}", numbers[earlier], stream, []))
    return Section(f"Post {row['post']}", f"By user {row['user']}, {row['time']}.", cards=cards)


def _predicted_card(
    title: str, row: pd.Series[Any], stream: PostStream, numbers: dict[str, int], more: Sequence[str] = ()
) -> Card:
    """Returns the card of a post with its prediction and further lines."""
    shown = {name: format_number(row[name], ".2f") for name in ("label", "lower", "upper") if name in row}
    lines = [f"predicted {shown['label']}, {row['views']:,.0f} views"]
    if "lower" in row:
        lines.append(f"interval {shown['lower']} to {shown['upper']}")
    return _card(title, numbers[str(row["post"])], stream, [*lines, *more])


def _card(title: str, number: int, stream: PostStream, lines: list[str]) -> Card:
    store = stream[POST]
    lines = list(lines)
    known = float(stream.y[number])
    if known == known:  # not NaN
        lines.append(f"label {format_number(known, '.2f')}")
    category = int(stream.category[number])
    if category >= 0:
        names = [str(stream.category_ids[each]) for each in stream.ancestors[category].tolist() if each >= 0]
        lines.append(", ".join(names))
    parts = [str(store[name][number]) for name in ("title", "text") if name in store]
    image = store.get("image")
    return Card(title, "\n".join(filter(None, parts)), lines, "" if image is None else str(image[number]))
