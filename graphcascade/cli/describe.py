from __future__ import annotations

from pathlib import Path
from typing import Literal

from graphcascade.options.read_options import ReadOptions

__all__ = ["describe"]


def describe(
    data: str,
    read_options: ReadOptions,
    follow_graph: Path | None = None,
    direction: Literal["followee-follower", "follower-followee"] | None = None,
    unknown_users: Literal["error", "drop"] = "error",
    source_column: str | None = None,
    target_column: str | None = None,
    link_sep: str | None = None,
    plot: Path | None = None,
    overwrite: bool = False,
    json: Path | None = None,
) -> None:
    """Describe a file of cascades, a folder of retweets, a table of posts, or a published dataset.

    Examples:
        graphcascade describe my.csv --plot my.png
        graphcascade describe my.csv --user user_id --item topic --time timestamp --time-unit s
        graphcascade describe Memetracker
        graphcascade describe my-tweets    # a folder with the tables users, follows, tweets and retweets

    Args:
        data: A file of cascades, a folder of retweets, a table with the columns post, user and time, a folder of SMPD's
            files, or the name of a dataset (see 'graphcascade datasets').
        follow_graph: File of links between the users, with two users per line or columns such as follower and followee.
        direction: Order of the two users in a line. If not given, the names of the columns say who follows whom;
            without such names, the followee is first.
        unknown_users: What to do with links of users who are in no cascade: stop with an error, or drop and count them.
        source_column: Column of the first user of a link, if its name is not a usual one.
        target_column: Column of the second user of a link.
        link_sep: Separator of the columns of the file of links: comma, semicolon, tab, pipe, space, or the character
            itself. If not given, it is found from the first line.
        plot: Also draw an overview to this file (.png, .pdf, .svg).
        overwrite: Replace output files that exist already.
        json: Also write the figures to this file (.json).
    """
    from graphcascade.cli.output import note, print_description, write_json
    from graphcascade.tasks import TASKS

    task = next((task for task in TASKS.values() if task.recognizes(data, read_options)), TASKS["next-user"])
    dataset = task.read(data, read_options)
    if follow_graph is not None:
        dataset = task.add_links(
            dataset,
            follow_graph,
            direction,
            unknown_users,
            source_column=source_column,
            target_column=target_column,
            sep=link_sep,
            encoding=read_options.encoding,
            on_error=read_options.on_error,
        )
    figures = task.describe(dataset)
    print_description(figures, task.times_are_dates(dataset))
    if plot is not None:
        from graphcascade.report import save_figure  # takes long to import, with matplotlib

        note(f"wrote {save_figure(task.draw(dataset), plot, overwrite=overwrite)}")
    write_json(json, figures.to_dict(), overwrite=overwrite)
