"""Models that predict the next infected user."""

from graphcascade.models.next_user.counting_model import CountingModel
from graphcascade.models.next_user.ct_bernoulli import CTBernoulli
from graphcascade.models.next_user.ct_jaccard import CTJaccard
from graphcascade.models.next_user.cyan_rnn import CYANRNN
from graphcascade.models.next_user.deep_diffuse import DeepDiffuse
from graphcascade.models.next_user.encoding import Encoding
from graphcascade.models.next_user.hidan import HiDAN
from graphcascade.models.next_user.influence_model import InfluenceModel
from graphcascade.models.next_user.lstm import LSTM
from graphcascade.models.next_user.markov import Markov
from graphcascade.models.next_user.ndm import NDM
from graphcascade.models.next_user.next_events import NextEvents
from graphcascade.models.next_user.next_user_model import AttributionKind, Cache, NextUserModel
from graphcascade.models.next_user.popularity import Popularity
from graphcascade.models.next_user.recent_users import RecentUsers
from graphcascade.models.next_user.rmtpp import RMTPP
from graphcascade.models.next_user.rnn import RNN
from graphcascade.models.next_user.scoring_model import ScoringModel
from graphcascade.models.next_user.source_cooccurrence import SourceCooccurrence
from graphcascade.models.next_user.true_hazards import TrueHazards

__all__ = [
    "CYANRNN",
    "LSTM",
    "NDM",
    "RMTPP",
    "RNN",
    "AttributionKind",
    "CTBernoulli",
    "CTJaccard",
    "Cache",
    "CountingModel",
    "DeepDiffuse",
    "Encoding",
    "HiDAN",
    "InfluenceModel",
    "Markov",
    "NextEvents",
    "NextUserModel",
    "Popularity",
    "RecentUsers",
    "ScoringModel",
    "SourceCooccurrence",
    "TrueHazards",
]
