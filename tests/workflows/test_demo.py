from __future__ import annotations

from pathlib import Path

import torch

from graphcascade.data.segments import segment_steps
from graphcascade.simulate import cyan_cascades
from graphcascade.workflows import run_demo
from graphcascade.workflows.demo import HORIZON, SPAN


def test_the_page_of_the_demo_has_all_sections(tmp_path: Path) -> None:
    """Cascades start one after another, and the last ones are open."""
    demo = run_demo(tmp_path, 80, 1, seed=0, progress=False)
    assert "could not be made" not in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert {"next-users.csv", "sizes.csv"} <= {path.name for path in demo.files}
    simulated = cyan_cascades("core-periphery", "exponential", num_cascades=80, horizon=HORIZON, network_seed=0, seed=0)
    table, whole = demo.dataset.table, simulated.table
    assert table.order_problem is None
    assert float(table.time.max()) <= SPAN
    assert 0.9 * whole.num_events < table.num_events < whole.num_events
    for number, cascade in enumerate(demo.dataset):
        first = whole.ptr[number]
        size = cascade.num_nodes
        assert torch.equal(cascade.user, whole.user[first : first + size])
        ptr = torch.tensor([0, size])
        torch.testing.assert_close(
            segment_steps(cascade.time, ptr), segment_steps(whole.time[first : first + size], ptr), atol=1e-9, rtol=0
        )
