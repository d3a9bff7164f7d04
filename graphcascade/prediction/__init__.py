"""What trained models predict: next users, cascades and their sizes, tweets for users, and popularity of posts."""

from graphcascade.prediction.cascade_sizes import predict_cascade_sizes
from graphcascade.prediction.diffusion_rollouts import simulate_diffusion
from graphcascade.prediction.next_users import predict_next_users
from graphcascade.prediction.popularity import explain_popularity, predict_popularity
from graphcascade.prediction.recommendations import recommend_tweets
from graphcascade.prediction.rollouts import Rollouts, simulate_rollouts
from graphcascade.prediction.simulate_model import SimulationSettings, simulate_model

__all__ = [
    "Rollouts",
    "SimulationSettings",
    "explain_popularity",
    "predict_cascade_sizes",
    "predict_next_users",
    "predict_popularity",
    "recommend_tweets",
    "simulate_diffusion",
    "simulate_model",
    "simulate_rollouts",
]
