"""Figures of predicted popularity, as the DSN paper measures them."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial
from typing import Any

import torch

from graphcascade.data import PostStream
from graphcascade.data.posts.schema import POST
from graphcascade.errors import UsageError
from graphcascade.evaluation import PopularityProtocol, evaluate_popularity
from graphcascade.experiments.best_candidate import fit_best_candidate
from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.experiment import Experiment
from graphcascade.experiments.kind import ExperimentKind, register_kind
from graphcascade.experiments.kinds.popularity_pictures import draw_attention, draw_ratios
from graphcascade.experiments.kinds.popularity_row import REFERENCES, PopularityRow
from graphcascade.experiments.open_data import open_posts
from graphcascade.features import add_image_features, add_text_features, load_image_encoder, load_text_encoder
from graphcascade.models import find_model
from graphcascade.models.popularity import PopularityModel, WindowModel
from graphcascade.options import PopularityOptions
from graphcascade.tasks import PopularityTask
from graphcascade.transforms import ExchangeParents

__all__ = ["POPULARITY", "PopularityCase", "measure_popularity_row"]

METRICS = ("MAE", "SRC", "RMSE")
NEW_USERS, WITHOUT_UID, ERROR = "new users", "without Uid", "standard error of MAE"
PopularityCase = Case[PopularityRow, PostStream]


def measure_popularity_row(case: PopularityCase) -> Measured:
    """Measures errors and rank correlations of predicted labels (DSN paper, Section 4.1).

    Figures are those of all test posts ("MAE"), those of users unseen in training ("MAE, new users"), and those of all
    test posts if the model is not told who published them ("MAE, without Uid"). The settings of a row are those of the
    lowest MAE on the validation part of the same split. "standard error of MAE" is that of the bootstrap over users.
    """
    row = case.row
    stream = case.dataset
    if row.image_encoder is not None:
        encoder = load_image_encoder(row.image_encoder)
        stream = add_image_features(stream, encoder, None, "placeholder", progress=case.progress)
    if row.text_encoder is not None:
        stream = add_text_features(stream, load_text_encoder(row.text_encoder), None, progress=case.progress)
    if row.exchange_parents:
        stream = ExchangeParents(case.seed)(stream)
    train, val, test = stream.splits()
    protocol = PopularityProtocol(labels=row.labels)
    run = case.run("popularity", test, asdict(protocol), partial(_measure, case, protocol, train, val, test))
    words = f"{protocol}, chronological split"
    return Measured(run["figures"], words, run["chosen"], run["seconds"], run["code"], run["details"])


def _list_metrics(experiment: Experiment) -> list[str]:
    """Returns the names of the figures of all rows."""
    return [*METRICS, *(f"{name}, {group}" for group in (NEW_USERS, WITHOUT_UID) for name in METRICS), ERROR]


def _measure(
    case: PopularityCase, protocol: PopularityProtocol, train: PostStream, val: PostStream, test: PostStream
) -> dict[str, Any]:
    best, chosen = fit_best_candidate(
        case,
        lambda candidate: _fit(candidate, train, val),
        lambda model: evaluate_popularity(model, val, protocol, case.seed)["MAE"],
        "MAE {:.3f}",
        lower_is_better=True,
    )
    result = evaluate_popularity(best, test, protocol, case.seed)
    hidden = evaluate_popularity(best, test, replace(protocol, known_users=False), case.seed)
    figures = {name: result[name] for name in METRICS}
    if (result.metrics["targets"] == NEW_USERS).any():
        figures |= {f"{name}, {NEW_USERS}": result.value(name, targets=NEW_USERS) for name in METRICS}
    figures |= {f"{name}, {WITHOUT_UID}": hidden[name] for name in METRICS}
    figures[ERROR] = result.error("MAE")
    details = {"arguments": case.row.arguments, "example": _example(best, test)}
    return {"figures": figures, "chosen": chosen, "details": details}


def _fit(case: PopularityCase, train: PostStream, val: PostStream) -> PopularityModel:
    row, task = case.row, PopularityTask()
    if row.model in REFERENCES:
        return REFERENCES[row.model].of(train).fit(train)
    kind = find_model(row.model or "")
    if not issubclass(kind, PopularityModel):  # checked when the file is read
        raise UsageError(f"{row.model} does not predict popularity.")
    model = task.make(kind, train, row.arguments, PopularityOptions(), case.seed)
    return task.fit(model, train, val, task.trainer(PopularityOptions(), case.seed, case.progress, **row.trainer))


def _example(model: PopularityModel, test: PostStream) -> dict[str, Any] | None:
    """Returns the window of a test post with the weights of its earlier posts, for a picture (Fig. 4).

    It is the middle one of the test posts with an earlier post of the same category and one of another; ``None`` if
    the model weighs no posts.
    """
    if not isinstance(model, WindowModel) or model.length < 3:
        return None
    targets, category = test.targets, test.category
    steps = torch.arange(1 - model.length, 0)
    targets = targets[targets + steps[0] >= 0]
    same = category[targets[:, None] + steps] == category[targets, None]
    mixed = targets[same.any(1) & ~same.all(1)]
    if mixed.numel() == 0:
        return None
    chosen = mixed[mixed.numel() // 2].view(1)
    weights = model.earlier_weights(test, chosen)
    if weights is None:
        return None
    weight, window = weights[0].tolist(), (chosen + torch.arange(1 - model.length, 1)).tolist()
    names, ancestors = test.category_ids, test.ancestors
    image = test[POST].get("image")
    return {
        "weight": weight,
        "label": test.y[window].tolist(),
        "prediction": float(model.predict(test, chosen)[0]),
        "category": [
            [] if category[post] < 0 else [str(names[each]) for each in ancestors[category[post]].tolist() if each >= 0]
            for post in window
        ],
        "image": ["" if image is None else str(image[post]) for post in window],
    }


POPULARITY = register_kind(
    ExperimentKind(
        "popularity",
        PopularityRow,
        measure_popularity_row,
        pictures={"ratios": draw_ratios, "attention": draw_attention},
        settings=frozenset({"simulated"}),
        fixed_settings=frozenset({"protocol"}),
        models=(PopularityModel,),
        metrics=_list_metrics,
        open=open_posts,
        reads_folders=True,
    )
)
