"""Models, by task."""

from graphcascade.models.make import make_model
from graphcascade.models.next_user import (
    LSTM,
    NDM,
    RMTPP,
    RNN,
    Markov,
    NextUserModel,
    Popularity,
    SourceCooccurrence,
    TrueHazards,
)
from graphcascade.models.point_process import HawkesProcess, PoissonProcess
from graphcascade.models.registry import MODELS
from graphcascade.models.storage import load_model, save_model

__all__ = [
    "LSTM",
    "MODELS",
    "NDM",
    "RMTPP",
    "RNN",
    "HawkesProcess",
    "Markov",
    "NextUserModel",
    "PoissonProcess",
    "Popularity",
    "SourceCooccurrence",
    "TrueHazards",
    "load_model",
    "make_model",
    "save_model",
]
