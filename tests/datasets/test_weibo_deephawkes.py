import pytest
import torch

from graphcascade.data import CascadeDataset
from graphcascade.datasets import WeiboDeepHawkes
from graphcascade.io import load_table, save_table

CASCADE = "{0}\tann\t100{0}\t2\tann:bob:1\t1{0}\n"
PATHS = "{0}\tann:0\tann,bob:60\n"
CONTENTS = {f"cascade_{part}.txt": CASCADE.format(k) for k, part in enumerate(("train", "val", "test"))}
CONTENTS |= {f"shortestpath_{part}.txt": PATHS.format(k) for k, part in enumerate(("train", "val", "test"))}


def test_each_pair_of_files_is_a_part(publish, tmp_path):
    publish(WeiboDeepHawkes, CONTENTS)
    dataset = WeiboDeepHawkes(tmp_path)
    assert dataset.table.part.tolist() == [0, 1, 2]
    assert dataset.table.growth.tolist() == [10, 11, 12]
    assert dataset.table.recorded == 3600.0
    assert [int(part[0].growth) for part in dataset.splits()] == [10, 11, 12]
    again = WeiboDeepHawkes(tmp_path)  # from the processed file
    assert again.table.growth.tolist() == [10, 11, 12]
    assert again.table.recorded == 3600.0


def test_growth_is_saved_with_a_table(publish, tmp_path):
    publish(WeiboDeepHawkes, CONTENTS)
    table = WeiboDeepHawkes(tmp_path).table
    save_table(table, tmp_path / "table.safetensors", {})
    loaded = load_table(tmp_path / "table.safetensors")
    assert torch.equal(loaded.growth, table.growth)
    assert loaded.recorded == table.recorded
    assert int(CascadeDataset(loaded)[2].growth) == 12


@pytest.mark.real_data
def test_figures_of_the_published_files(real_files, tmp_path):
    dataset = WeiboDeepHawkes(tmp_path)
    assert [len(part) for part in dataset.splits()] == [831, 178, 178]
    assert dataset.num_users == 56_063
    table = dataset.table
    assert int(table.growth.max()) == 10_269
    assert float((table.time - table.time[table.ptr[:-1]].repeat_interleave(table.size)).max()) < 3600
