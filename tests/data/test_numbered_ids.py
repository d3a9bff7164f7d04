from graphcascade.data.numbered_ids import numbered_ids


def test_ids_are_the_numbers_as_strings():
    ids = numbered_ids(3)
    assert ids.tolist() == ["0", "1", "2"]
    assert ids.dtype == object
