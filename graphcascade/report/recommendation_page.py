from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from graphcascade.data import RetweetNetwork
from graphcascade.data.retweets.schema import TWEET
from graphcascade.errors import UnknownNameError, shorten
from graphcascade.number_text import format_number
from graphcascade.plurals import counted
from graphcascade.report.card import Card
from graphcascade.report.page import Section, write_page

__all__ = ["recommendation_sections", "write_recommendations"]

SHOWN_USERS = 10
SHOWN_RETWEETS = 6  # earlier retweets of a user
SHOWN_FOLLOWEES = 3


def write_recommendations(
    recommended: pd.DataFrame,
    network: RetweetNetwork,
    path: str | Path,
    users: Sequence[str] | None = None,
    title: str = "Recommended tweets",
    footer: str = "",
    *,
    overwrite: bool = False,
) -> Path:
    """Writes a page of recommendations: for each user, the tweets with images, texts, scores and followees.

    Args:
        recommended: A table of :func:`~graphcascade.prediction.recommend_tweets`.
        network: The network that it was made for.
        path: HTML file to write.
        users: Ids of the users to show; by default ten users with retweets, preferring users who follow
            somebody.
        title: Heading.
        footer: Last line, such as the version and the command.
        overwrite: Whether to replace a file that exists.

    Raises:
        UnknownNameError: There are no recommendations for a user.
        StorageError: The file exists already; the folder cannot be written to; the disk is full.
    """
    lead, sections = recommendation_sections(recommended, network, users)
    return write_page(path, title, lead, sections, footer, overwrite=overwrite)


def recommendation_sections(
    recommended: pd.DataFrame, network: RetweetNetwork, users: Sequence[str] | None = None
) -> tuple[str, list[Section]]:
    """Returns a text about recommendations, and sections for each user; see :func:`write_recommendations`.

    Raises:
        UnknownNameError: There are no recommendations for a user.
    """
    tables = {str(user): table for user, table in recommended.groupby("user", sort=False)}
    if users is None:
        users = _choose_users(tables, network)
    unknown = next((user for user in users if user not in tables), None)
    if unknown is not None:
        raise UnknownNameError(f"{network.name}: there are no recommendations for a user {shorten(unknown)!r}.")
    numbers = {tweet: number for number, tweet in enumerate(network.tweet_ids)}
    sections = []
    for user in users:
        sections += _sections(user, tables[user], network, numbers)
    weighs = "followees" in recommended
    lead = (
        "For each user the tweets that the model ranks first, of those that the user neither posted nor retweeted"
        + (", and the followees with the largest weights in the ranking" if weighs else "")
        + ". Below them are the user's own last retweets."
    )
    return lead, sections


def _choose_users(tables: Mapping[str, pd.DataFrame], network: RetweetNetwork) -> list[str]:
    ends = (network.retweets[0], network.follows[0])
    retweeting, following = (set(network.user_ids[end.unique().numpy()]) for end in ends)
    users = [user for user in tables if user in retweeting]
    return sorted(users, key=lambda user: user not in following)[:SHOWN_USERS]


def _sections(user: str, table: pd.DataFrame, network: RetweetNetwork, numbers: dict[str, int]) -> list[Section]:
    own = int(np.flatnonzero(network.user_ids == user)[0])
    followees = network.follows[1][network.follows[0] == own]
    retweeted = network.retweets[1][network.retweets[0] == own]  # in the order of time, where times are known
    text = f"Follows {counted(followees.numel(), 'user')}, retweeted {counted(retweeted.numel(), 'tweet')}."
    if "followees" in table and table["followees"].iloc[0]:
        text += f" Followees with the largest weights: {table['followees'].iloc[0]}."
    cards = []
    for rank, tweet, score in zip(table["rank"], table["tweet"], table["score"], strict=True):
        shown = f"score {format_number(score, '.3f')}"
        cards.append(_card(f"{rank}. tweet {tweet}", numbers[str(tweet)], network, [shown], followees))
    before = [
        _card(f"tweet {network.tweet_ids[tweet]}", tweet, network, [], followees)
        for tweet in retweeted.flip(0)[:SHOWN_RETWEETS].tolist()
    ]
    sections = [Section(f"For user {user}", text, cards=cards)]
    if before:
        sections.append(Section(f"Last retweets of user {user}", "", cards=before))
    return sections


def _card(title: str, tweet: int, network: RetweetNetwork, lines: list[str], followees: torch.Tensor) -> Card:
    store = network[TWEET]
    author = network.posts[0][network.posts[1] == tweet].tolist()
    passed = network.retweets[0][network.retweets[1] == tweet]
    passed = passed[torch.isin(passed, followees)]
    lines = list(lines)
    if author:
        follows = ", a followee" if author[0] in followees.tolist() else ""
        lines.append(f"posted by {network.user_ids[author[0]]}{follows}")
    if passed.numel():
        names = [str(network.user_ids[number]) for number in passed[:SHOWN_FOLLOWEES].tolist()]
        more = f" and {passed.numel() - len(names)} more" if passed.numel() > len(names) else ""
        noun = "followee" if len(names) == 1 and not more else "followees"
        lines.append(f"retweeted by the {noun} {', '.join(names)}{more}")
    text, image = store.get("text"), store.get("image")
    return Card(title, "" if text is None else str(text[tweet]), lines, "" if image is None else str(image[tweet]))
