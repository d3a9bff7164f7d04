from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import torch
from matplotlib.figure import Figure

from graphcascade.analysis import source_map
from graphcascade.data import head_sources
from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.fitting import fit_model
from graphcascade.experiments.kind import Details, ExperimentKind, register_kind
from graphcascade.experiments.kinds.next_users import split_protocol
from graphcascade.experiments.kinds.panels import make_panels
from graphcascade.experiments.model_row import ModelRow
from graphcascade.models.next_user import NextUserModel
from graphcascade.nn import SourceFusion
from graphcascade.report import plot_source_map, plot_sources

__all__ = ["SOURCE_MAP", "SourceMapRow", "draw_source_map", "measure_source_map"]


@dataclass(frozen=True, kw_only=True)
class SourceMapRow(ModelRow):
    """A row that shows what a model has learned about the sources."""

    model: str = field()


def measure_source_map(case: Case[SourceMapRow]) -> Measured:
    """Maps the sources by what a model with source fusion has learned, and measures its attention to them.

    The attention is the mean over the events of the training cascades of the attention to the cascade's source, for
    head and tail sources.
    """
    rules = split_protocol(case.experiment, case.dataset.num_users)
    train, val, _ = rules.prepare(case.dataset, seed=case.seed)

    def measure() -> dict[str, Any]:
        model = fit_model(case, train, val, protocol=rules)
        assert isinstance(model, NextUserModel)  # checked when the file is read
        frame = source_map(model, train)
        figures = dict(zip(("explained 1", "explained 2"), frame.attrs["explained"], strict=True))
        if isinstance(model.embedding, SourceFusion) and model.embedding.bilinear is not None:
            table = train.table
            source = table.user[table.ptr[:-1]]
            share = _attention(model.embedding, table.user, source.repeat_interleave(table.size))
            is_head = head_sources(train)[source].repeat_interleave(table.size)
            figures["attention head"] = float(share[is_head].mean())
            figures["attention tail"] = float(share[~is_head].mean())
        return {"figures": figures, "map": frame.to_dict("list"), "explained": frame.attrs["explained"]}

    protocol = "training cascades"
    run = case.run("source map", train, {}, measure)
    details = {"map": run["map"], "explained": run["explained"]}
    return Measured(run["figures"], protocol, "", run["seconds"], run["code"], details)


@torch.no_grad()
def _attention(fusion: SourceFusion, user: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
    return fusion.attention(user, source)


def draw_source_map(figures: pd.DataFrame, title: str, details: Details) -> Figure:
    """Draws what models have learned about the sources, and the long tail of the sources."""
    figure, axes = make_panels(len(details) + 1, 4.6)
    for ax, (row, entry) in zip(axes, details.items(), strict=False):
        frame = pd.DataFrame(entry["map"])
        frame.attrs["explained"] = entry["explained"]
        plot_source_map(frame, ax, title=row)
    plot_sources(torch.tensor(frame["cascades"].to_numpy()), axes[-1])
    figure.suptitle(title, fontsize=11)
    return figure


SOURCE_MAP = register_kind(
    ExperimentKind(
        "source map",
        SourceMapRow,
        measure_source_map,
        draw_source_map,
        settings=frozenset({"split"}),
        fixed_settings=frozenset({"protocol"}),
        models=(NextUserModel,),
        metrics=lambda _: ("explained 1", "explained 2", "attention head", "attention tail"),
    )
)
