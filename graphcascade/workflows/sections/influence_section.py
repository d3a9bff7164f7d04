from __future__ import annotations

import pandas as pd

from graphcascade.analysis import influence_maximization, rank_users
from graphcascade.errors import DataError
from graphcascade.number_text import format_number
from graphcascade.report import PageTable, Section
from graphcascade.workflows.sections.part import Part
from graphcascade.workflows.study import Study
from graphcascade.workflows.wording import format_duration

__all__ = ["rank_influencers"]

SHOWN_ROWS = 10
SEEDS = 5
FITS = 0.67  # ratio of expected and observed sizes from which on the reach is called right
MANY_USERS = 10_000  # from here on, the reach is estimated less accurately, to save time


def rank_influencers(study: Study) -> Part:
    """Returns the section with the users of the largest reach, and the best users to start with."""
    graph, dataset = study.network, study.dataset
    if not bool(graph["beyond_chance"].any()):
        raise DataError(
            f"{dataset.name}: none of the {graph.num_edges:,} inferred links is better than chance, so the network "
            "does not say who reaches whom."
        )
    error = 0.05 if dataset.num_users <= MANY_USERS else 0.2
    ranked = rank_users(graph, dataset, relative_error=error, seed=study.seed)
    count = min(SEEDS, int(dataset.seen.sum()))
    found = influence_maximization(graph, count, seed=study.seed)
    seeds = found.to_frame(dataset.user_ids)
    shown = pd.DataFrame(
        {
            "user": ranked["user"],
            "reach": ranked["reach"].map("{:.1f}".format) + " ± " + ranked["standard_error"].map("{:.1f}".format),
            "cascades": ranked["cascades"],
            "started": ranked["started"],
        }
    ).head(SHOWN_ROWS)
    best = pd.DataFrame(
        {
            "start with": seeds["user"],
            "adds": seeds["gain"].map(lambda value: format_number(value, ".1f")),
            "users reached": seeds["spread"].map("{:.1f}".format),
        }
    )
    table = dataset.table
    reach = ranked.set_index("user")["reach"].loc[dataset.user_ids[table.source.numpy()]]
    expected, mean = reach.mean(), table.num_events / table.num_cascades
    horizon = graph.get("horizon")
    within = "" if horizon is None else f" within {format_duration(float(horizon), dataset.time_unit)}"
    text = (
        "The reach of a user is the number of users whom a cascade is expected to infect that starts there, computed "
        f"on the inferred network{within}. A user with a large reach who started few cascades may be worth asking. "
        f"The best {count} users to start with together are expected to infect {found.spread:.1f} of "
        f"{dataset.num_users:,} users, which is at least {found.guarantee:.0%} of what any other {count} could; users "
        "with the largest reach are often not the best together, since they reach the same people. The errors are "
        "those of the sampling. A check of the network: from the sources of the data, it expects "
        f"{expected:.1f} users on average, and the cascades of the data have {mean:.1f}"
    )
    if FITS <= expected / mean <= 1 / FITS:
        text += ", so the numbers are of the right size."
    else:
        text += ", so rely on the order of the users rather than on the numbers."
    finding = (
        f"User {ranked['user'].iloc[0]} has the largest reach on the inferred network; the best users to start with "
        f"together are {', '.join(seeds['user'])}."
    )
    return Part(
        Section(
            "Whom to start with?",
            text,
            [
                PageTable(shown, "Users with the largest reach"),
                PageTable(best, "The best users to start with together"),
            ],
        ),
        {"influencers": ranked, "seeds": seeds},
        {"seeds": {"users": seeds["user"].tolist(), "spread": found.spread, "guarantee": found.guarantee}},
        finding,
    )
