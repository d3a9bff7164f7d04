import numpy as np
import torch

from graphcascade.data import PostStream


def test_figures_of_a_small_stream(make_stream) -> None:
    figures = make_stream(crawl_time_names=("followers",)).describe()
    expected = {
        "posts": 4,
        "users": 3,
        "posts per publishing user": 1.3333,
        "most posts of a user": 2,
        "categories": 4,
        "categories at each level": [2, 1, 1],
        "posts without a category": 1,
        "most posts of a category": 1,
        "posts with a label": 3,
        "mean of the labels": 3.0,
        "standard deviation of the labels": 2.1602,
        "smallest label": 1.0,
        "largest label": 6.0,
        "autocorrelation of the labels at lag 10": None,
        "posts without an image": 4,
        "posts without text": 1,
        "numbers": "followers",
        "numbers of crawl time": "followers",
        "missing numbers": 1,
        "first post": 10.0,
        "last post": 90.0,
        "time unit": "s",
        "posts out of time order, sorted": 1,
        "missing images, left out": 0,
    }
    assert {key: figures[key] for key in expected} == expected


def test_the_autocorrelation_is_that_of_the_labels_at_the_lag() -> None:
    y = torch.randn(200, generator=torch.Generator().manual_seed(0)).cumsum(0)
    figures = PostStream(torch.arange(200.0).double(), torch.zeros(200, dtype=torch.long), y).describe()
    for lag in (1, 10, 100):
        expected = np.corrcoef(y[:-lag].numpy(), y[lag:].numpy())[0, 1]
        assert figures[f"autocorrelation of the labels at lag {lag}"] == round(float(expected), 4)


def test_a_notebook_shows_the_description(random_stream) -> None:
    stream = random_stream()
    text = stream._repr_html_()
    assert "PostStream(" in text
    assert f"<td>{stream.describe()['posts']:,}</td>" in text
