"""Published and simulated datasets, one file per dataset."""

from graphcascade.datasets.android import Android
from graphcascade.datasets.catalogue import list_datasets, load_dataset, load_posts, load_retweets
from graphcascade.datasets.christianity import Christianity
from graphcascade.datasets.cyan_synthetic import CYANSynthetic
from graphcascade.datasets.douban import Douban
from graphcascade.datasets.flickr_favourites import FlickrFavourites
from graphcascade.datasets.forest_memetracker import ForestMemetracker
from graphcascade.datasets.forest_twitter import ForestTwitter
from graphcascade.datasets.hidan_twitter import HiDANTwitter
from graphcascade.datasets.hidan_weibo import HiDANWeibo
from graphcascade.datasets.irvine import Irvine
from graphcascade.datasets.kronecker_synthetic import KroneckerSynthetic
from graphcascade.datasets.lastfm import Lastfm
from graphcascade.datasets.memetracker import Memetracker
from graphcascade.datasets.published_dataset import PublishedDataset
from graphcascade.datasets.published_files import PublishedFiles
from graphcascade.datasets.registry import DATASETS, POST_DATASETS, RETWEET_DATASETS
from graphcascade.datasets.remote_file import RemoteFile
from graphcascade.datasets.smp_video import SMPVideo
from graphcascade.datasets.smpd import SMPD
from graphcascade.datasets.synthetic_posts import SyntheticPosts
from graphcascade.datasets.synthetic_retweets import SyntheticRetweets
from graphcascade.datasets.topolstm_twitter import TopoLSTMTwitter
from graphcascade.datasets.weibo_deephawkes import WeiboDeepHawkes

__all__ = [
    "DATASETS",
    "POST_DATASETS",
    "RETWEET_DATASETS",
    "SMPD",
    "Android",
    "CYANSynthetic",
    "Christianity",
    "Douban",
    "FlickrFavourites",
    "ForestMemetracker",
    "ForestTwitter",
    "HiDANTwitter",
    "HiDANWeibo",
    "Irvine",
    "KroneckerSynthetic",
    "Lastfm",
    "Memetracker",
    "PublishedDataset",
    "PublishedFiles",
    "RemoteFile",
    "SMPVideo",
    "SyntheticPosts",
    "SyntheticRetweets",
    "TopoLSTMTwitter",
    "WeiboDeepHawkes",
    "list_datasets",
    "load_dataset",
    "load_posts",
    "load_retweets",
]
