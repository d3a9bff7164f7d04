"""The task "popularity": from a table of posts to predictions, and options that have no effect."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from graphcascade.cli.program import main
from graphcascade.data import PostStream
from graphcascade.io import write_posts
from graphcascade.models import DSN, LSTM, MeanLabel, load_model
from graphcascade.options import ReadOptions
from graphcascade.simulate import simulate_posts
from graphcascade.tasks import TASKS, PopularityTask, task_of

TASK = TASKS["popularity"]
DSN_WORDS = ["--model", "DSN", "--model-args.hidden_dim", "8", "--max-epochs", "2", "--quiet", "--out", "run"]


@pytest.fixture(scope="module")
def stream() -> PostStream:
    return simulate_posts(num_posts=400, seed=1, texts=True)


@pytest.fixture(autouse=True)
def table(stream: PostStream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of posts with three columns of categories, in the working directory."""
    monkeypatch.chdir(tmp_path)
    ancestors = stream.ancestors[stream.category].numpy()
    columns = {
        "post": stream.post_ids,
        "user": stream.user_ids[stream.user.numpy()],
        "time": stream.time.numpy(),
        "label": stream.y.numpy(),
        "text": stream["post"].text,
        "followers": np.arange(stream.num_posts) % 17,
    }
    for level, name in enumerate(("category", "subcategory", "concept")):
        columns[name] = stream.category_ids[ancestors[:, level]]
    pd.DataFrame(columns).to_csv("posts.csv", index=False)
    return tmp_path / "posts.csv"


def metrics(path: str) -> object:
    return json.loads(Path(path).read_text("utf-8"))["metrics"]


def test_models_of_popularity_belong_to_it() -> None:
    assert task_of(DSN) is task_of(MeanLabel) is TASK
    assert isinstance(TASK, PopularityTask)
    assert TASK.trains_in_epochs(DSN)
    assert not TASK.trains_in_epochs(MeanLabel)


def test_fit_test_and_predict_on_a_table(stream: PostStream, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--time-unit", "s", "--numbers", "followers", "--crawl-time", "followers"]
    assert main(["fit", "posts.csv", *DSN_WORDS, *words, "--text-features", "lsa"]) == 0
    model = load_model("run/model.safetensors")
    assert model.numbers == ["followers"]
    assert model.text.dim == 64
    assert model.depth == 3
    counters = json.loads(Path("run/counters.json").read_text("utf-8"))
    assert [each["model"] for each in counters] == ["MeanLabel", "UserMean", "LastLabel", "CategoryMean"]
    assert main(["test", "run", "posts.csv", *words, "--json", "tested.json"]) == 0
    assert metrics("tested.json") == metrics("run/result.json")
    assert "coverage of 90 % intervals" in Path("run/result.json").read_text("utf-8")

    rows = pd.read_csv("posts.csv")
    new = rows.iloc[[-1]].assign(post="new", user="nobody", time=rows["time"].iloc[-1] + 60, label=np.nan)
    pd.concat([rows, new]).to_csv("more.csv", index=False)
    capsys.readouterr()
    assert main(["predict", "run", "more.csv", *words, "--k", "2", "--out", "predicted.csv", "--page", "p.html"]) == 0
    printed = capsys.readouterr()
    assert "intervals of 90 %" in printed.err
    assert "too few" not in printed.err
    assert main(["predict", "run", "more.csv", *words, "--interval", "0.95"]) == 0
    assert "20 validation posts are too few for intervals of 95 %, which need 39" in capsys.readouterr().err
    rows.drop(columns="text").to_csv("silent.csv", index=False)
    assert main(["predict", "run", "silent.csv", *words]) == 2
    assert "was trained with features of texts, and these data have no texts" in capsys.readouterr().err
    assert main(["predict", "run", "more.csv", *words, "--interval", "0.5", "--out", "half.csv"]) == 0
    assert "intervals of 50 % from the errors on 20 validation posts, the later half, which" in capsys.readouterr().err
    assert main(["predict", "run", "more.csv", *words, "--interval", "90"]) == 2
    assert "--interval 90" in capsys.readouterr().err
    (row,) = pd.read_csv("predicted.csv").to_dict(orient="records")
    (half,) = pd.read_csv("half.csv").to_dict(orient="records")
    assert row["lower"] < half["lower"] < half["label"] < half["upper"] < row["upper"]
    assert (row["post"], row["user"]) == ("new", "nobody")
    assert row["lower"] < row["label"] < row["upper"]
    for column in ("views", "lower views", "upper views"):
        label = row[column.removesuffix("views").strip() or "label"]
        assert row[column] == round(2**label - 1)
    assert row["earlier posts"].count("(") == 2
    page = Path("p.html").read_text("utf-8")
    last = row["earlier posts"].split(" (")[0]
    assert "Post new" in page
    assert f"post {last}, weight" in page


def test_a_folder_of_smpd_and_a_dataset_are_posts(stream: PostStream, capsys: pytest.CaptureFixture[str]) -> None:
    write_posts(stream, "smpd")
    for data in ("smpd", "posts.csv", "SyntheticPosts"):
        assert TASK.recognizes(data, ReadOptions())
        assert not TASKS["ranking"].recognizes(data, ReadOptions())
    Path("cascades.csv").write_text("user,item,time,label\na,x,1,2\nb,x,2,3\n")
    assert not TASK.recognizes("cascades.csv", ReadOptions())
    assert main(["describe", "smpd", "--plot", "smpd.png"]) == 0
    assert "posts with a label" in capsys.readouterr().out
    assert main(["describe", "cascades.csv"]) == 0
    assert "cascades" in capsys.readouterr().out
    assert main(["describe", "cascades.csv", "--post", "item"]) == 2  # as posts, two of which have the same id
    assert "cascades.csv, line 3: the post id 'x' occurs before" in capsys.readouterr().err
    assert main(["describe", "cascades.csv", "--numbers", "label"]) == 2
    assert "there is no column 'post'; found 'user', 'item', 'time', 'label'" in capsys.readouterr().err
    assert main(["fit", "smpd", "--model", "UserMean", "--quiet", "--out", "mean"]) == 0
    assert main(["test", "mean", "smpd"]) == 0
    assert main(["predict", "mean", "smpd", "--out", "all.csv"]) == 0
    predicted = pd.read_csv("all.csv")
    assert len(predicted) == 400  # every post has a label
    assert "earlier posts" not in predicted


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["posts.csv", "--model", "DSN", "--protocol", "ndm"], "--protocol ndm: has no effect on DSN, which predicts"),
        (["posts.csv", "--model", "DSN", "--item", "concept"], "--item concept: has no effect on tables of posts"),
        (["SyntheticPosts", "--model", "DSN", "--post", "id"], "--post id: has no effect on a dataset of posts"),
        (["posts.csv", "--model", "MeanLabel", "--max-epochs", "3"], "--max-epochs 3: has no effect on MeanLabel"),
        (["posts.csv", "--model", "MeanLabel", "--text-features", "lsa"], "MeanLabel, which does not use features"),
        (
            ["posts.csv", "--model", "DSN", "--image-features", "vgg16"],
            "no post of posts has an image; name the column",
        ),
        (["posts.csv", "--model", "DSN", "--train-share", "0.5"], "--train-share 0.5: has no effect on DSN"),
        (["posts.csv"], "as in 'graphcascade fit posts.csv --model DSN'. If a row is an event of a cascade, name"),
        (["posts.csv", "--numbers", "followers"], "posts.csv: these are posts, and cascades are needed here"),
        (["posts.csv", "--item", "post", "--numbers", "x"], "--numbers x: has no effect on cascades; leave it out"),
        (["SyntheticPosts"], "these are posts, and cascades are needed here"),
        (["SyntheticPots", "--model", "DSN"], "did you mean SyntheticPosts"),
        (["Memetracker", "--model", "DSN"], "Memetracker: this is no dataset of posts"),
        (["posts.csv", "--model", "DSN", "--labels", "now"], "--labels"),
    ],
)
def test_options_that_have_no_effect_are_errors_of_one_line(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", *words, "--quiet"]) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert message in error[-1]
    assert "Traceback" not in error[-1]


def test_the_inputs_of_trees_have_importances(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--model-args.iterations", "20", "--model-args.thread_count", "1", "--text-features", "lsa"]
    assert main(["fit", "posts.csv", "--model", "CatBoostPopularity", *words, "--out", "trees", "--quiet"]) == 0
    importances = TASK.importances(load_model("trees/model.safetensors"))
    assert importances.sum() == pytest.approx(100)
    assert importances["text (32 components)"] > 0
    assert "text 1" not in importances.index
    assert main(["test", "trees", "posts.csv"]) == 0
    printed = capsys.readouterr().out
    assert "Importance of the inputs" in printed
    assert importances.index[0] in printed
    assert main(["predict", "trees", "posts.csv", "--page", "trees.html", "--quiet"]) == 0
    assert "What the predictions depend on" in Path("trees.html").read_text("utf-8")
    assert TASK.importances(MeanLabel(3)) is None


def test_a_table_of_events_may_have_the_columns_of_posts(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"u{(start + k) % 7},p{start},{start * 100 + k}" for start in range(30) for k in range(4)]
    Path("shares.csv").write_text("\n".join(["user,post,time", *rows]) + "\n")
    for words in (["describe", "shares.csv"], ["compare", "shares.csv"]):
        assert main(words) == 2
        assert capsys.readouterr().err.splitlines()[-1] == (
            "graphcascade: error: shares.csv, line 3: the post id 'p0' occurs before, at shares.csv, line 2 (90 such "
            "rows); keep one row for each post, or if a row is an event of a cascade, read the table as cascades, with "
            "--item post."
        )
    assert main(["fit", "shares.csv"]) == 2
    assert "name the column of what spreads, as in --item post." in capsys.readouterr().err
    assert main(["describe", "shares.csv", "--item", "post"]) == 0


def test_posts_of_the_training_are_predicted_with_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--model", "RidgeRegression", "--time-unit", "s", "--out", "run"]
    assert main(["fit", "posts.csv", *words]) == 0
    output = capsys.readouterr()
    assert "the posts' texts have no features, so that RidgeRegression does not use them" in output.err
    assert "in brackets: intervals of 95 % from a bootstrap over users" in output.out
    assert main(["predict", "run", "posts.csv"]) == 0
    warning = (
        "posts: no post is without a label, so that posts with labels are predicted; the model was trained on 320 of "
    )
    assert f"{warning}these 400 posts" in capsys.readouterr().err
    table = pd.read_csv("posts.csv")
    table.loc[399, "label"] = None
    table.to_csv("posts.csv", index=False)
    assert main(["predict", "run", "posts.csv", "--out", "new.csv"]) == 0
    assert "no post is without a label" not in capsys.readouterr().err
    assert len(pd.read_csv("new.csv")) == 1


def test_online_labels_are_an_option_of_the_test(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--model", "LastLabel", "--quiet", "--counters", "false"]
    for labels in ("frozen", "online"):
        assert main(["fit", "posts.csv", *words, "--labels", labels, "--out", labels]) == 0
    assert metrics("frozen/result.json") != metrics("online/result.json")
    assert main(["test", "online", "posts.csv", "--json", "tested.json"]) == 0
    assert metrics("tested.json") == metrics("online/result.json")


def test_a_model_of_next_users_is_of_another_task() -> None:
    assert task_of(LSTM) is not TASK
