"""The task "ranking": from a folder of retweets to a recommendation, and options that have no effect."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from graphcascade.cli.program import main
from graphcascade.data import RetweetNetwork
from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.io import write_retweets
from graphcascade.models import AMNL, BPRMF, LSTM, VBPR, CoRetweets
from graphcascade.options import RankingOptions, ReadOptions
from graphcascade.options.task_options import make_options
from graphcascade.simulate import simulate_retweets
from graphcascade.tasks import TASKS, RankingTask, fit_and_test, task_of

TASK = TASKS["ranking"]


def options(**values: Any) -> RankingOptions:
    return make_options(RankingOptions, values)


@pytest.fixture(scope="module")
def network() -> RetweetNetwork:
    return simulate_retweets(num_users=100, num_tweets=80, seed=1)


@pytest.fixture
def folder(network: RetweetNetwork, tmp_path: Path) -> Path:
    write_retweets(network, tmp_path / "tweets")
    return tmp_path / "tweets"


def test_models_that_rank_belong_to_it() -> None:
    assert task_of(AMNL) is task_of(CoRetweets) is TASK
    assert isinstance(TASK, RankingTask)


def test_fit_test_and_predict_on_a_folder(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, frame = tmp_path / "run", tmp_path / "recommended.csv"
    fit = ["fit", str(folder), "--model", "AMNL", "--model-args.dim", "8", "--out", str(run), "--max-epochs", "2"]
    assert main([*fit, "--candidates", "uniform", "--train-share", "0.6"]) == 0
    assert "Compared with counting baselines" in capsys.readouterr().out
    fitted = json.loads((run / "result.json").read_text("utf-8"))
    assert fitted["protocol"]["candidates"] == "uniform"
    assert [each["model"] for each in json.loads((run / "counters.json").read_text("utf-8"))] == [
        "TweetPopularity",
        "TweetRecency",
        "FolloweeRetweets",
        "CoRetweets",
    ]
    assert main(["test", str(run), str(folder), "--json", str(tmp_path / "tested.json")]) == 0
    tested = json.loads((tmp_path / "tested.json").read_text("utf-8"))
    assert tested["metrics"] == fitted["metrics"]
    assert tested["split"] == fitted["split"]
    assert main(["predict", str(run), str(folder), "--k", "3", "--out", str(frame)]) == 0
    assert "Recommended tweets" in capsys.readouterr().out
    assert list(pd.read_csv(frame).columns) == ["user", "rank", "tweet", "score", "followees"]
    assert pd.read_csv(frame)["rank"].max() == 3


def test_a_run_is_continued(folder: Path, tmp_path: Path) -> None:
    fit = ["fit", str(folder), "--model", "BPRMF", "--out", str(tmp_path / "run"), "--quiet"]
    assert main([*fit, "--max-epochs", "2"]) == 0
    config = str(tmp_path / "run" / "config.json")
    assert main(["fit", "--config", config, "--resume", "--max-epochs", "4"]) == 0
    assert pd.read_csv(tmp_path / "run" / "logs" / "metrics.csv")["epoch"].max() == 3


def test_counters_are_fitted_and_left_out_of_their_own_comparison(network: RetweetNetwork) -> None:
    chosen = options(candidates="uniform")
    model = TASK.make(CoRetweets, network, {}, chosen)
    run = fit_and_test(TASK, model, TASK.split(network, chosen, 0), TASK.trainer(chosen, 0, False), chosen)
    assert [result.model for result in run.comparison.test] == ["TweetPopularity", "TweetRecency", "FolloweeRetweets"]
    assert not TASK.trains_in_epochs(CoRetweets)


def test_the_sizes_of_a_model_are_those_of_the_data(network: RetweetNetwork) -> None:
    model = TASK.make(AMNL, network, {"content": "image"}, options())
    assert model.content.image.in_features == network["tweet"].x_image.size(1)
    assert (model.num_users, model.num_tweets) == (100, 80)
    with pytest.raises(UsageError, match="AMNL has no argument 'num_tweets'"):
        TASK.make(AMNL, network, {"num_tweets": 3}, options())


def test_the_trainer_has_the_options() -> None:
    trainer = TASK.trainer(options(candidates="all", num_negatives=3, optimizer="adam", batch_size=9), 4, False)
    assert (trainer.protocol.candidates, trainer.protocol.num_negatives, trainer.num_negatives) == ("all", 3, 3)
    assert (trainer.optimization.optimizer, trainer.optimization.learning_rate) == ("adam", 0.01)
    assert (trainer.batch_size, trainer.seed, trainer.monitor) == (9, 4, "auc")
    assert TASK.trainer(options(), 0, False).batch_size == 8_192


def test_options_are_saved_with_a_model() -> None:
    chosen = options(candidates="exposed", train_share=0.7, split="random", text_features="lsa")
    saved = TASK.saved_options({**json.loads(json.dumps(TASK.notes(chosen))), "seed": 3})
    assert (saved.ranking, saved.features) == (chosen.ranking, chosen.features)
    with pytest.raises(DataError, match="saved with options that cannot be read"):
        TASK.saved_options({"candidates": "others"})


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (AMNL, {"protocol": "ndm"}, "protocol='ndm': has no effect on AMNL, which ranks tweets"),
        (
            BPRMF,
            {"text_features": "lsa"},
            "text_features='lsa': has no effect on BPRMF, which does not use features of",
        ),
        (VBPR, {"text_features": "lsa"}, "text_features='lsa': has no effect on VBPR, which does not use features of"),
        (AMNL, {"image_weights": "w.pt"}, "image_weights='w.pt': has no effect without an encoder of images; .* add"),
        (AMNL, {"download": True}, "download=True: has no effect without an encoder of images; .* add"),
        (AMNL, {"train_share": 1.0}, "train_share=1.0: must be between 0 and 1"),
        (CoRetweets, {"max_epochs": 3}, "max_epochs=3: has no effect on CoRetweets, which is not trained in epochs"),
    ],
)
def test_options_without_effect_or_out_of_range_raise_an_error(kind: Any, values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TASK.check(kind, options(**values))


def test_a_note_says_that_texts_and_images_have_no_features(
    network: RetweetNetwork, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "graphcascade")
    plain = copy.copy(network)
    tweets = plain["tweet"]
    del tweets.text, tweets.x_image
    TASK.make(AMNL, plain, {"dim": 4}, options())
    assert not caplog.messages
    tweets.text, tweets.image = (np.array(["a", *[""] * (network.num_tweets - 1)], dtype=object) for _ in range(2))
    TASK.make(AMNL, plain, {"dim": 4, "content": "ids"}, options())
    TASK.make(BPRMF, plain, {"dim": 4}, options())
    assert not caplog.messages
    TASK.make(AMNL, plain, {"dim": 4}, options())
    tweets.x_text = torch.ones(network.num_tweets, 3)
    TASK.make(AMNL, plain, {"dim": 4}, options())
    both, one = (
        f"{network.name}: the tweets' {missing} have no features, so that AMNL ranks {how}; add them with {added} of "
        f"'graphcascade fit' (in Python, {functions} of graphcascade.features)."
        for missing, how, added, functions in (
            (
                "texts and images",
                "by ids alone",
                "--text-features lsa and --image-features vgg16",
                "add_text_features and add_image_features",
            ),
            ("images", "without them", "--image-features vgg16", "add_image_features"),
        )
    )
    assert caplog.messages == [both, one]
    with pytest.raises(UsageError, match=r"must be one of 'auto', .* 'ids'; did you mean text\?$"):
        TASK.make(AMNL, plain, {"content": "texts"}, options())
    del tweets.x_text
    with pytest.raises(UsageError, match=r"graphcascade\.features\.add_image_features; otherwise use BPRMF"):
        TASK.make(VBPR, plain, {}, options())


def test_data_that_are_no_network_of_retweets(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(MissingFileError, match=r"need a folder with the tables .* FlickrFavourites, SyntheticRetweets"):
        TASK.read(str(folder / "users.csv"), ReadOptions())
    with pytest.raises(UsageError, match="item='topic': has no effect on networks of retweets"):
        TASK.read(str(folder), ReadOptions(item="topic"))
    assert main(["fit", str(folder), "--model", "LSTM", "--candidates", "uniform"]) == 2
    assert "--candidates uniform: has no effect on LSTM" in capsys.readouterr().err
    assert not issubclass(LSTM, TASK.model)


def test_options_of_test_without_effect_raise_an_error(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", str(folder), "--model", "TweetPopularity", "--out", str(tmp_path / "run"), "--quiet"]) == 0
    for option, message in (
        (["--whole-cascades"], "--whole-cascades: has no effect on TweetPopularity, which ranks tweets"),
        (["--protocol", "ndm"], "--protocol ndm: has no effect on a model that ranks tweets"),
    ):
        assert main(["test", str(tmp_path / "run"), str(folder), *option]) == 2
        assert message in capsys.readouterr().err


def test_a_page_of_recommendations(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, page = str(tmp_path / "run"), tmp_path / "page.html"
    fit = ["fit", str(folder), "--model", "AMNL", "--model-args.dim", "8", "--out", run, "--max-epochs", "1"]
    assert main(fit) == 0
    words = ["predict", run, str(folder), "--k", "2", "--page", str(page)]
    assert main([*words, "--page-users", "3, 5"]) == 0
    text = page.read_text("utf-8")
    assert text.count("<h2>For user ") == 2
    assert "<h2>For user 5</h2>" in text
    assert "Recommended tweets: tweets, by AMNL" in text
    capsys.readouterr()
    assert main([*words, "--overwrite", "--page-users", "nobody"]) == 2
    assert "--page-users nobody: there is no user 'nobody' in tweets." in capsys.readouterr().err
    assert main(words) == 2
    assert f"--page {page}" in capsys.readouterr().err
    assert main(["predict", run, str(folder), "--page-users", "3"]) == 2
    assert "--page-users 3: has no effect without --page" in capsys.readouterr().err
    assert main(["predict", run, str(folder), "--page", str(tmp_path / "page.txt")]) == 2
    assert "--page" in capsys.readouterr().err


def test_a_model_that_ranks_worse_than_counting_is_warned_about(
    network: RetweetNetwork, caplog: pytest.LogCaptureFixture
) -> None:
    parts = TASK.split(network, options(), 0)
    chosen = options(max_epochs=1, learning_rate=1e-6, candidates="uniform")
    trainer = TASK.trainer(chosen, 0, False)
    model = TASK.make(AMNL, network, {"dim": 4}, chosen)
    found = fit_and_test(TASK, model, parts, trainer, chosen).comparison
    own, *others = found.validation
    assert own.model == "AMNL"
    assert [each.split.part for each in found.validation if each.split] == ["val"] * 5
    assert [each.model for each in others] == [each.model for each in found.test]
    best = max(others, key=lambda each: each["AUC"])
    assert found.warning is not None
    start = (
        f"AMNL predicts the validation retweets worse than counting: its AUC is {own['AUC']:.4f}, below {best.model}"
    )
    assert found.warning.startswith(start)
    assert found.warning.endswith(
        "Try a larger --learning-rate (2e-06), more epochs (--max-epochs 50) or --model-args.score softplus; or use "
        f"the baseline itself (--model {best.model})."
    )
    assert f"; there are {own.counts['users']} validation users. Try" in found.warning
    assert found.warning in caplog.messages
    counter = fit_and_test(TASK, CoRetweets.of(network), parts, trainer, chosen).comparison
    assert (counter.validation, counter.warning) == ([], None)
