from __future__ import annotations

import numpy as np

from graphcascade.report.component_layout import component_layout


def test_linked_users_are_close_and_parts_do_not_overlap() -> None:
    edges = np.array([[0, 1, 2, 4, 5], [1, 2, 3, 5, 6]])
    place = component_layout(edges, 8)
    parts = [place[:4], place[4:7], place[7:]]
    for one in range(3):
        for other in range(one):
            low, high = (
                np.maximum(parts[one].min(0), parts[other].min(0)),
                np.minimum(parts[one].max(0), parts[other].max(0)),
            )
            assert (low > high).any()  # their frames are apart
    assert np.linalg.norm(place[0] - place[1]) < np.linalg.norm(place[0] - place[3])
    assert np.unique(place, axis=0).shape == (8, 2)
