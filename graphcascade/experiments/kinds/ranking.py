"""Figures of ranked tweets, as the AMNL paper measures them."""

from __future__ import annotations

import itertools
from dataclasses import asdict, replace
from functools import partial
from statistics import mean
from typing import Any

from graphcascade.data import RetweetNetwork
from graphcascade.evaluation import RankingProtocol, evaluate_ranking
from graphcascade.experiments.best_candidate import fit_best_candidate
from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.experiment import Experiment
from graphcascade.experiments.kind import ExperimentKind, register_kind
from graphcascade.experiments.kinds.ranking_row import REFERENCES, RankingRow
from graphcascade.experiments.open_data import open_retweets
from graphcascade.loader import RankingCandidates, draw_candidates
from graphcascade.metrics import PrecisionAtK, UserAUC
from graphcascade.models import find_model
from graphcascade.models.ranking import RankingModel
from graphcascade.options import RankingOptions
from graphcascade.tasks import RankingTask
from graphcascade.trainers import RankingTrainer

__all__ = ["RANKING", "RankingCase", "make_ranking_model", "make_ranking_trainer", "measure_ranking"]

METRICS = ("Precision@1", "Precision@3", "AUC")
RankingCase = Case[RankingRow, RetweetNetwork]


def measure_ranking(case: RankingCase) -> Measured:
    """Measures Precision@1, Precision@3 and AUC of held-out retweets among other tweets (AMNL paper, Section 3.3).

    The names of figures have the share of the training retweets ("AUC, 60 %") and the candidates ("AUC, exposed") where
    a row has several. The settings of a row are those of the best AUC on the validation part of the same split.
    """
    row = case.row
    figures: dict[str, float] = {}
    places: dict[str, list[str]] = {}
    chosen, runs = [], []
    for share, candidates in itertools.product(row.train_shares, row.candidate_sets):
        endings = _endings(row, share, candidates)
        place = ", ".join(endings)
        single = replace(case, row=replace(row, train_shares=[share], candidate_sets=[candidates]))
        train, val, test = case.dataset.splits(share)
        protocol = RankingProtocol(candidates=candidates)
        run = single.run("ranking", test, asdict(protocol), partial(_measure, single, protocol, train, val, test))
        figures |= {", ".join([name, *endings]): value for name, value in run["figures"].items()}
        places.setdefault(run["words"], []).append(place)
        chosen += [f"{place}: {run['chosen']}" if place else run["chosen"]] if run["chosen"] else []
        runs.append(run)
    seconds, code = mean(run["seconds"] for run in runs), max(run["code"] for run in runs)
    words = [text if len(places) == 1 else f"{' and '.join(where)}: {text}" for text, where in places.items()]
    return Measured(figures, "; ".join(words), "; ".join(chosen), seconds, code)


def _endings(row: RankingRow, share: float, candidates: str) -> list[str]:
    return [f"{100 * share:g} %"] * (len(row.train_shares) > 1) + [candidates] * (len(row.candidate_sets) > 1)


def _list_metrics(experiment: Experiment) -> list[str]:
    """Returns the names of the figures of all rows."""
    names: dict[str, None] = {}
    for row in experiment.rows:
        assert isinstance(row, RankingRow)
        for share, candidates in itertools.product(row.train_shares, row.candidate_sets):
            names |= dict.fromkeys(", ".join([name, *_endings(row, share, candidates)]) for name in METRICS)
    return list(names)


def _measure(
    case: RankingCase, protocol: RankingProtocol, train: RetweetNetwork, val: RetweetNetwork, test: RetweetNetwork
) -> dict[str, Any]:
    row = case.row
    if row.model is None:
        drawn = draw_candidates(test, row.candidate_sets[0], protocol.num_negatives, protocol.seed)
        return {"figures": _perfect_figures(drawn), "words": _describe(drawn), "chosen": ""}
    best, chosen = fit_best_candidate(
        case,
        lambda candidate: _fit(candidate, protocol, train, val),
        lambda model: evaluate_ranking(model, val, protocol, case.seed)["AUC"],
        "AUC {:.3f}",
    )
    result = evaluate_ranking(best, test, protocol, case.seed)
    assert test.split is not None
    words = f"{protocol}, {test.split.method} split"
    return {"figures": {name: result[name] for name in METRICS}, "words": words, "chosen": chosen}


def _perfect_figures(drawn: RankingCandidates) -> dict[str, float]:
    """The figures of a perfect order: users with a single retweet have a Precision@3 of 1/3 at most."""
    metrics = {"Precision@1": PrecisionAtK(1), "Precision@3": PrecisionAtK(3), "AUC": UserAUC()}
    for metric in metrics.values():
        metric.update(drawn.label.float(), drawn.label, drawn.user)
    return {name: float(metric.compute()) for name, metric in metrics.items()}


def _describe(drawn: RankingCandidates) -> str:
    counts = {
        "users without followees": drawn.users_without_followees,
        "users without negatives": drawn.users_without_negatives,
        "users whom no retweet reached through a followee": drawn.users_not_exposed,
    }
    left_out = ", ".join(f"{count:,} {noun}" for noun, count in counts.items() if count)
    text = f"{100 * drawn.positive_share:.1f} % of the candidates of {drawn.num_users:,} users are retweets"
    return f"{text} ({left_out} are left out)" if left_out else text


def _fit(case: RankingCase, protocol: RankingProtocol, train: RetweetNetwork, val: RetweetNetwork) -> RankingModel:
    return RankingTask().fit(make_ranking_model(case, train), train, val, make_ranking_trainer(case, protocol))


def make_ranking_model(case: RankingCase, network: RetweetNetwork) -> RankingModel:
    """Makes the model of a row, with weights that the seed decides.

    Raises:
        UsageError: An argument of the model is unknown or out of range; the data lack features that it needs.
    """
    row = case.row
    assert row.model is not None  # the row without a model has no model to make
    if row.model in REFERENCES:
        return REFERENCES[row.model](network.num_users, network.num_tweets)
    kind = find_model(row.model)
    assert issubclass(kind, RankingModel)  # checked when the file is read
    return RankingTask().make(kind, network, row.arguments, RankingOptions(), case.seed)


def make_ranking_trainer(case: RankingCase, protocol: RankingProtocol, **settings: Any) -> RankingTrainer:
    """Makes the trainer of a row.

    Args:
        case: The row.
        protocol: How to rank.
        settings: Settings of the trainer that take the place of the row's.

    Raises:
        UsageError: A setting is out of range.
    """
    settings = case.row.trainer | settings | {"protocol": protocol}
    return RankingTask().trainer(RankingOptions(), case.seed, case.progress, **settings)


RANKING = register_kind(
    ExperimentKind(
        "ranking",
        RankingRow,
        measure_ranking,
        settings=frozenset({"simulated"}),
        fixed_settings=frozenset({"protocol"}),
        models=(RankingModel,),
        metrics=_list_metrics,
        open=open_retweets,
        reads_folders=True,
    )
)
