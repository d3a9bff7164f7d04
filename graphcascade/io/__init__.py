"""Reading and writing of cascades, networks of retweets, streams of posts, tables and graphs."""

from graphcascade.io.atomic import atomic_path, check_output
from graphcascade.io.deephawkes import read_deephawkes
from graphcascade.io.deephawkes_sample import read_deephawkes_sample
from graphcascade.io.edges import check_graph_file, read_follow_graph, read_graph, write_graph
from graphcascade.io.hidan import read_hidan
from graphcascade.io.log import read_log
from graphcascade.io.mshgat import read_mshgat
from graphcascade.io.ndm import read_ndm
from graphcascade.io.netinf import read_netinf
from graphcascade.io.networkx_graphs import to_networkx
from graphcascade.io.pandas_frames import from_pandas, to_pandas
from graphcascade.io.post_reader import read_posts
from graphcascade.io.post_writer import write_posts
from graphcascade.io.prepare import prepare_cascades
from graphcascade.io.prepared_folder import open_prepared
from graphcascade.io.read import FORMATS, guess_format, read_cascades
from graphcascade.io.retweet_reader import read_retweets
from graphcascade.io.retweet_writer import write_retweets
from graphcascade.io.smpd_reader import read_smpd
from graphcascade.io.storage import load_manifest, load_table, read_tensors, save_table, write_tensors
from graphcascade.io.topolstm import read_topolstm
from graphcascade.io.write import output_format, write_cascades, write_csv, write_ndm

__all__ = [
    "FORMATS",
    "atomic_path",
    "check_graph_file",
    "check_output",
    "from_pandas",
    "guess_format",
    "load_manifest",
    "load_table",
    "open_prepared",
    "output_format",
    "prepare_cascades",
    "read_cascades",
    "read_deephawkes",
    "read_deephawkes_sample",
    "read_follow_graph",
    "read_graph",
    "read_hidan",
    "read_log",
    "read_mshgat",
    "read_ndm",
    "read_netinf",
    "read_posts",
    "read_retweets",
    "read_smpd",
    "read_tensors",
    "read_topolstm",
    "save_table",
    "to_networkx",
    "to_pandas",
    "write_cascades",
    "write_csv",
    "write_graph",
    "write_ndm",
    "write_posts",
    "write_retweets",
    "write_tensors",
]
