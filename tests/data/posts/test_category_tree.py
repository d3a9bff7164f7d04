import torch

from graphcascade.data.posts.category_tree import CYCLE, find_ancestors, find_levels


def test_a_deep_tree_of_random_numbers_equals_a_walk_to_the_root() -> None:
    generator = torch.Generator().manual_seed(0)
    number = torch.randperm(60, generator=generator)
    parent = torch.full((60,), -1)
    for k in range(5, 60):
        parent[number[k]] = number[int(torch.randint(max(k - 4, 0), k, (1,), generator=generator))]
    level = find_levels(parent)
    ancestors = find_ancestors(parent, level)
    for category in range(60):
        path = [category]
        while parent[path[0]] >= 0:
            path.insert(0, int(parent[path[0]]))
        assert level[category] == len(path) - 1
        assert ancestors[category].tolist() == path + [-1] * (ancestors.size(1) - len(path))


def test_categories_below_a_cycle_have_no_level() -> None:
    assert find_levels(torch.tensor([1, 0, 1, -1, 3, 5])).tolist() == [CYCLE, CYCLE, CYCLE, 0, 1, CYCLE]
    assert find_levels(torch.empty(0, dtype=torch.long)).tolist() == []
    assert find_ancestors(torch.empty(0, dtype=torch.long), torch.empty(0, dtype=torch.long)).shape == (0, 0)
