"""What models and data reveal: functions that return data; :mod:`graphcascade.report` draws them."""

from graphcascade.analysis.closest_users import closest_users
from graphcascade.analysis.cooccurrence import cooccurrence_by_distance
from graphcascade.analysis.position_norms import position_norms
from graphcascade.analysis.social_links import SocialLinks, predict_social_links

__all__ = [
    "SocialLinks",
    "closest_users",
    "cooccurrence_by_distance",
    "position_norms",
    "predict_social_links",
]
