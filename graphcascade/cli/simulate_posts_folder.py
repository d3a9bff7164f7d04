from __future__ import annotations

from pathlib import Path
from typing import Literal

from graphcascade.errors import UsageError

__all__ = ["simulate_posts_folder"]


def simulate_posts_folder(
    out: Path,
    preset: Literal["claims", "realistic"],
    num_posts: int | None,
    users: int | None,
    placebo: bool,
    seed: int,
    images: bool,
    overwrite: bool,
    json: Path | None,
) -> None:
    """Simulates a stream of posts and writes it to a folder; the arguments are options of the command simulate.

    Raises:
        GraphCascadeError: The name is that of a file; a size is too small; the folder cannot be written to, or has
            files of posts already.
    """
    from graphcascade.cli.output import note, print_description, write_json
    from graphcascade.io import read_posts, write_posts
    from graphcascade.io.endings import CASCADES as FILES
    from graphcascade.io.lines import name_ending
    from graphcascade.io.post_writer import check_post_folder
    from graphcascade.plurals import counted
    from graphcascade.simulate import simulate_posts, write_post_images

    if name_ending(out) in FILES or out.suffix.lower() == ".gz":
        raise UsageError(
            argument="out", value=out, reason="--posts writes a folder; choose a name without the ending of a file"
        )
    check_post_folder(out, overwrite=overwrite)
    size = {} if num_posts is None else {"num_posts": num_posts}
    stream = simulate_posts(preset, num_users=users, seed=seed, placebo=placebo, texts=True, name=out.name, **size)
    if images:
        stream = write_post_images(stream, out, overwrite=overwrite, progress=True)
    write_posts(stream, out, overwrite=overwrite)
    figures = read_posts(out).describe()  # what is in the files, without the features of the simulation
    print_description(figures)
    note(f"wrote {out}: {counted(stream.num_posts, 'post')}{' with images' if images else ''}")
    write_json(json, figures.to_dict(), overwrite=overwrite)
