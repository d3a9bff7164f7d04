import numpy as np

from graphcascade.simulate.bit_set import BitSet


def test_a_bit_set_equals_a_set_of_integers() -> None:
    random = np.random.default_rng(0)
    bits, expected = BitSet(100), set()
    assert not bits.contains(np.arange(100)).any()
    for _ in range(5):
        values = random.integers(100, size=12)  # repeated values, and several in one byte
        bits.add(values)
        expected |= set(values.tolist())
        assert set(np.flatnonzero(bits.contains(np.arange(100))).tolist()) == expected
    assert 20 < len(expected) < 60
    assert bits.contains(np.array([99])).tolist() == [99 in expected]
    assert bits.contains(np.array([], dtype=np.int64)).tolist() == []
