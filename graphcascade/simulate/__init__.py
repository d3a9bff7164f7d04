"""Simulation of random networks, of cascades on weighted graphs, and of networks of retweets."""

from graphcascade.simulate.cascades import simulate_cascades
from graphcascade.simulate.cyan_sets import cyan_cascades
from graphcascade.simulate.kronecker import CORE_PERIPHERY, RANDOM, kronecker_graph
from graphcascade.simulate.retweets import PRESETS, simulate_retweets, true_scores
from graphcascade.simulate.time_unit import with_time_unit
from graphcascade.simulate.tweet_images import write_tweet_images

__all__ = [
    "CORE_PERIPHERY",
    "PRESETS",
    "RANDOM",
    "cyan_cascades",
    "kronecker_graph",
    "simulate_cascades",
    "simulate_retweets",
    "true_scores",
    "with_time_unit",
    "write_tweet_images",
]
