from __future__ import annotations

from pathlib import Path
from typing import Literal

from graphcascade.errors import UsageError

__all__ = ["link_prediction"]


def link_prediction(
    model: Path,
    follow_graph: str,
    by: Literal["embedding", "attention", "both"] = "both",
    direction: Literal["followee-follower", "follower-followee"] | None = None,
    unknown_users: Literal["error", "drop"] = "error",
    source_column: str | None = None,
    target_column: str | None = None,
    sep: str | None = None,
    encoding: str | None = None,
    on_error: Literal["stop", "drop"] = "stop",
    out: Path | None = None,
    model_class: str | None = None,
    root: Path = Path("datasets"),
    overwrite: bool = False,
    json: Path | None = None,
) -> None:
    """Find the closest user of each user by a saved model, and count how often this is a follower.

    The model does not see the follow graph, which only tests its answers.

    Examples:
        graphcascade link-prediction runs/my-NDM follows.csv
        graphcascade link-prediction runs/Android-NDM Android --out closest.txt

    Args:
        model: Run folder of 'graphcascade fit', or a model file.
        follow_graph: A file of links with two users per line, or the name of a dataset that has a follow graph.
        by: How to measure closeness: by the inner product of the users' vectors, or by attention, which only NDM has.
        direction: Order of the two users in a line. If not given, the names of the columns say who follows whom;
            without such names, the followee is first.
        unknown_users: What to do with links of users whom the model does not know: stop with an error, or drop them.
        source_column: Column of the first user of a link, if its name is not a usual one.
        target_column: Column of the second user of a link.
        sep: Separator of the columns of the file of links: comma, semicolon, tab, pipe, space, or the character itself.
            If not given, it is found from the first line.
        encoding: Encoding of the file of links, such as latin-1. If not given, UTF-8, or UTF-16 if the file begins
            with its mark of byte order.
        on_error: What to do with lines that are no links: stop with an error that lists them, or drop and count them.
        out: Also write the closest user of each user, with the closeness, to this file
            (.graphml, .gml, .csv or .txt).
        model_class: Class of the saved model as package.module:Class, if it is not one of the package.
        root: Folder that datasets are kept in.
        overwrite: Replace output files that exist already.
        json: Also write the figures to this file (.json).
    """
    from dataclasses import asdict

    import numpy as np
    import pandas as pd

    from graphcascade.analysis import closest_users, predict_social_links
    from graphcascade.cli.model_choice import open_model
    from graphcascade.cli.output import note, print_table, write_json
    from graphcascade.datasets import DATASETS, load_dataset
    from graphcascade.io import read_follow_graph, write_graph
    from graphcascade.models import NextUserModel
    from graphcascade.plurals import counted

    learner = open_model(model, model_class=model_class)
    if not isinstance(learner, NextUserModel) or learner.user_ids is None:
        raise UsageError(
            value=model, reason=f"{type(learner).__name__} has no vectors of users; train an NDM, LSTM or RNN"
        )
    if by == "attention" and not learner.attends_to_users:
        raise UsageError(
            argument="by", value=by, reason=f"{type(learner).__name__} has no attention between users; NDM has"
        )
    if follow_graph in DATASETS and not Path(follow_graph).exists():
        dataset = load_dataset(follow_graph, root)
        graph = dataset.follow_graph
        if graph is None:
            raise UsageError(value=follow_graph, reason="this dataset has no follow graph; give a file of links")
        if not np.array_equal(dataset.user_ids, learner.user_ids):
            raise UsageError(value=model, reason=f"it was trained on other users than those of {follow_graph}")
    else:
        graph, _ = read_follow_graph(
            Path(follow_graph),
            learner.user_ids,
            direction,
            unknown_users,
            source_column=source_column,
            target_column=target_column,
            sep=sep,
            encoding=encoding,
            on_error=on_error,
        )
    possible: list[Literal["embedding", "attention"]] = ["embedding"]
    if learner.attends_to_users:
        possible.append("attention")
    chosen = [way for way in possible if by in (way, "both")]
    closest = {way: closest_users(learner, way) for way in chosen}
    links = {way: predict_social_links(nearest, graph) for way, nearest in closest.items()}
    rows = [
        {"by": way, "users": each.users, "accuracy": each.accuracy, "±": each.error, "random guess": each.random}
        for way, each in links.items()
    ]
    print_table(pd.DataFrame(rows), "How often is the closest user a follower?", "± standard error over users")
    if out is not None:
        written = write_graph(closest[chosen[-1]], learner.user_ids, out, overwrite=overwrite)
        note(f"wrote {written}: {counted(links[chosen[-1]].users, 'user')}, by {chosen[-1]}")
    write_json(json, {way: asdict(each) for way, each in links.items()}, overwrite=overwrite)
