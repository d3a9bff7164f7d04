"""Models that predict the popularity of posts, and their base classes."""

from graphcascade.models.popularity.content_model import ContentModel
from graphcascade.models.popularity.fittable_popularity_model import FittablePopularityModel
from graphcascade.models.popularity.popularity_counter import PopularityCounter
from graphcascade.models.popularity.popularity_model import PopularityModel, stream_sizes
from graphcascade.models.popularity.true_mean import TrueMean
from graphcascade.models.popularity.window_model import WindowModel

__all__ = [
    "ContentModel",
    "FittablePopularityModel",
    "PopularityCounter",
    "PopularityModel",
    "TrueMean",
    "WindowModel",
    "stream_sizes",
]
