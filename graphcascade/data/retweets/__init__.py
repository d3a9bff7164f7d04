"""Networks of users and the image tweets that they retweet; :mod:`graphcascade.data` exports the same names."""

from graphcascade.data.retweets.check import check_retweets
from graphcascade.data.retweets.raw_retweets import RawRetweets
from graphcascade.data.retweets.retweet_network import RetweetNetwork
from graphcascade.data.retweets.retweet_repairs import RetweetRepairs

__all__ = ["RawRetweets", "RetweetNetwork", "RetweetRepairs", "check_retweets"]
