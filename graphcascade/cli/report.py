from __future__ import annotations

from pathlib import Path
from typing import Literal

from graphcascade.options.feature_options import FeatureOptions
from graphcascade.options.read_options import ReadOptions

__all__ = ["report"]

# The options that set arguments of another name.
RENAMED = {"unknown": "unknown_users", "links.sep": "link_sep"}


def report(
    data: str,
    read_options: ReadOptions,
    feature_options: FeatureOptions,
    out: Path = Path("report"),
    follow_graph: Path | None = None,
    direction: Literal["followee-follower", "follower-followee"] | None = None,
    unknown_users: Literal["error", "drop"] = "drop",
    source_column: str | None = None,
    target_column: str | None = None,
    link_sep: str | None = None,
    models: str | None = None,
    max_epochs: int = 30,
    budget: float = 1.0,
    seed: int = 0,
    quiet: bool = False,
    overwrite: bool = False,
    json: Path | None = None,
) -> None:
    """Study cascades, posts or retweets and write a page about them: which model to use, and what it predicts.

    The page, report.html, describes the data and compares models with counting baselines. About cascades, it predicts
    the next users and the final sizes of open ones, shows the inferred network and the tree of one cascade, and ranks
    users by their influence. About posts, it shows those that are predicted to be most popular, and what predictions
    depend on; about retweets, the tweets recommended to some users. The page needs no network access. The files behind
    it are in the same folder: tables as CSV, the network, the best model, and the figures as JSON. A section that
    cannot be made from these data says why.

    Examples:
        graphcascade report my.csv
        graphcascade report my.csv --follow-graph follows.csv --out my-report
        graphcascade report my.csv --user customer --item product --time date
        graphcascade report my.csv --models LSTM --max-epochs 10    # faster
        graphcascade report my-posts.csv --views view_count    # a table of posts: how popular does a post become?
        graphcascade report my-tweets    # a folder of retweets: which tweets does a user retweet?
        graphcascade report Android

    Args:
        data: A file, a folder, or the name of a dataset (see 'graphcascade datasets').
        out: Folder for the page and the files behind it.
        follow_graph: File of links between the users, with two users per line.
        direction: Order of the two users in a line. If not given, the names of the columns say who follows whom;
            without such names, the followee is first.
        unknown_users: What to do with links of users who are in no cascade: stop with an error, or drop and count them.
        source_column: Column of the first user of a link, if its name is not a usual one.
        target_column: Column of the second user of a link.
        link_sep: Separator of the columns of the file of links: comma, semicolon, tab, pipe, space, or the character
            itself. If not given, it is found from the first line.
        models: Learned models to compare with counting, separated by commas, such as LSTM,HiDAN. If not given, a few
            that suit the data.
        max_epochs: Maximum number of training epochs of each model.
        budget: Minutes after which the training of no further model begins.
        seed: Random seed of the split, the weights and the simulations.
        quiet: Show no progress and no table.
        overwrite: Replace an earlier report in the folder, and the file of --json.
        json: Also write the figures to this file (.json).
    """
    from graphcascade.cli.output import write_json
    from graphcascade.cli.report_summary import print_report
    from graphcascade.workflows import write_report

    outcome = write_report(
        data,
        out,
        None if models is None else [name.strip() for name in models.split(",") if name.strip()],
        max_epochs,
        budget,
        seed,
        progress=not quiet,
        reading=read_options,
        features=feature_options,
        follow_graph=follow_graph,
        direction=direction,
        unknown_users=unknown_users,
        source_column=source_column,
        target_column=target_column,
        link_sep=link_sep,
        overwrite=overwrite,
    )
    if not quiet:
        print_report(outcome, outcome.files)
    write_json(json, outcome.figures, overwrite=overwrite)
