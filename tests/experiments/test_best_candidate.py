from __future__ import annotations

from types import SimpleNamespace

from graphcascade.experiments.best_candidate import fit_best_candidate
from graphcascade.experiments.case import Case
from graphcascade.experiments.kinds.ranking_row import RankingRow


def make_case(**settings) -> Case:
    names = dict.fromkeys(Case.__dataclass_fields__)
    return Case(**{**names, "row": RankingRow(name="factors", model="BPRMF", **settings)})


def fit(case: Case) -> SimpleNamespace:
    return SimpleNamespace(dim=case.row.arguments["dim"])


def test_the_candidate_with_the_highest_score_is_chosen_and_described() -> None:
    scores = {8: 0.5, 16: 0.75, 32: 0.75}
    model, chosen = fit_best_candidate(
        make_case(choose={"dim": [8, 16, 32]}), fit, lambda model: scores[model.dim], "AUC {:.3f}"
    )
    assert model.dim == 16
    assert chosen == "dim=16 (best of 3 on the validation of the same split, AUC 0.750)"


def test_a_single_candidate_is_not_scored() -> None:
    def score(model: SimpleNamespace) -> float:
        raise AssertionError

    model, chosen = fit_best_candidate(make_case(arguments={"dim": 8}), fit, score, "{}")
    assert (model.dim, chosen) == (8, "")
