import math

import pytest
import torch

from graphcascade.simulate.delays import DELAYS, Delays

CONTINUOUS: tuple[Delays, ...] = ("exponential", "rayleigh", "power_law")


def double(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize(
    ("delays", "weight", "expected"),
    [
        # Survival 1/4 solved by hand: e^(-a d), e^(-a d^2 / 2), d^-a.
        ("exponential", 2.0, math.log(4) / 2),
        ("rayleigh", 2.0, math.sqrt(math.log(4))),
        ("power_law", 2.0, 2.0),
        ("discrete", 0.8, 1.0),
        ("discrete", 0.7, math.inf),
    ],
)
def test_inverse_survival_matches_that_by_hand(delays: Delays, weight: float, expected: float) -> None:
    delay = DELAYS[delays].inverse_survival(double(0.25), double(weight))
    assert delay.dtype == torch.float64
    assert delay.item() == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("delays", "delay", "weight", "survival", "hazard"),
    [
        ("exponential", 3.0, 0.5, math.exp(-1.5), 0.5),
        ("rayleigh", 3.0, 0.5, math.exp(-2.25), 1.5),
        ("power_law", 4.0, 0.5, 0.5, 0.125),
        ("power_law", 0.5, 0.5, 1.0, 0.0),
        ("discrete", 0.5, 0.3, 1.0, 0.0),
        ("discrete", 1.0, 0.3, 0.7, 0.3),
        ("discrete", 2.0, 0.3, 0.7, 0.0),
    ],
)
def test_survival_and_hazard_match_those_by_hand(
    delays: Delays, delay: float, weight: float, survival: float, hazard: float
) -> None:
    family = DELAYS[delays]
    assert family.log_survival(double(delay), double(weight)).exp().item() == pytest.approx(survival, rel=1e-14)
    assert family.log_hazard(double(delay), double(weight)).exp().item() == pytest.approx(hazard, rel=1e-14)


@pytest.mark.parametrize("delays", CONTINUOUS)
def test_inverse_survival_inverts_survival(delays: Delays) -> None:
    family = DELAYS[delays]
    survival = torch.linspace(0.01, 0.99, 99, dtype=torch.float64)[:, None]
    weight = double(0.01, 0.5, 1.0, 10.0)
    delay = family.inverse_survival(survival, weight)
    torch.testing.assert_close(family.log_survival(delay, weight), survival.log().expand(99, 4), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("delays", CONTINUOUS)
def test_hazard_is_minus_the_slope_of_log_survival(delays: Delays) -> None:
    family = DELAYS[delays]
    delay = torch.linspace(1.1, 5, 20, dtype=torch.float64).requires_grad_()
    weight = double(0.7)
    (slope,) = torch.autograd.grad(family.log_survival(delay, weight).sum(), delay)
    torch.testing.assert_close(family.log_hazard(delay, weight).exp(), -slope)


@pytest.mark.parametrize("delays", CONTINUOUS)
def test_weight_zero_never_transmits(delays: Delays) -> None:
    family = DELAYS[delays]
    assert family.inverse_survival(double(0.5), double(0.0)).item() == math.inf
    assert family.log_survival(double(100.0), double(0.0)).item() == 0
    assert family.log_hazard(double(100.0), double(0.0)).item() == -math.inf


def test_discrete_delays_of_probability_one_and_zero_are_certain() -> None:
    uniform = double(2.0**-53, 0.5, 1 - 2.0**-53)
    assert DELAYS["discrete"].inverse_survival(uniform, double(1.0)).tolist() == [1, 1, 1]
    assert DELAYS["discrete"].inverse_survival(uniform, double(0.0)).tolist() == [math.inf] * 3


def test_discrete_arrivals_keep_whole_times_apart() -> None:
    family = DELAYS["discrete"]
    start = family.arrival(double(0.0), double(0.6), double(1.0))
    assert start.item() == pytest.approx(1.2)  # one step, and half of (1 - 0.6) / 1
    arrival = family.arrival(start, double(1 - 2.0**-53), double(1e-3))
    assert family.time(arrival).item() == 2
    last = family.arrival(double(1e6), double(2.0**-53), double(1.0))
    assert family.time(last).item() == 1e6 + 1
