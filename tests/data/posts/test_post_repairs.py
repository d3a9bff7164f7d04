from graphcascade.data import PostRepairs


def test_repairs_in_words() -> None:
    assert str(PostRepairs()) == "nothing"
    assert not PostRepairs()
    assert (
        str(PostRepairs(posts_out_of_order=1200, missing_images=1)) == "1,200 posts out of time order, 1 missing image"
    )
    assert str(PostRepairs(posts_out_of_order=1)) == "1 post out of time order"
