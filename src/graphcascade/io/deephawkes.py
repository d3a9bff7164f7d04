from __future__ import annotations

from pathlib import Path

from graphcascade.data import RawEvents
from graphcascade.errors import DataError
from graphcascade.io.lines import EventList, numbered_lines

__all__ = ["read_deephawkes"]

FORM = "id<TAB>root<TAB>publish_time<TAB>n<TAB>path:time path:time ..."


def read_deephawkes(path: str | Path) -> RawEvents:
    """Reads DeepHawkes' format, one cascade a line, with who retweeted whom.

    A line is ``id, root, publish time, n, path:time path:time ...``, separated by tabs. The last user of a path
    ``u/v/w`` retweeted the one before; times count from the publication. Where that one is no earlier event of the
    cascade, the nearest ancestor on the path who is takes the place, and is counted (``reattached_parents``).

    Raises:
        MissingFileError: There is no such file.
        DataError: A line of another form, with its number; an empty file.
    """
    events = EventList(path)
    reattached = 0
    for number, line in numbered_lines(path):
        fields = line.split("\t")
        if len(fields) != 5 or not fields[4].strip():
            raise events.wrong(number, line, FORM)
        item, root, published, _, paths = fields
        steps: list[tuple[float, list[str]]] = []
        for step in paths.split():
            chain, colon, delay = step.rpartition(":")
            try:
                steps.append((float(delay), chain.split("/")))
            except ValueError:
                raise events.wrong(number, step, "user/user/...:time") from None
            if not colon or not chain:
                raise events.wrong(number, step, "user/user/...:time")
        try:
            origin = float(published)
        except ValueError:
            raise DataError(f"{events.path}, line {number}: the publish time {published!r} is not a number.") from None
        events.start(number, item)
        if not any(
            users == [root] for _, users in steps
        ):  # the root is an event of its own, also where the paths leave it out
            steps.insert(0, (0.0, [root]))
        steps.sort(key=lambda step: step[0])
        earlier: set[str] = set()
        for seconds, users in steps:
            user, ancestors = users[-1], [one for one in reversed(users[:-1]) if one != users[-1]]
            parent = next((one for one in ancestors if one in earlier), root if earlier and user != root else None)
            if user not in earlier and parent is not None and parent not in ancestors[:1]:
                reattached += 1
            events.add(number, user, origin + seconds, parent)
            earlier.add(user)
    return events.finish(parents=True, reattached_parents=reattached)
