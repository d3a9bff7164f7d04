"""Models, by task."""

from graphcascade.models.diffusion import DiffusionModel, EmbeddedIC, Infopath, Netrate
from graphcascade.models.make import make_model
from graphcascade.models.next_user import (
    CYANRNN,
    LSTM,
    NDM,
    RMTPP,
    RNN,
    CTBernoulli,
    CTJaccard,
    DeepDiffuse,
    HiDAN,
    Markov,
    NextUserModel,
    Popularity,
    RecentUsers,
    SourceCooccurrence,
    TrueHazards,
)
from graphcascade.models.point_process import HawkesProcess, PoissonProcess
from graphcascade.models.registry import MODELS
from graphcascade.models.storage import load_model, save_model

__all__ = [
    "CYANRNN",
    "LSTM",
    "MODELS",
    "NDM",
    "RMTPP",
    "RNN",
    "CTBernoulli",
    "CTJaccard",
    "DeepDiffuse",
    "DiffusionModel",
    "EmbeddedIC",
    "HawkesProcess",
    "HiDAN",
    "Infopath",
    "Markov",
    "Netrate",
    "NextUserModel",
    "PoissonProcess",
    "Popularity",
    "RecentUsers",
    "SourceCooccurrence",
    "TrueHazards",
    "load_model",
    "make_model",
    "save_model",
]
