import pytest
import torch

from graphcascade.simulate.uniforms import GAMMA, stream_keys, uniforms

MASK = (1 << 64) - 1


def mix(value: int) -> int:
    """SplitMix64's finaliser on Python's integers."""
    value &= MASK
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & MASK
    value = (value ^ value >> 27) * 0x94D049BB133111EB & MASK
    return value ^ value >> 31


def test_keys_of_seed_zero_are_the_published_splitmix64_sequence() -> None:
    keys = [key & MASK for key in stream_keys(0, torch.arange(3)).tolist()]
    assert keys == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


def test_numbers_equal_the_formula_in_python_integers() -> None:
    seed, stream, index = 2**63 - 1, torch.tensor([0, 1, 10**12]), torch.tensor([-1, 0, 10**9])
    key = stream_keys(seed, stream)
    expected = []
    for s, k in zip(stream.tolist(), index.tolist(), strict=True):
        bits = mix(mix(mix(seed) + (s + 1) * GAMMA) ^ k * GAMMA & MASK)
        expected.append(((bits >> 12) + 0.5) / 2**52)
    assert uniforms(key, index).tolist() == expected


def test_numbers_depend_on_seed_stream_and_index_only() -> None:
    key = stream_keys(5, torch.arange(10))
    table = uniforms(key[:, None].expand(10, 20).reshape(-1), torch.arange(20).repeat(10)).view(10, 20)
    assert uniforms(key[[7]], torch.tensor([13])).item() == table[7, 13].item()
    assert torch.equal(uniforms(key, torch.tensor(4)), table[:, 4])
    assert table.unique().numel() == 200
    assert uniforms(stream_keys(6, torch.arange(10)), torch.tensor(4)).tolist() != table[:, 4].tolist()


@pytest.fixture(scope="module")
def table() -> torch.Tensor:
    """Returns the numbers of 1,000 streams at 1,000 indices."""
    key = stream_keys(0, torch.arange(1000))
    return uniforms(key.repeat_interleave(1000), torch.arange(1000).repeat(1000)).view(1000, 1000)


def test_numbers_are_uniform_on_the_open_interval(table: torch.Tensor) -> None:
    flat = table.reshape(-1).sort().values
    assert flat.dtype == torch.float64
    assert 0 < flat[0] < 1e-5
    assert 1 - 1e-5 < flat[-1] < 1
    # Kolmogorov-Smirnov, level 1 %.
    rank = torch.arange(flat.numel() + 1, dtype=torch.float64) / flat.numel()
    distance = torch.maximum(rank[1:] - flat, flat - rank[:-1]).max()
    assert distance < 1.63 / flat.numel() ** 0.5
    # The last bits too: the number is an odd multiple of 2 ** -53.
    low = (table.reshape(-1) * 2**52).floor().long() & 15
    count = torch.bincount(low, minlength=16).double()
    expected = flat.numel() / 16
    assert ((count - expected) ** 2 / expected).sum() < 30.6  # chi-square, 15 degrees of freedom, level 1 %


@pytest.mark.parametrize(("rows", "columns"), [(1, 0), (0, 1), (1, 1), (0, 2), (2, 0), (0, 64), (64, 0)])
def test_neighbours_are_not_correlated(table: torch.Tensor, rows: int, columns: int) -> None:
    # Correlation of the numbers, and of their distances from 1/2; without correlation both have deviation 1 / sqrt(n).
    for values in (table, (table - 0.5).abs()):
        one = values[: 1000 - rows, : 1000 - columns].reshape(-1)
        two = values[rows:, columns:].reshape(-1)
        correlation = torch.corrcoef(torch.stack([one, two]))[0, 1]
        assert abs(correlation) < 4 / one.numel() ** 0.5


def test_seeds_are_not_correlated() -> None:
    one, two = (uniforms(stream_keys(seed, torch.arange(100_000)), torch.tensor(0)) for seed in (0, 1))
    assert abs(torch.corrcoef(torch.stack([one, two]))[0, 1]) < 4 / 100_000**0.5
