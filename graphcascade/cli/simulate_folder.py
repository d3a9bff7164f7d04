from __future__ import annotations

from pathlib import Path
from typing import Literal

from graphcascade.errors import UsageError

__all__ = ["simulate_folder"]


def simulate_folder(
    out: Path,
    preset: Literal["social", "no_social"],
    users: int | None,
    tweets: int | None,
    seed: int,
    images: bool,
    plot: Path | None,
    overwrite: bool,
    json: Path | None,
) -> None:
    """Simulates a network of retweets and writes it to a folder; the arguments are options of the command simulate.

    Raises:
        GraphCascadeError: The name is that of a file; a size is too small; the folder cannot be written to,
            or has tables already.
    """
    from graphcascade.cli.output import note, print_description, write_json
    from graphcascade.io import write_retweets
    from graphcascade.io.endings import CASCADES as FILES
    from graphcascade.io.lines import name_ending
    from graphcascade.io.retweet_writer import check_retweet_folder
    from graphcascade.plurals import counted
    from graphcascade.simulate import simulate_retweets, tweet_images, write_tweet_images

    if name_ending(out) in FILES or out.suffix.lower() == ".gz":
        raise UsageError(
            argument="out", value=out, reason="--retweets writes a folder; choose a name without the ending of a file"
        )
    check_retweet_folder(out, overwrite=overwrite)
    photographs = tweet_images.load_photographs() if images else None  # scikit-image may be missing
    sizes = {"num_users": users, "num_tweets": tweets}
    network = simulate_retweets(
        preset, seed=seed, name=out.name, **{name: size for name, size in sizes.items() if size is not None}
    )
    if images:
        network = write_tweet_images(network, out / "images", photographs=photographs, overwrite=overwrite)
    write_retweets(network, out, overwrite=overwrite)
    figures = network.describe()
    print_description(figures)
    note(f"wrote {out}: {counted(network.num_tweets, 'tweet')}{' with images' if images else ''}")
    if plot is not None:
        from graphcascade.report import draw_retweets, save_figure  # takes long to import, with matplotlib

        note(f"wrote {save_figure(draw_retweets(network), plot, overwrite=overwrite)}")
    write_json(json, figures.to_dict(), overwrite=overwrite)
