import pytest

from graphcascade.data.posts.require_stream import require_stream
from graphcascade.errors import UsageError


def test_other_data_are_an_error(make_stream) -> None:
    stream = make_stream()
    assert require_stream(stream, "train") is stream
    with pytest.raises(UsageError, match="train: must be a PostStream, not int"):
        require_stream(3, "train")
