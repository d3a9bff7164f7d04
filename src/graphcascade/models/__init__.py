"""Models, by task."""

from graphcascade.models.diffusion import DiffusionModel, EmbeddedIC, Infopath, Netrate
from graphcascade.models.next_user import (
    LSTM,
    NDM,
    RNN,
    Markov,
    NextUserModel,
    Popularity,
    SourceCooccurrence,
    TrueHazards,
)
from graphcascade.models.registry import MODELS
from graphcascade.models.storage import load_model, save_model

__all__ = [
    "LSTM",
    "MODELS",
    "NDM",
    "RNN",
    "DiffusionModel",
    "EmbeddedIC",
    "Infopath",
    "Markov",
    "Netrate",
    "NextUserModel",
    "Popularity",
    "SourceCooccurrence",
    "TrueHazards",
    "load_model",
    "save_model",
]
