"""Simulation of random networks, of cascades on weighted graphs, of networks of retweets, and of posts."""

from graphcascade.simulate.cascades import simulate_cascades
from graphcascade.simulate.cyan_sets import cyan_cascades
from graphcascade.simulate.kronecker import CORE_PERIPHERY, HIERARCHICAL, RANDOM, kronecker_graph
from graphcascade.simulate.post_arrays import POST_PRESETS
from graphcascade.simulate.post_images import write_post_images
from graphcascade.simulate.posts import simulate_posts
from graphcascade.simulate.retweets import PRESETS, simulate_retweets, true_scores
from graphcascade.simulate.time_unit import with_time_unit
from graphcascade.simulate.tweet_images import write_tweet_images

__all__ = [
    "CORE_PERIPHERY",
    "HIERARCHICAL",
    "POST_PRESETS",
    "PRESETS",
    "RANDOM",
    "cyan_cascades",
    "kronecker_graph",
    "simulate_cascades",
    "simulate_posts",
    "simulate_retweets",
    "true_scores",
    "with_time_unit",
    "write_post_images",
    "write_tweet_images",
]
