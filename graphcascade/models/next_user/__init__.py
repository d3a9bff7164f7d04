"""Base classes and shared parts of models that predict the next infected user."""

from graphcascade.models.next_user.counting_model import CountingModel
from graphcascade.models.next_user.encoding import Encoding
from graphcascade.models.next_user.influence_model import InfluenceModel
from graphcascade.models.next_user.next_events import NextEvents
from graphcascade.models.next_user.next_user_model import Cache, NextUserModel
from graphcascade.models.next_user.next_user_predictor import AttributionKind, NextUserPredictor
from graphcascade.models.next_user.scoring_model import ScoringModel

__all__ = [
    "AttributionKind",
    "Cache",
    "CountingModel",
    "Encoding",
    "InfluenceModel",
    "NextEvents",
    "NextUserModel",
    "NextUserPredictor",
    "ScoringModel",
]
