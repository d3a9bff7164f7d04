from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
import torch

from graphcascade.data import RetweetNetwork
from graphcascade.data.digests import digest_data
from graphcascade.errors import DataError, UnknownNameError, UsageError
from graphcascade.evaluation import RankingProtocol, evaluate_ranking
from graphcascade.experiments import Reproduction, find_experiment, reproduce
from graphcascade.features import latent_semantics
from graphcascade.io import read_retweets, write_retweets
from graphcascade.models import AMNL, BPRMF, TweetPopularity
from graphcascade.models.ranking import TrueScores
from graphcascade.simulate import simulate_retweets
from graphcascade.trainers import RankingTrainer

YAML = """
title: tweets
paper: theirs
url: https://example.org
place: Table 1
kind: ranking
metrics: ["AUC, 60 %", "Precision@3, 80 %"]
datasets: {SyntheticRetweets: }
simulated: {num_users: 150, num_tweets: 120}
seeds: 2
rows:
  - {name: perfect order, train_shares: [0.6, 0.8]}
  - {name: truth, model: TrueScores, train_shares: [0.6, 0.8], needs: [true scores]}
  - {name: popularity, model: TweetPopularity, train_shares: [0.6, 0.8]}
  - &bpr
    name: BPR
    model: BPRMF
    arguments: {dim: 4}
    train_shares: [0.6, 0.8]
    trainer: {max_epochs: 2, batch_size: 64}
    choose_trainer: {learning_rate: [0.00001, 0.3]}
  - {<<: *bpr, name: AMNL, model: AMNL, needs: [images, texts], choose_trainer: {}}
claims:
  - {row: truth, better_than: [BPR, popularity]}
  - {row: popularity, within: 1, of: BPR}
"""


def figures(result: Reproduction) -> dict[tuple[str, str], float]:
    return {(row.row, row.metric): row.measured for row in result.figures.itertuples()}


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(YAML)
    return path


def test_figures_are_those_of_the_models_on_a_network_for_each_seed(mine: Path, tmp_path: Path) -> None:
    (result,) = reproduce(mine, directory=tmp_path / "out")
    networks = [simulate_retweets(num_users=150, num_tweets=120, seed=seed) for seed in range(2)]
    found = figures(result)
    for name, kind in (("truth", TrueScores), ("popularity", TweetPopularity)):
        auc = []
        for network in networks:
            train, _, test = network.splits(0.6)
            auc.append(evaluate_ranking(kind.of(network).fit(train), test)["AUC"])
        assert found[name, "AUC, 60 %"] == pytest.approx(sum(auc) / 2)
    assert found["perfect order", "AUC, 60 %"] == 1
    assert 1 / 3 < found["perfect order", "Precision@3, 80 %"] < 1
    # The first seed's learning rate is the one with the better validation AUC.
    train, val, test = networks[0].splits(0.6)
    tried = {}
    for rate in (0.00001, 0.3):
        torch.manual_seed(0)
        trainer = RankingTrainer(max_epochs=2, batch_size=64, learning_rate=rate, progress=False)
        model = trainer.fit(BPRMF.of(train, dim=4), train, val)
        tried[rate] = trainer.test(model, val)["AUC"], trainer.test(model, test)["AUC"]
    best = max(tried, key=lambda rate: tried[rate][0])
    assert f"60 %: learning_rate={best:g}" in result.chosen["BPR"]
    stored = [path.read_text() for path in (tmp_path / "out" / "runs").glob("*.json")]
    assert len(stored) == 5 * 2 * 2
    assert any(str(tried[best][1]) in text for text in stored)
    assert result.claims[0].words.startswith("truth better than BPR: AUC, 60 % +")
    assert (tmp_path / "out" / "mine-syntheticretweets.png").exists()


def test_finished_runs_are_not_repeated(mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (first,) = reproduce(mine, directory=tmp_path / "out", seeds=1)
    monkeypatch.setattr(RankingTrainer, "fit", None)
    mine.write_text(mine.read_text().replace('"AUC, 60 %"', '"AUC, 80 %"'))  # only other figures of the same runs
    (second,) = reproduce(mine, directory=tmp_path / "out", seeds=1)
    assert ("AMNL", "AUC, 80 %") in figures(second)
    key = "AMNL", "Precision@3, 80 %"
    assert figures(first)[key] == figures(second)[key]


def test_texts_get_features_and_links_are_part_of_the_key() -> None:
    network = simulate_retweets(num_users=60, num_tweets=50)
    train, _, _ = network.splits(0.6)
    fewer = RetweetNetwork(
        follows=network.follows[:, 1:], posts=network.posts, retweets=network.retweets, num_users=60, num_tweets=50
    )
    other, _, _ = fewer.splits(0.6, "random")
    digests, others = digest_data(train), digest_data(other)
    assert digests == digest_data(network.splits(0.6)[0])
    assert digests["user follows user"] != others["user follows user"]
    assert digests["tweet"] != others["tweet"]


def test_a_folder_of_the_user_leaves_out_rows_that_need_more(mine: Path, tmp_path: Path) -> None:
    network = simulate_retweets(num_users=150, num_tweets=120)
    folder = write_retweets(network, tmp_path / "my-tweets")
    (result,) = reproduce(mine, [str(folder)], tmp_path / "out", seeds=1)
    assert result.left_out == {
        "truth": "the tweets have no true scores",
        "AMNL": "the tweets have no images",
    }
    assert any(note == "Not measured: AMNL, because the tweets have no images." for note in result.notes)
    assert [claim.words.split(" ")[0] for claim in result.claims] == ["popularity"]
    read = read_retweets(folder)
    train, _, test = read.splits(0.6)
    expected = evaluate_ranking(TweetPopularity.of(read).fit(train), test)["AUC"]
    assert figures(result)["popularity", "AUC, 60 %"] == pytest.approx(expected)
    assert result.files[0] == tmp_path / "out" / "mine-my-tweets.json"
    with pytest.raises(UnknownNameError, match="no dataset 'elsewhere'; it has SyntheticRetweets, and there is"):
        reproduce(mine, ["elsewhere"], tmp_path / "out")


def test_the_features_of_texts_are_latent_semantics(mine: Path, tmp_path: Path) -> None:
    text = mine.read_text().replace("choose_trainer: {}}", "choose_trainer: {}, train_shares: [0.8]}")
    mine.write_text(text.replace("needs: [images, texts]", "needs: [texts]"))
    folder = write_retweets(simulate_retweets(num_users=150, num_tweets=120), tmp_path / "my-tweets")
    (result,) = reproduce(mine, [str(folder)], tmp_path / "out", seeds=1)
    network = read_retweets(folder)
    network["tweet"].x_text = latent_semantics(network["tweet"].text.tolist(), 256)
    train, val, test = network.splits(0.8)
    torch.manual_seed(0)
    trainer = RankingTrainer(max_epochs=2, batch_size=64, progress=False)
    model = trainer.fit(AMNL.of(train, dim=4), train, val)
    assert "AMNL" not in result.left_out
    stored = [path.read_text() for path in (tmp_path / "out" / "runs").glob("*.json")]
    assert any(str(trainer.test(model, test)["AUC"]) in each for each in stored)


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("model: TweetPopularity", "model: Popularity", "Popularity is not a model for the kind 'ranking'"),
        ("[0.6, 0.8], needs", "[0.6, 1.0], needs", r"train_shares=\[0.6, 1.0\]: must be between 0 and 1"),
        ("model: TweetPopularity,", "model: TweetPopularity, trainer: {max_epochs: 2},", "is not trained in epochs"),
        ("max_epochs: 2", "epochs: 2", "trainer has no argument 'epochs'"),
        ("name: perfect order", "name: perfect order, arguments: {dim: 2}", "a perfect order has no arguments"),
        ("needs: [images, texts]", "needs: [sounds]", "needs is"),
        ("seeds: 2", "split: random", "sets split, which the kind 'ranking' does not use"),
    ],
)
def test_a_row_that_does_not_fit_is_an_error(mine: Path, tmp_path: Path, old: str, new: str, error: str) -> None:
    assert old in mine.read_text()
    mine.write_text(mine.read_text().replace(old, new, 1))
    with pytest.raises(DataError, match=error):
        reproduce(mine, directory=tmp_path / "out")


def test_an_unknown_argument_of_the_simulation_is_an_error(mine: Path, tmp_path: Path) -> None:
    mine.write_text(mine.read_text().replace("num_users", "people"))
    with pytest.raises(UsageError, match="simulated has no argument 'people'; SyntheticRetweets has num_tweets"):
        reproduce(mine, directory=tmp_path / "out")


def test_data_that_no_row_can_be_measured_on_are_an_error(mine: Path, tmp_path: Path) -> None:
    text = mine.read_text()
    rows = "rows:\n  - {name: truth, model: TrueScores, train_shares: [0.6, 0.8], needs: [true scores]}\n"
    mine.write_text(text[: text.index("rows:")] + rows)
    folder = write_retweets(simulate_retweets(num_users=150, num_tweets=120), tmp_path / "my-tweets")
    with pytest.raises(UsageError, match=r"mine: no row can be measured on .*: the tweets have no true scores"):
        reproduce(mine, [str(folder)], tmp_path / "out")


def test_candidates_name_the_figures_and_decide_the_negatives(mine: Path, tmp_path: Path) -> None:
    text = mine.read_text()
    row = "{name: popularity, model: TweetPopularity, candidate_sets: [followees, uniform]}"
    metrics = 'metrics: ["AUC, followees", "AUC, uniform"]'
    text = text[: text.index("metrics:")] + metrics + text[text.index("\ndatasets:") : text.index("rows:")]
    mine.write_text(f"{text}rows:\n  - {row}\n")
    (result,) = reproduce(mine, directory=tmp_path / "out", seeds=1)
    network = simulate_retweets(num_users=150, num_tweets=120)
    train, _, test = network.splits(0.8)
    model = TweetPopularity.of(network).fit(train)
    for candidates in ("followees", "uniform"):
        expected = evaluate_ranking(model, test, RankingProtocol(candidates=candidates))["AUC"]
        assert figures(result)["popularity", f"AUC, {candidates}"] == pytest.approx(expected)
    assert "followees: ranking, candidates 'followees'" in result.protocols["popularity"]


def test_a_notebook_shows_the_figures_and_notes_of_a_reproduction(mine: Path, tmp_path: Path) -> None:
    figures = pd.DataFrame(
        {"row": ["<b>row</b>"], "metric": ["AUC"], "published": [0.7], "measured": [0.725], "std": [float("nan")]}
        | {"seeds": [1], "difference": [0.025], "new": [float("nan")], "seconds": [1.5]}
    )
    result = Reproduction(find_experiment(mine), "<i>data</i>", figures, protocols={"<b>row</b>": "plain"})
    text = result._repr_html_()
    cells = re.findall(r"<td>(.*?)</td>", text)
    assert cells == ["&lt;b&gt;row&lt;/b&gt;", "AUC", "0.700", "0.725", "+0.025", "1.5"]
    assert "mine: &lt;i&gt;data&lt;/i&gt;" in text
    assert "Protocol: plain." in text
    assert str(result) == result.to_markdown()
    assert "Skipped: no file" in Reproduction(find_experiment(mine), "data", skipped="no file")._repr_html_()
