"""Functions that analyse data and models and return tables or graphs; :mod:`graphcascade.report` draws them."""

from graphcascade.analysis.closest_users import closest_users
from graphcascade.analysis.cooccurrence import cooccurrence_by_distance
from graphcascade.analysis.describe_chance import compare_chance_tests, describe_chance
from graphcascade.analysis.edge_report import EdgeReport, edge_report, link_scores
from graphcascade.analysis.infer_network import count_links, infer_network, keep_links
from graphcascade.analysis.infer_parents import infer_parents, parent_accuracy
from graphcascade.analysis.influence_maximization import influence_maximization
from graphcascade.analysis.link_evidence import link_evidence
from graphcascade.analysis.permutation_check import PermutationCheck, permutation_check
from graphcascade.analysis.position_norms import position_norms
from graphcascade.analysis.rank_users import rank_users
from graphcascade.analysis.seed_set import SeedSet
from graphcascade.analysis.select_links import select_links
from graphcascade.analysis.shuffle_users import shuffle_users
from graphcascade.analysis.social_links import SocialLinks, predict_social_links
from graphcascade.analysis.source_map import source_map

__all__ = [
    "EdgeReport",
    "PermutationCheck",
    "SeedSet",
    "SocialLinks",
    "closest_users",
    "compare_chance_tests",
    "cooccurrence_by_distance",
    "count_links",
    "describe_chance",
    "edge_report",
    "infer_network",
    "infer_parents",
    "influence_maximization",
    "keep_links",
    "link_evidence",
    "link_scores",
    "parent_accuracy",
    "permutation_check",
    "position_norms",
    "predict_social_links",
    "rank_users",
    "select_links",
    "shuffle_users",
    "source_map",
]
