"""Models that predict the popularity of posts, and their base classes."""

from graphcascade.models.popularity.popularity_model import PopularityModel, stream_sizes
from graphcascade.models.popularity.window_model import WindowModel

__all__ = ["PopularityModel", "WindowModel", "stream_sizes"]
