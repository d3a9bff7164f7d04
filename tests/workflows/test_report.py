from __future__ import annotations

import json
import logging

import numpy as np
import pandas as pd
import pytest
import torch

from graphcascade.cli.program import main
from graphcascade.data import CascadeDataset, PostStream
from graphcascade.errors import StorageError, UsageError
from graphcascade.io import from_pandas
from graphcascade.models import load_model
from graphcascade.options import FeatureOptions
from graphcascade.report import Picture, write_page
from graphcascade.simulate import simulate_posts
from graphcascade.tasks.table import TASKS
from graphcascade.workflows import Study, write_report
from graphcascade.workflows.report import PREDICTION_SECTIONS, SECTIONS
from graphcascade.workflows.sections import compare_next_user_models, describe_network, predict_sizes
from tests.report.browser import CHROMIUM, visit
from tests.workflows.shop_log import shop_log


@pytest.fixture(autouse=True)
def few_permutations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphcascade.workflows.study.PERMUTATIONS", 1)


@pytest.fixture(scope="module")
def shop() -> CascadeDataset:
    return from_pandas(shop_log(), user="customer", item="product", time="date")


def test_a_page_is_written_with_the_files_behind_it(shop, tmp_path) -> None:
    report = write_report(shop, tmp_path / "shop", ["LSTM"], max_epochs=1)
    assert all(path.exists() for path in report.files)
    text = report.files[0].read_text(encoding="utf-8")
    places = [text.index("<h1>"), *(text.index(f"<h2>{title}</h2>") for title, _, _ in SECTIONS)]
    assert places == sorted(places)
    assert "could not be made" not in text
    names = {path.name for path in report.files}
    assert names >= {
        "model.safetensors",
        "network.graphml",
        "next-users.csv",
        "influencers.csv",
        "sizes.csv",
        "tree.csv",
    }
    assert report.comparison is not None
    assert report.comparison["model"].isin(["LSTM", "Markov"]).sum() == 2
    assert load_model(tmp_path / "shop" / "model.safetensors").num_users == shop.num_users
    links = pd.read_csv(tmp_path / "shop" / "links.csv")
    assert len(links) == report.figures["network"]["links"]
    # customers drive those with the next two numbers
    who, infects = (links[name].str.removeprefix("customer-").astype(int) for name in ("who", "infects"))
    step = (infects - who) % 40
    assert step[:20].isin([1, 2]).sum() >= 18
    assert json.loads((tmp_path / "shop" / "report.json").read_text())["data"]["cascades"] == 60


def posts_with_texts() -> PostStream:
    """Posts whose texts have no features, as in a file; the last four have no label."""
    stream = simulate_posts("claims", num_posts=300, seed=0)
    del stream["post"].x_text
    words = [f"word{number % 7} word{number % 11} word{number % 13}" for number in range(300)]
    stream["post"].text = np.array(words, dtype=object)
    stream["post"].y = stream.y.index_fill(0, torch.arange(296, 300), torch.nan)
    return stream


def test_a_page_about_posts_has_the_predictions_of_the_best_model_which_is_saved_with_its_features(tmp_path) -> None:
    stream = posts_with_texts()
    report = write_report(stream, tmp_path / "page", ["RidgeRegression", "MLP"], max_epochs=1)
    text = report.files[0].read_text(encoding="utf-8")
    titles = [title for title, _, _ in PREDICTION_SECTIONS]
    places = [text.index(f"<h2>{title}</h2>") for title in titles[:3]]
    assert places == sorted(places)
    assert "could not be made: none of the compared models has importances of its inputs" in text
    predicted = pd.read_csv(tmp_path / "page" / "predictions.csv", dtype={"post": str})
    assert predicted["post"].tolist() == stream.post_ids[-4:].tolist()  # those without a label
    shown = [text.index(f"<h3>post {post}</h3>") for post in predicted.sort_values("label", ascending=False)["post"]]
    assert shown == sorted(shown)
    models = pd.read_csv(tmp_path / "page" / "models.csv").set_index("model")["validation"]
    best = report.figures["comparison"]["best"]
    assert models.idxmin() == best
    assert {"RidgeRegression", "UserMean"} <= {*models.index}
    model = load_model(tmp_path / "page" / "model.safetensors")
    assert type(model).__name__ == best
    assert model.notes["text_features"] == "lsa"  # texts without features
    data = TASKS["popularity"].add_saved_features(posts_with_texts(), model)
    again = TASKS["popularity"].predict(model, data).set_index("post")["label"]
    assert again[predicted["post"]].tolist() == pytest.approx(predicted["label"].tolist(), abs=1e-5)


def test_without_new_posts_those_of_the_test_are_predicted_and_trees_tell_what_they_depend_on(tmp_path) -> None:
    pytest.importorskip("catboost")
    stream = simulate_posts("claims", num_posts=300, seed=0)
    report = write_report(stream, tmp_path / "page", ["CatBoostPopularity"])
    predicted = pd.read_csv(tmp_path / "page" / "predictions.csv", dtype={"post": str})
    assert predicted["post"].tolist() == stream.post_ids[-30:].tolist()
    text = report.files[0].read_text(encoding="utf-8")
    assert "those of the test are predicted" in text
    assert "known only when the data were crawled (" in text
    assert "the importances in CatBoostPopularity, the best of" in text
    assert pd.read_csv(tmp_path / "page" / "importances.csv")["percent"].sum() == pytest.approx(100)


def test_warnings_are_on_the_page(tmp_path) -> None:
    stream = simulate_posts("claims", num_posts=300, seed=0)
    stream["post"].y = stream.y.index_fill(0, torch.arange(5), torch.nan)
    report = write_report(stream, tmp_path / "page", ["RidgeRegression"])
    text = report.files[0].read_text(encoding="utf-8")
    assert "5 of the 5 posts to predict are earlier than posts of the training" in text
    assert len(report.figures["warnings"]) == len(set(report.figures["warnings"])) > 0


def test_a_page_about_retweets_has_recommended_tweets(tmp_path) -> None:
    main(["simulate", str(tmp_path / "tweets"), "--retweets", "social", "--users", "200", "--tweets", "160"])
    report = write_report(tmp_path / "tweets", tmp_path / "page", ["BPRMF"], max_epochs=1)
    text = report.files[0].read_text(encoding="utf-8")
    assert "could not be made" not in text
    assert "What the predictions depend on" not in text  # no model of this task tells it
    assert "<h2>For user " in text
    predicted = pd.read_csv(tmp_path / "page" / "predictions.csv")
    assert predicted["user"].nunique() == 200
    assert main(["predict", str(tmp_path / "page"), str(tmp_path / "tweets")]) == 0


def test_options_without_effect_are_an_error(shop, tmp_path) -> None:
    with pytest.raises(UsageError, match="text_features='lsa': has no effect on cascades"):
        write_report(shop, tmp_path / "page", features=FeatureOptions(text_features="lsa"))
    stream = simulate_posts("claims", num_posts=100, seed=0)
    with pytest.raises(UsageError, match="has no effect on posts"):
        write_report(stream, tmp_path / "page", follow_graph=tmp_path / "links.csv")
    with pytest.raises(UsageError, match="LSTM"):
        write_report(stream, tmp_path / "page", ["LSTM"])
    assert not (tmp_path / "page").exists()


def test_files_that_are_not_from_a_report_are_never_replaced(shop, tmp_path) -> None:
    mine = tmp_path / "links.csv"
    mine.write_text("mine")
    with pytest.raises(StorageError, match=r"links\.csv that is not from"):
        write_report(shop, tmp_path, overwrite=True)
    assert mine.read_text() == "mine"


def hostile_cascades() -> CascadeDataset:
    """Cascades of seven users whose ids, and whose items, are markup."""
    ids = ["</script><script>alert(1)</script>", "<img src=http://127.0.0.1:9/x.png>", "$$x^2$$", "<b>&amp;", "=1+1"]
    ids += ["木 🙂", "$\\frac{$"]  # the last is no formula that could be drawn
    generator = np.random.default_rng(0)
    rows = [
        (ids[user], f"<script>item {number}</script>", f"2024-01-{1 + number % 28:02d} {place:02d}:00Z")
        for number in range(40)
        for place, user in enumerate(generator.permutation(7)[:5])
    ]
    return from_pandas(pd.DataFrame(rows, columns=["user", "item", "time"]))


def test_markup_in_ids_is_text_everywhere(tmp_path) -> None:
    report = write_report(hostile_cascades(), tmp_path / "page", [], max_epochs=1)
    text = report.files[0].read_text(encoding="utf-8")
    assert "was not measured" not in text  # such as Hit@10 of seven users
    assert "alert(1)" in text
    assert "<script>alert" not in text
    assert "<script>item" not in text
    assert "<img src=http" not in text
    assert "&lt;script&gt;item" in text
    if CHROMIUM is not None:
        for width in (1400, 420):
            dom, console, asked = visit(report.files[0].as_uri(), tmp_path, width)
            assert "How big will they get?" in dom
            assert console == []
            assert asked == []


def test_without_bokeh_the_network_is_a_picture(shop, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("graphcascade.workflows.sections.network_section.can_interact", lambda: False)
    section = describe_network(Study(shop)).section
    assert isinstance(section.content[0], Picture)
    page = write_page(tmp_path / "page.html", "A page", "", [section])
    assert "<script" not in page.read_text(encoding="utf-8")


def test_learned_models_are_left_out_if_their_training_takes_long(shop, monkeypatch) -> None:
    assert Study(shop).compared is None
    monkeypatch.setattr("graphcascade.workflows.study.MAX_SCORES", 10.0)
    assert Study(shop).compared == []
    assert Study(shop, ["LSTM"]).compared == ["LSTM"]


def test_learned_models_are_trained_with_a_sampled_softmax_if_there_are_many_users(shop, monkeypatch, caplog) -> None:
    assert Study(shop).num_samples == 0
    assert Study(shop).options.sampling.num_samples is None
    assert "sampled softmax" not in compare_next_user_models(Study(shop, ["LSTM"], max_epochs=1)).section.text
    monkeypatch.setattr("graphcascade.workflows.study.NUM_SAMPLES", 8)
    monkeypatch.setattr("graphcascade.workflows.study.MAX_SCORES", 8.0 * shop.table.num_events)
    study = Study(shop, max_epochs=1)
    assert study.compared is None
    study = Study(shop, ["LSTM"], max_epochs=1)
    assert study.options.sampling.num_samples == 8
    with caplog.at_level(logging.INFO, "graphcascade"):
        text = compare_next_user_models(study).section.text
    assert "with a sampled softmax: each step compares the next users with 8 users drawn at random" in text
    assert "has no effect" not in text  # on the baselines, which are tested as well
    assert {"LSTM", "Markov"} <= set(study.comparison.results)
    assert f"with 8 of {shop.num_users} users, and not with all of them" in caplog.text
    monkeypatch.setattr("graphcascade.workflows.study.MAX_SCORES", 7.0 * shop.table.num_events)
    assert Study(shop).compared == []  # even sampled losses take long
    assert "sampled softmax" not in compare_next_user_models(Study(shop)).section.text


def test_models_are_tested_on_samples_if_ranking_takes_long(shop, monkeypatch) -> None:
    whole = Study(shop)
    assert whole.parts.test is whole.whole_parts.test
    limit = 0.4 * whole.parts.test.table.num_events * shop.num_users
    monkeypatch.setattr("graphcascade.workflows.study.MAX_RANKED", limit)
    study = Study(shop, [])
    for sample, part in ((study.parts.val, study.whole_parts.val), (study.parts.test, study.whole_parts.test)):
        assert 0 < len(sample) < len(part)
        assert sample.table.num_events * shop.num_users <= limit
        assert set(sample.cascade_index.tolist()) < set(part.cascade_index.tolist())
    assert study.parts.train is study.whole_parts.train
    found = compare_next_user_models(study)
    assert all(each[0].counts["cascades"] == len(study.parts.test) for each in study.comparison.results.values())
    text = found.section.text
    assert f"tested once on {len(study.parts.test)} others (a chronological split)" in text
    assert f"random samples of the {len(study.whole_parts.val)} validation and" in text


def test_the_network_is_compared_with_networks_of_shuffled_cascades(shop, monkeypatch) -> None:
    monkeypatch.setattr("graphcascade.workflows.study.PERMUTATIONS", 2)
    part = describe_network(Study(shop))
    assert part.figures["network"]["p value"] == pytest.approx(1 / 3)
    assert "2 networks were inferred from cascades with shuffled users: none of them explains" in part.section.text
    monkeypatch.setattr("graphcascade.workflows.study.MAX_PERMUTED_PAIRS", 10)
    part = describe_network(Study(shop))
    assert "p value" not in part.figures["network"]
    assert "was not compared with networks that are inferred from shuffled cascades" in part.section.text


def test_without_a_discovery_the_page_says_what_is_known() -> None:
    generator = np.random.default_rng(0)
    rows = [
        (f"u{user}", f"item {number}", float(100 * number + place))
        for number in range(60)
        for place, user in enumerate(generator.permutation(12)[:3])
    ]
    part = describe_network(Study(from_pandas(pd.DataFrame(rows, columns=["user", "item", "time"]))))
    assert part.figures["network"]["links better than chance"] == 0
    assert "is better than chance if it is considered that all 132 pairs of users are compared" in part.section.text
    assert "about as often as" not in part.section.text
    assert part.finding.endswith("inferred links is better than chance, so do not rely on single links.")


def test_open_cascades_are_those_with_a_recent_event() -> None:
    # waits of 1, except for a last one of 8: the wait that is longer than nine of ten is 8
    rows = [(f"u{number}", "old", float(number)) for number in range(10)]
    rows += [(f"u{number}", "open", 100.0 + number) for number in range(3)] + [("u9", "recent", 95.0)]
    rows += [("u4", "open", 110.0)]
    study = Study(from_pandas(pd.DataFrame(rows, columns=["user", "item", "time"])))
    assert study.longest_wait == 1.0
    found = study.open_cascades
    assert [str(found.item_ids[item]) for item in found.table.item.tolist()] == ["open"]


def test_the_window_of_sizes_is_not_longer_than_most_cascades() -> None:
    """A single long cascade that is still open does not make the window so long that nothing is left to learn."""
    rows = [(f"u{(number + k) % 9}", f"i{number}", 100.0 * number + 10 * k) for number in range(60) for k in range(6)]
    rows += [(f"u{k}", "long", 700.0 * k) for k in range(9)] + [("u9", "long", 5970.0)]
    study = Study(from_pandas(pd.DataFrame(rows, columns=["user", "item", "time"])))
    part = predict_sizes(study)
    assert part.figures["sizes"]["window"] <= 50
    assert "long" in part.tables["sizes"]["item"].tolist()


def test_a_section_that_cannot_be_made_says_why(tmp_path) -> None:
    frame = pd.DataFrame({"user": ["a", "b"], "item": ["x", "y"], "time": [1.0, 2.0]})
    text = write_report(from_pandas(frame), tmp_path / "lone").files[0].read_text(encoding="utf-8")
    assert "This section could not be made" in text
    assert "in no cascade is a user infected later than another" in text


def test_links_are_read_with_their_columns_and_separator(shop, tmp_path) -> None:
    follows = tmp_path / "follows.csv"
    follows.write_text("since;who;whom\n2024;customer-1;customer-2\n2023;customer-3;customer-1\n")
    columns = {"source_column": "who", "target_column": "whom", "link_sep": "semicolon"}
    report = write_report(shop, tmp_path / "page", [], follow_graph=follows, **columns)
    assert report.dataset.follow_graph.num_edges == 2
