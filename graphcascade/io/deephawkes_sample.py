from __future__ import annotations

from pathlib import Path

import numpy as np

from graphcascade.data import RawEvents
from graphcascade.errors import DataError, shorten
from graphcascade.io.deephawkes import add_steps, read_number, read_steps
from graphcascade.io.lines import BLANKS, EventList, numbered_lines

__all__ = ["read_deephawkes_sample"]

CASCADE_FORM = "id<TAB>root<TAB>publish_time<TAB>n<TAB>user:user:1 user:user:1 ...<TAB>growth"
PATHS_FORM = "id<TAB>user,user:time user,user,user:time ..."


def read_deephawkes_sample(cascades: str | Path, paths: str | Path) -> RawEvents:
    """Reads a pair of files that the code of DeepHawkes writes for a window: the beginnings of cascades, and growth.

    A line of the first file, ``cascade_train.txt`` and the like, is ``id, root, publish time, n, edges, growth``,
    separated by tabs. The growth is the number of retweets after the window, which is the label of DeepHawkes; ``n``
    and the edges are not used, because the second file, ``shortestpath_train.txt``, has them with times. Its line
    of the same cascade has the id, and after each tab the path of a retweet from the root, as ``1,12:2822``, with the
    seconds since the publication. Parents are found as in :func:`read_deephawkes`.

    Args:
        cascades: The first file.
        paths: The second file, with the same cascades in the same order.

    Raises:
        MissingFileError: There is no such file.
        DataError: A line has another form, or the files have different cascades; the message has the line.
    """
    events, times = EventList(paths), dict(numbered_lines(paths))
    growth: list[int] = []
    reattached = 0
    for number, line in numbered_lines(cascades):
        fields = [field.strip(BLANKS) for field in line.split("\t")]
        if len(fields) != 6 or not fields[5].isdecimal():
            raise DataError(f"{cascades}, line {number}: {shorten(line)!r} is not of the form {CASCADE_FORM!r}.")
        item, root, published = fields[:3]
        first, _, rest = times.pop(number, "").partition("\t")
        if first.strip(BLANKS) != item:
            raise DataError(
                f"{paths}, line {number}: this is the cascade {shorten(first)!r}, and {cascades} has "
                f"{shorten(item)!r} there; give two files of the same cascades."
            )
        if not rest.strip():
            raise events.format_error(number, first, PATHS_FORM)
        steps = read_steps(events, number, rest.replace("\t", " "), ",")
        source = (0.0, [root])
        if source in steps:
            steps.remove(source)
        events.start(number, item)
        origin = read_number(events, number, "publish time", published)
        reattached += add_steps(events, number, root, origin, [source, *sorted(steps, key=lambda step: step[0])])
        growth.append(int(fields[5]))
    if times:
        raise DataError(f"{paths}, line {min(times)}: there is no such line in {cascades}; they have other cascades.")
    return events.finish(parents=True, reattached_parents=reattached, growth=np.array(growth, dtype=np.int64))
