from __future__ import annotations

from typing import Any

from graphcascade.analysis import closest_users, position_norms, predict_social_links
from graphcascade.errors import UsageError
from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.training import choose, final_parts, input_key, trained
from graphcascade.models import NDM, NextUserModel

__all__ = ["measure_norms", "measure_social_links"]


def measure_norms(case: Case) -> Measured:
    """Norms of NDM's position matrices (NDM paper, Section 5.7, Table 4)."""

    def read(model: Any) -> dict[str, float]:
        if not isinstance(model, NDM):
            raise UsageError(f"{case.row.name}: only NDM has matrices of positions.")
        found = position_norms(model)
        return {f"W_{name}": norm for name, norm in zip(found["matrix"], found["norm"], strict=True)} | {
            f"W_{name} squared": square for name, square in zip(found["matrix"], found["squared"], strict=True)
        }

    return _read(case, "norms", "training cascades, all", read)


def measure_social_links(case: Case) -> Measured:
    """How often the user who is closest to another one follows them (NDM paper, Section 5.4, Fig. 5)."""
    graph = case.dataset.follow_graph
    if graph is None:
        raise UsageError(f"{case.name} has no follow graph.")

    def read(model: Any) -> dict[str, float]:
        closest = closest_users(model, case.row.by) if isinstance(model, NextUserModel) else model.graph
        found = predict_social_links(closest, graph)
        return {"accuracy": found.accuracy, "random guess": found.random, "users": float(found.users)}

    return _read(case, f"links by {case.row.by}", "closest user of each user in the training", read)


def _read(case: Case, what: str, protocol: str, read: Any) -> Measured:
    """What the row's model shows once it is trained."""
    choice = choose(case)
    train, _ = final_parts(case.dataset)
    assert train.split is not None
    found = case.runs.get(
        {
            "read": what,
            "train": train.split.digest,
            "model": case.row.model,
            "arguments": choice.arguments,
            **input_key(case.row),
            "trainer": choice.trainer,
            "epochs": choice.epochs,
            "seed": case.seed,
        },
        lambda: {"figures": read(trained(case, train, choice.arguments, choice.trainer, choice.epochs, case.seed))},
    )
    return Measured(found["figures"], protocol, choice.words, found["seconds"], found["code"])
