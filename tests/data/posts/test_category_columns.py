import numpy as np

from graphcascade.data.posts.category_columns import join_categories


def strings(*values):
    return np.array(values, dtype=object)


def join(columns, ids):
    category, parent, names = join_categories(columns, ids, lambda row: f"row {row}")
    return category.tolist(), parent.tolist(), names.tolist()


def test_a_category_has_the_parent_that_its_posts_give():
    columns = [strings("a", "b", "", "a"), strings("x", "", "", "y"), strings("", "", "", "k")]
    assert join(columns, "name") == ([2, 1, -1, 4], [-1, -1, 0, 0, 3], ["a", "b", "x", "y", "k"])


def test_paths_keep_categories_of_the_same_name_apart():
    columns = [strings("a", "b", "a", "b"), strings("a", "x", "x", "")]
    assert join(columns, "path") == ([2, 3, 4, 1], [-1, -1, 0, 1, 0], ["a", "b", "a > a", "b > x", "a > x"])


def test_there_may_be_no_category_at_all():
    assert join([], "name") == ([], [], [])
    assert join([strings("", "")], "path") == ([-1, -1], [], [])
