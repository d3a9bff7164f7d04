from __future__ import annotations

from dataclasses import replace

from graphcascade.evaluation import NextUserProtocol, evaluate, mean_figure
from graphcascade.models import TrueHazards
from graphcascade.report import PageTable, Picture, Section, draw_comparison
from graphcascade.workflows.sections.comparison_rows import comparison_rows, left_out_sentence
from graphcascade.workflows.sections.part import Part
from graphcascade.workflows.study import Study

__all__ = ["compare_next_user_models"]

HIT = "Hit@10"


def compare_next_user_models(study: Study) -> Part:
    """Returns the section that compares learned models with counting, and with the truth if it is known."""
    found = study.comparison
    table = found.table.copy()
    tested = table.dropna(subset="test")
    results = {name: each[0] for name, each in found.results.items()}
    truth = ""
    if study.dataset.true_graph is not None and study.dataset.table.delays is not None:
        protocol = results[found.best].protocol
        assert isinstance(protocol, NextUserProtocol)
        ceiling = evaluate(TrueHazards.from_dataset(study.dataset), study.parts.test, protocol, study.seed)
        results["TrueHazards"] = replace(ceiling, model="TrueHazards")
        figure = mean_figure([ceiling], found.metric)
        ends = {"test": figure.value, "error": figure.error, "lower": figure.lower, "upper": figure.upper}
        table.loc[len(table)] = {"model": "TrueHazards", "kind": "truth", "seeds": 1, **ends}
        truth = " TrueHazards uses the network that the cascades were simulated on; no model can do better on average."
    used = table.dropna(subset="test")
    shown = comparison_rows(used)
    if HIT in set(results[found.best].metrics["metric"]):  # not if there are only ten users
        shown[HIT] = [f"{results[name][HIT]:.4f}" for name in used["model"]]
        hit = f"; {HIT} is the share of events whose next user is among the first ten"
    else:
        hit = ""
    picture = draw_comparison(used, found.metric, "Models on the test data", width=4.2)
    caption = (
        "The bars are intervals of 95 % over the test cascades, for one seed: where two of them overlap widely, the "
        "test does not show which model is better." + truth
    )
    whole = study.whole_parts
    split = whole.test.split
    kind = "" if split is None else f"{split.method} "
    text = (
        f"After each event, a model ranks all users by how likely they come next. {found.metric}, the mean reciprocal "
        f"rank, is 1 if the right user is always first{hit}. Models were chosen on {len(study.parts.val):,} validation "
        f"cascades, and tested once on {len(study.parts.test):,} others (a {kind}split). {found.verdict}"
    )
    if len(study.parts.val) < len(whole.val) or len(study.parts.test) < len(whole.test):
        text += (
            f" These are random samples of the {len(whole.val):,} validation and {len(whole.test):,} test cascades, "
            "because ranking so many users after all their events takes long."
        )
    if study.num_samples and study.compared != []:
        text += (
            " There are many events and users, so learned models were trained with a sampled softmax: each step "
            f"compares the next users with {study.num_samples:,} users drawn at random, and not with all. The tests "
            "rank all users."
        )
    if study.compared == []:
        text += (
            " Learned models were not trained, because this takes long with so many events and users; name those to "
            "train as --models."
        )
    text += left_out_sentence(table)
    return Part(
        Section(
            "Which model?",
            text,
            [
                Picture(picture, caption, f"Test {found.metric} of each model with its interval"),
                PageTable(shown, f"{found.metric} on validation and test cascades"),
            ],
        ),
        {"models": table},
        {"comparison": found.to_dict(), "test cascades": len(study.parts.test), "tested": len(tested)},
        found.verdict,
    )
