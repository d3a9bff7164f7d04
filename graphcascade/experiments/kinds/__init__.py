"""The kinds of experiments: for each one the settings of its rows, how they are measured, and how they are drawn."""

from graphcascade.experiments.kinds.cascade_sizes import CASCADE_SIZES, CascadeSizeRow
from graphcascade.experiments.kinds.cascades import CASCADES, CascadesRow
from graphcascade.experiments.kinds.cooccurrence import COOCCURRENCE
from graphcascade.experiments.kinds.events import EVENTS, EventsRow
from graphcascade.experiments.kinds.network_recovery import NETWORK_RECOVERY, NetworkRecoveryRow
from graphcascade.experiments.kinds.new_users import NEW_USERS
from graphcascade.experiments.kinds.next_users import NEXT_USERS
from graphcascade.experiments.kinds.norms import NORMS
from graphcascade.experiments.kinds.popularity import POPULARITY
from graphcascade.experiments.kinds.popularity_row import PopularityRow
from graphcascade.experiments.kinds.ranking import RANKING
from graphcascade.experiments.kinds.ranking_convergence import RANKING_CONVERGENCE
from graphcascade.experiments.kinds.ranking_row import RankingRow
from graphcascade.experiments.kinds.social_links import SOCIAL_LINKS, SocialLinksRow
from graphcascade.experiments.kinds.source_map import SOURCE_MAP, SourceMapRow
from graphcascade.experiments.kinds.sources import SOURCES
from graphcascade.experiments.kinds.statistics import STATISTICS

__all__ = [
    "CASCADES",
    "CASCADE_SIZES",
    "COOCCURRENCE",
    "EVENTS",
    "NETWORK_RECOVERY",
    "NEW_USERS",
    "NEXT_USERS",
    "NORMS",
    "POPULARITY",
    "RANKING",
    "RANKING_CONVERGENCE",
    "SOCIAL_LINKS",
    "SOURCES",
    "SOURCE_MAP",
    "STATISTICS",
    "CascadeSizeRow",
    "CascadesRow",
    "EventsRow",
    "NetworkRecoveryRow",
    "PopularityRow",
    "RankingRow",
    "SocialLinksRow",
    "SourceMapRow",
]
