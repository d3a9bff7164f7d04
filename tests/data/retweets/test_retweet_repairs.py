from graphcascade.data import RetweetRepairs


def test_repairs_are_counted_in_words():
    assert str(RetweetRepairs()) == "nothing"
    assert str(RetweetRepairs(repeated_follows=1, missing_images=1_200)) == "1 repeated follow, 1,200 missing images"
    assert not RetweetRepairs()
    assert RetweetRepairs(self_follows=1)
