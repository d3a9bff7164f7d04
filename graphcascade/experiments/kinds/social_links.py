from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from graphcascade.analysis import closest_users, predict_social_links
from graphcascade.errors import UsageError
from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.choice import VALIDATION_SETTINGS, choose, fit_chosen, split_without_validation
from graphcascade.experiments.fitting import STAGE_SETTINGS
from graphcascade.experiments.kind import ExperimentKind, register_kind
from graphcascade.experiments.row import SELECTION
from graphcascade.experiments.simulated_row import SimulatedRow
from graphcascade.models import DiffusionModel, NextUserModel

__all__ = ["SOCIAL_LINKS", "SocialLinksRow", "measure_social_links"]

Similarity = Literal["embedding", "attention"]


@dataclass(frozen=True, kw_only=True)
class SocialLinksRow(SimulatedRow):
    """A row that predicts links of the follow graph from the closest users of a model.

    Args:
        similarity: How closeness is measured, see :func:`~graphcascade.analysis.closest_users`. A model that infers a
            network has its own network instead.
    """

    similarity: Similarity = field(default="embedding", metadata=SELECTION)


def measure_social_links(case: Case[SocialLinksRow]) -> Measured:
    """Measures how often the user who is closest to another one follows them (NDM paper, Section 5.4, Fig. 5)."""
    graph = case.dataset.follow_graph
    if graph is None:
        raise UsageError(f"{case.name} has no follow graph.")
    choice = choose(case)
    train, _ = split_without_validation(case.dataset)

    def measure() -> dict[str, Any]:
        model = fit_chosen(case, choice, train)
        if isinstance(model, NextUserModel):
            similarities: list[Similarity] = ["embedding", "attention"] if model.attends_to_users else ["embedding"]
            networks = {similarity: closest_users(model, similarity) for similarity in similarities}
        elif isinstance(model, DiffusionModel):
            networks = {"embedding": model.graph}
        else:
            raise UsageError(f"row {case.row.name!r}: {case.row.model} has no closest users and no network.")
        figures = {}
        for similarity, closest in networks.items():
            links = predict_social_links(closest, graph)
            figures[similarity] = {
                "accuracy": links.accuracy,
                "random guess": links.random,
                "users": float(links.users),
            }
        return {"figures": figures}

    protocol = "closest user of each user in the training"
    run = replace(case, row=choice.row).run("social links", train, {}, measure)
    if case.row.similarity not in run["figures"]:
        raise UsageError(f"row {case.row.name!r}: {case.row.model} has no attention between two users.")
    return Measured(run["figures"][case.row.similarity], protocol, choice.words, run["seconds"], run["code"])


SOCIAL_LINKS = register_kind(
    ExperimentKind(
        "social links",
        SocialLinksRow,
        measure_social_links,
        settings=VALIDATION_SETTINGS,
        fixed_settings=STAGE_SETTINGS,
        models=(NextUserModel, DiffusionModel),
        metrics=lambda _: ("accuracy", "random guess", "users"),
    )
)
