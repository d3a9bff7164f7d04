from __future__ import annotations

import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor

from graphcascade.data import Cascade, CascadeDataset
from graphcascade.report import Picture, Section, example_cascade, plot_cascade
from graphcascade.workflows.sections.part import Part
from graphcascade.workflows.study import Study

__all__ = ["draw_tree"]

SURE = 0.5  # probability from which on a parent counts as likely


def draw_tree(study: Study) -> Part:
    """Returns the section with the tree of one cascade: who infected whom, beside the truth if it is known."""
    dataset = study.network_cascades
    number = example_cascade(dataset)
    single = dataset.index_select([number])
    cascade = single[0]
    assert isinstance(cascade, Cascade)
    probability = parent_probabilities(study, single)
    best, parent = probability.max(dim=1)
    known = best > 0
    place = torch.arange(parent.numel())
    parent = torch.where(known, parent, place)
    known_parent = cascade.get("parent")
    inferred = cascade.clone()
    inferred.parent = parent
    ids, size = dataset.user_ids, single.table.num_events
    height = max(3.2, 0.9 + 0.24 * size)
    pictures = []
    likely, found = int((best >= SURE).sum()), int(known[1:].sum())
    caption = (
        f"Lines lead to the user from whom each one was most likely infected: for {found} of {size - 1} users there is "
        f"such a user in the inferred network, and for {likely} of them the probability is at least {SURE:.0%}."
    )
    figure = Figure(figsize=(4.2, height), layout="constrained")
    ax = figure.subplots()
    plot_cascade(inferred, ax, ids, dataset.time_unit, certainty=best)
    ax.set_title("Inferred tree")
    pictures.append(Picture(figure, caption, "Tree of one cascade over time, inferred"))
    if known_parent is not None:
        right = int((parent == known_parent)[1:].sum())
        figure = Figure(figsize=(4.2, height), layout="constrained")
        ax = figure.subplots()
        plot_cascade(cascade, ax, ids, dataset.time_unit)
        ax.set_title("True tree")
        text = f"The data say who infected whom: the inferred tree is right for {right} of {size - 1} users."
        pictures.append(Picture(figure, text, "Tree of one cascade over time, as it is in the data"))
    table = pd.DataFrame(
        {
            "user": ids[single.table.user.numpy()],
            "time": single.table.time.numpy(),
            "infected by": [
                ids[int(single.table.user[one])] if ok else "" for one, ok in zip(parent, known, strict=True)
            ],
            "probability": [float(value) if ok else float("nan") for value, ok in zip(best, known, strict=True)],
        }
    )
    item = dataset.item_ids[int(cascade.item)]
    lead = f"A cascade of usual length, {item}: who took it up when, and from whom." if size > 1 else "One cascade."
    return Part(
        Section("One cascade", lead, [*pictures]),
        {"tree": table},
        {"tree": {"item": str(item), "users": size, "with a parent": found, "likely": likely}},
    )


def parent_probabilities(study: Study, single: CascadeDataset) -> Tensor:
    """Returns the probability that each user of a cascade was infected by each other one, ``[n, n]``, by row."""
    user, model = single.table.user, study.diffusion
    place = torch.full((single.num_users,), -1)
    place[user] = torch.arange(user.numel())
    source, target = (place[end] for end in model.edge_index)
    inside = (source >= 0) & (target >= 0)
    result = torch.zeros(user.numel(), user.numel(), dtype=torch.float64)
    result[target[inside], source[inside]] = model.expected_transmissions(single)[inside]
    return result
