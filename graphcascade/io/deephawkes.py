from __future__ import annotations

import logging
from pathlib import Path

from graphcascade.data import RawEvents
from graphcascade.errors import DataError
from graphcascade.io.lines import BLANKS, EventList, numbered_lines, parse_number, shorten, split_blanks

__all__ = ["read_deephawkes"]

logger = logging.getLogger(__name__)
PLACEHOLDER = "-1"  # what CasFlow's files have in place of a user who is not known
FORM = "id<TAB>root<TAB>publish_time<TAB>n<TAB>path:time path:time ..."


def read_deephawkes(path: str | Path) -> RawEvents:
    """Reads the format of DeepHawkes and CasFlow, one cascade a line, with who retweeted whom.

    A line is ``id, root, publish time, n, path:time path:time ...``, separated by tabs. The root is the source at the
    publish time, also if no path or a later one names it; the other times count from there. The last user of a path
    ``u/v/w`` retweeted the one before. If that one is not an earlier event of the cascade, the nearest ancestor on the
    path who is takes the place, and is counted (``reattached_parents``). ``n`` is the number of paths, with or without
    that of the root; a warning names the first line where it is neither.

    A user ``-1`` stands for a user who is not known, as the source of a hashtag in CasFlow's files. Such events are
    left out and counted (``unknown_users``): the cascade then begins with its first known user. A cascade without a
    known user is left out, too. In a file with an unknown root no parents are read.

    Raises:
        MissingFileError: There is no such file.
        DataError: A line of another form, or with a time before the publication, with its number; an empty file.
    """
    events = EventList(path)
    reattached = unknown_users = unknown_roots = 0
    miscounted: list[str] = []
    for number, line in numbered_lines(path):
        fields = [field.strip(BLANKS) for field in line.split("\t")]
        if len(fields) != 5 or not fields[4]:
            raise events.wrong(number, line, FORM)
        item, root, published, count, paths = fields
        steps: list[tuple[float, list[str]]] = []
        for step in split_blanks(paths):
            chain, colon, delay = step.rpartition(":")
            try:
                steps.append((parse_number(delay), chain.split("/")))
            except ValueError:
                raise events.wrong(number, step, "user/user/...:time") from None
            if not colon or not chain:
                raise events.wrong(number, step, "user/user/...:time")
            if steps[-1][0] < 0:
                raise DataError(
                    f"{events.path}, line {number}: the time of {shorten(step)!r} is before the publication of the "
                    "cascade; correct it, or leave it out."
                )
        origin = _number(events, number, "publish time", published)
        without_root = sum(users != [root] for _, users in steps)
        if _number(events, number, "number of retweets", count) not in (len(steps), without_root):
            miscounted.append(
                f"line {number}: gives {shorten(count)} as the number of retweets and has {len(steps)} paths"
            )
        source = (0.0, [root])  # an event also where the paths leave it out
        if source in steps:
            steps.remove(source)
        steps = [source, *sorted(steps, key=lambda step: step[0])]
        known = [step for step in steps if step[1][-1] != PLACEHOLDER]
        unknown_users += len(steps) - len(known)
        unknown_roots += root == PLACEHOLDER
        if not known:
            continue
        events.start(number, item)
        earlier: set[str] = set()
        for seconds, users in known:
            user, ancestors = users[-1], [one for one in reversed(users[:-1]) if one != users[-1]]
            parent = next((one for one in ancestors if one in earlier), root if earlier and user != root else None)
            if user not in earlier and parent is not None and parent not in ancestors[:1]:
                reattached += 1
            events.add(number, user, origin + seconds, parent)
            earlier.add(user)
    if miscounted:
        logger.warning(
            "%s, %s; %s lines are like this. The paths are read; check that the file is complete.",
            events.path,
            miscounted[0],
            f"{len(miscounted):,}",
        )
    if unknown_roots:
        logger.warning(
            "%s: the source of %s cascades is %s, an unknown user: they begin with their first known user, and who "
            "retweeted whom is not read from this file.",
            events.path,
            f"{unknown_roots:,}",
            PLACEHOLDER,
        )
        return events.finish(unknown_users=unknown_users)
    return events.finish(parents=True, reattached_parents=reattached, unknown_users=unknown_users)


def _number(events: EventList, line: int, noun: str, text: str) -> float:
    try:
        return parse_number(text)
    except ValueError:
        raise DataError(f"{events.path}, line {line}: the {noun} {shorten(text)!r} is not a number.") from None
