import pytest

from graphcascade.data import PostStream
from graphcascade.datasets import SyntheticPosts, load_dataset, load_posts
from graphcascade.errors import UnknownNameError, UsageError
from graphcascade.simulate import simulate_posts


def test_the_stream_is_the_simulated_one():
    dataset = SyntheticPosts("realistic", seed=3, num_posts=400, dim=8)
    assert len(dataset) == 1
    stream = dataset[0]
    assert isinstance(stream, PostStream)
    expected = simulate_posts("realistic", 400, seed=3, dim=8)
    assert stream.y.equal(expected.y)
    assert stream["post"].x_image.equal(expected["post"].x_image)
    with pytest.raises(UsageError, match="preset='other'"):
        SyntheticPosts("other")


def test_names_load_the_variants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SyntheticPosts.__init__, "__defaults__", ("claims", 0, 300, False, 8, None))
    claims, realistic, placebo = (load_posts(f"syntheticposts{variant}") for variant in ("", "realistic", "placebo"))
    names = [stream.name for stream in (claims, realistic, placebo)]
    assert names == ["SyntheticPosts", "SyntheticPostsRealistic", "SyntheticPostsPlacebo"]
    assert not realistic.y.equal(claims.y)
    assert placebo.y.equal(claims.y)
    assert not placebo.parent.equal(claims.parent)
    with pytest.raises(UnknownNameError, match="SyntheticPosts is a dataset of posts; load it with load_posts"):
        load_dataset("SyntheticPosts")
