"""All models, and functions that make, save and load them."""

from graphcascade.models.cascade_size.cascade_size_lstm import CascadeSizeLSTM
from graphcascade.models.cascade_size.cascade_size_rmtpp import CascadeSizeRMTPP
from graphcascade.models.cascade_size.cat_boost_cascade_size import CatBoostCascadeSize
from graphcascade.models.cascade_size.hawkes_cascade_size import HawkesCascadeSize
from graphcascade.models.cascade_size.linear_cascade_size import LinearCascadeSize
from graphcascade.models.cascade_size.mean_cascade_size import MeanCascadeSize
from graphcascade.models.diffusion import DiffusionModel
from graphcascade.models.diffusion.embedded_ic import EmbeddedIC
from graphcascade.models.diffusion.independent_cascade import IndependentCascade
from graphcascade.models.diffusion.infopath import Infopath
from graphcascade.models.diffusion.netrate import Netrate
from graphcascade.models.find import find_model
from graphcascade.models.make import make_model, make_model_for
from graphcascade.models.model import Model
from graphcascade.models.next_user import NextUserModel
from graphcascade.models.next_user.ct_bernoulli import CTBernoulli
from graphcascade.models.next_user.ct_jaccard import CTJaccard
from graphcascade.models.next_user.cyan_rnn import CYANRNN
from graphcascade.models.next_user.deep_diffuse import DeepDiffuse
from graphcascade.models.next_user.hidan import HiDAN
from graphcascade.models.next_user.lstm import LSTM
from graphcascade.models.next_user.markov import Markov
from graphcascade.models.next_user.ndm import NDM
from graphcascade.models.next_user.popularity import Popularity
from graphcascade.models.next_user.recent_users import RecentUsers
from graphcascade.models.next_user.rmtpp import RMTPP
from graphcascade.models.next_user.rnn import RNN
from graphcascade.models.next_user.source_cooccurrence import SourceCooccurrence
from graphcascade.models.next_user.true_hazards import TrueHazards
from graphcascade.models.point_process.hawkes import HawkesProcess
from graphcascade.models.point_process.poisson import PoissonProcess
from graphcascade.models.popularity.attention_mlp import AttentionMLP
from graphcascade.models.popularity.cat_boost_popularity import CatBoostPopularity
from graphcascade.models.popularity.category_mean import CategoryMean
from graphcascade.models.popularity.dsn import DSN
from graphcascade.models.popularity.dsn_cat_boost import DSNCatBoost
from graphcascade.models.popularity.dtcn import DTCN
from graphcascade.models.popularity.last_label import LastLabel
from graphcascade.models.popularity.mean_label import MeanLabel
from graphcascade.models.popularity.mlp import MLP
from graphcascade.models.popularity.multi_view import MultiView
from graphcascade.models.popularity.ridge_regression import RidgeRegression
from graphcascade.models.popularity.ttc_vlt import TTCVLT
from graphcascade.models.popularity.user_mean import UserMean
from graphcascade.models.ranking.ada_bpr import ADABPR
from graphcascade.models.ranking.amnl import AMNL
from graphcascade.models.ranking.bpr_mf import BPRMF
from graphcascade.models.ranking.citing import CITING
from graphcascade.models.ranking.co_retweets import CoRetweets
from graphcascade.models.ranking.followee_retweets import FolloweeRetweets
from graphcascade.models.ranking.rrfm import RRFM
from graphcascade.models.ranking.tweet_popularity import TweetPopularity
from graphcascade.models.ranking.tweet_recency import TweetRecency
from graphcascade.models.ranking.vbpr import VBPR
from graphcascade.models.registry import MODELS
from graphcascade.models.storage import load_model, save_model

__all__ = [
    "ADABPR",
    "AMNL",
    "BPRMF",
    "CITING",
    "CYANRNN",
    "DSN",
    "DTCN",
    "LSTM",
    "MLP",
    "MODELS",
    "NDM",
    "RMTPP",
    "RNN",
    "RRFM",
    "TTCVLT",
    "VBPR",
    "AttentionMLP",
    "CTBernoulli",
    "CTJaccard",
    "CascadeSizeLSTM",
    "CascadeSizeRMTPP",
    "CatBoostCascadeSize",
    "CatBoostPopularity",
    "CategoryMean",
    "CoRetweets",
    "DSNCatBoost",
    "DeepDiffuse",
    "DiffusionModel",
    "EmbeddedIC",
    "FolloweeRetweets",
    "HawkesCascadeSize",
    "HawkesProcess",
    "HiDAN",
    "IndependentCascade",
    "Infopath",
    "LastLabel",
    "LinearCascadeSize",
    "Markov",
    "MeanCascadeSize",
    "MeanLabel",
    "Model",
    "MultiView",
    "Netrate",
    "NextUserModel",
    "PoissonProcess",
    "Popularity",
    "RecentUsers",
    "RidgeRegression",
    "SourceCooccurrence",
    "TrueHazards",
    "TweetPopularity",
    "TweetRecency",
    "UserMean",
    "find_model",
    "load_model",
    "make_model",
    "make_model_for",
    "save_model",
]
