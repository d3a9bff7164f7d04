from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from graphcascade.errors import UsageError
from graphcascade.nn import LogLinearTimeHead

SLOPES = (-1.3, -1e-9, 0.0, 1e-9, 0.8)
HORIZON = 4.0


def make_head(
    log_rate: float, slope: float, horizon: float = HORIZON, scale: float = 1.0
) -> tuple[LogLinearTimeHead, Tensor]:
    """Returns a head and a row for which its intensity is ``exp(log_rate + slope * s / scale) / scale``."""
    head = LogLinearTimeHead(1, horizon, scale).double()
    with torch.no_grad():
        head.log_rate.weight.fill_(1.0)
        head.slope.fill_(slope)
    return head, torch.tensor([[log_rate]], dtype=torch.float64)


def integral(f, low: float, high: float, pieces: int = 400) -> float:
    """Integrates by a Gauss-Legendre rule on many pieces."""
    node, weight = np.polynomial.legendre.leggauss(20)
    edges = np.linspace(low, high, pieces + 1)
    width = np.diff(edges)[:, None]
    return float((f(edges[:-1, None] + width * (node + 1) / 2) * weight * width / 2).sum())


def density(s, log_rate: float, slope: float):
    """Density of Eq. 2 with the integral of the intensity in closed form."""
    total = np.exp(log_rate) * (s if slope == 0 else np.expm1(slope * s) / slope)
    return np.exp(log_rate + slope * s - total)


@settings(max_examples=300, deadline=None)
@given(
    log_rate=st.floats(-8, 4),
    slope=st.one_of(st.floats(-6, 3), st.floats(-1e-6, 1e-6), st.sampled_from([0.0, 1e-300, -1e-12])),
    interval=st.one_of(st.floats(0, 6), st.floats(0, 1e-9)),
    scale=st.sampled_from([1.0, 1e-3, 3600.0]),
)
def test_log_density_matches_the_intensity(log_rate: float, slope: float, interval: float, scale: float) -> None:
    head, x = make_head(log_rate, slope, scale=scale)
    expected = (
        log_rate + slope * interval - integral(lambda s: np.exp(log_rate + slope * s), 0, interval) - math.log(scale)
    )
    result = head.log_prob(x, torch.tensor([interval * scale], dtype=torch.float64))
    assert result.item() == pytest.approx(expected, rel=1e-9, abs=1e-9)


@settings(max_examples=300, deadline=None)
@given(
    log_rate=st.floats(-100, 100),
    slope=st.floats(-1e6, 1e6),
    interval=st.one_of(st.floats(0, 1e9), st.floats(0, 1e-6), st.just(0.0)),
    double=st.booleans(),
)
def test_everything_is_finite(log_rate: float, slope: float, interval: float, double: bool) -> None:
    head, x = make_head(log_rate, slope)
    if not double:
        head, x = head.float(), x.float()
    x.requires_grad_()
    result = head.log_prob(x, torch.tensor([interval], dtype=torch.float64))
    assert result.dtype == x.dtype
    result.sum().backward()
    for value in (result, x.grad, head.slope.grad, head.log_rate.weight.grad, head.log_rate.bias.grad):
        assert value is not None
        assert bool(value.isfinite().all())
    for time in (head.mean(x), head.median(x), head.sample(x)):
        assert 0 <= time.item() <= HORIZON


@pytest.mark.parametrize("slope", [*SLOPES, 0.049, 0.051, -0.049, -0.051, 0.012, 40.0, 2e3])
@pytest.mark.parametrize("log_rate", [-3.0, 0.7])
def test_gradient_matches_finite_differences(slope: float, log_rate: float) -> None:
    head, _ = make_head(log_rate, slope)
    x = torch.full((4, 1), log_rate, dtype=torch.float64, requires_grad=True)
    interval = torch.tensor([0.0, 1e-3, 0.9, 1.7], dtype=torch.float64)

    def f(x: Tensor, slope: Tensor) -> Tensor:
        return torch.func.functional_call(head, {"slope": slope}, (x, interval))

    head.forward = head.log_prob
    torch.autograd.gradcheck(f, (x, head.slope), eps=1e-7, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("log_rate", [-4.0, -0.3, 2.5])
@pytest.mark.parametrize("horizon", [0.01, HORIZON, 60.0])
def test_mean_and_median_match_the_density_before_the_horizon(slope: float, log_rate: float, horizon: float) -> None:
    head, x = make_head(log_rate, slope, horizon)
    before = integral(lambda s: density(s, log_rate, slope), 0, horizon)
    mean = integral(lambda s: s * density(s, log_rate, slope), 0, horizon) / before
    assert head.mean(x).item() == pytest.approx(mean, rel=1e-6)
    median = head.median(x).item()
    assert integral(lambda s: density(s, log_rate, slope), 0, median) == pytest.approx(before / 2, rel=1e-9)


@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("horizon", [HORIZON, math.inf])
def test_samples_have_the_mean_and_the_median(slope: float, horizon: float) -> None:
    head, x = make_head(-0.4, slope, horizon, scale=60.0)
    sample = head.sample(x.expand(200_000, 1), torch.Generator().manual_seed(0))
    assert bool((sample >= 0).all())
    assert bool((sample <= horizon).all())
    error = float(sample.std()) / math.sqrt(sample.numel())
    assert abs(float(sample.mean()) - float(head.mean(x))) < 4 * error
    below = (sample < head.median(x)).double().mean()
    assert abs(float(below) - 0.5) < 4 * 0.5 / math.sqrt(sample.numel())


def test_without_a_horizon_a_constant_intensity_is_exponential() -> None:
    head, x = make_head(math.log(0.2), 0.0, math.inf)
    assert head.mean(x).item() == pytest.approx(5, rel=1e-9)
    assert head.median(x).item() == pytest.approx(5 * math.log(2), rel=1e-12)


def test_without_a_horizon_the_mean_of_a_decaying_intensity_is_conditional_on_an_event() -> None:
    log_rate, slope = 0.1, -0.7
    head, x = make_head(log_rate, slope, math.inf)
    before = integral(lambda s: density(s, log_rate, slope), 0, 100)
    assert before == pytest.approx(-math.expm1(math.exp(log_rate) / slope))
    mean = integral(lambda s: s * density(s, log_rate, slope), 0, 100) / before
    assert head.mean(x).item() == pytest.approx(mean, rel=1e-7)


@pytest.mark.parametrize("slope", [-50.0, 50.0, 1e4])
@pytest.mark.parametrize("log_rate", [-29.0, 0.0, 29.0])
@pytest.mark.parametrize("horizon", [1e-3, 1.0, 1e5])
def test_the_mean_at_extremes_matches_the_mean_of_quantiles(slope: float, log_rate: float, horizon: float) -> None:
    """Compares with the average over many quantiles."""
    head, x = make_head(log_rate, slope, horizon)
    with torch.no_grad():
        inverse, total = head._inverse(x)
    y = -np.log1p((np.arange(2_000_000) + 0.5) / 2_000_000 * np.expm1(-float(total)))
    with torch.no_grad():
        expected = float(inverse(torch.from_numpy(y)[None]).mean())
    assert head.mean(x).item() == pytest.approx(expected, rel=1e-4)


def test_the_intensity_is_capped() -> None:
    """The intensity is exp(30) from s = 1 on, and the density is that of the capped intensity."""
    head, x = make_head(20.0, 10.0)
    interval = torch.tensor([1.0, 1.5], dtype=torch.float64)
    early, late = head.log_prob(x.expand(2, 1), interval).tolist()
    assert early - late == pytest.approx(0.5 * math.exp(30), rel=1e-12)


def test_scale_is_only_a_unit() -> None:
    """The same distribution in minutes and in seconds: densities differ by a factor of 60."""
    minutes, x = make_head(0.3, -0.2, 10.0, 1.0)
    seconds, _ = make_head(0.3, -0.2, 600.0, 60.0)
    interval = torch.tensor([2.0], dtype=torch.float64)
    assert minutes.log_prob(x, interval).item() == pytest.approx(
        seconds.log_prob(x, 60 * interval).item() + math.log(60)
    )
    for method in ("mean", "median"):
        assert float(getattr(seconds, method)(x)) == pytest.approx(60 * float(getattr(minutes, method)(x)))


@pytest.mark.parametrize("slope", [-0.8, 0.0, 0.6])
def test_maximum_likelihood_recovers_the_parameters(slope: float) -> None:
    """Fits without a horizon. Intervals that never end have no row, so the loss has a term for their share."""
    truth, _ = make_head(0.5, slope, math.inf)
    x = torch.zeros(20_000, 1, dtype=torch.float64) + 0.5
    interval = truth.sample(x, torch.Generator().manual_seed(1))
    head = LogLinearTimeHead(1, math.inf).double()
    optimizer = torch.optim.LBFGS(head.parameters(), max_iter=100, line_search_fn="strong_wolfe")
    never = math.exp(math.exp(0.5) / slope) if slope < 0 else 0.0

    def loss() -> Tensor:
        optimizer.zero_grad()
        a, w = head._log_rate_and_slope(x)
        value = -head.log_prob(x, interval).mean()
        if never:  # log-probability that no event comes, weighted by the share of such rows
            value = value + never / (1 - never) * (a.exp() / -w.clamp(max=-1e-3)).mean()
        value.backward()
        return value

    if never:
        torch.nn.init.constant_(head.slope, -0.1)
    optimizer.step(loss)
    assert head.slope.item() == pytest.approx(slope, abs=0.05)
    assert head._log_rate_and_slope(x)[0][0].item() == pytest.approx(0.5, abs=0.05)


def test_prepare_sets_what_was_not_given() -> None:
    interval = torch.tensor([1.0, 2.0, 9.0], dtype=torch.float64)
    measured = LogLinearTimeHead(2, None, None)
    assert str(measured).startswith("LogLinearTimeHead(\n  2, horizon=inf, scale=1\n")
    measured.prepare(interval[:0])
    measured.prepare(interval * 0)
    assert (float(measured.horizon), float(measured.scale)) == (math.inf, 1)
    measured.prepare(interval)
    assert (float(measured.horizon), float(measured.scale)) == (9, 4)
    given = LogLinearTimeHead(2, 3.0, 0.5)
    given.prepare(interval)
    assert (float(given.horizon), float(given.scale)) == (3, 0.5)
    again = LogLinearTimeHead(2, None, None)
    again.load_state_dict(measured.state_dict())
    assert (float(again.horizon), float(again.scale)) == (9, 4)


def test_zero_rows_give_zero_results() -> None:
    head = LogLinearTimeHead(3, 2.0)
    x = torch.empty(0, 3)
    for result in (head.log_prob(x, torch.empty(0)), head.mean(x), head.median(x), head.sample(x)):
        assert result.shape == (0,)


def test_bfloat16_rows_get_float32_densities() -> None:
    head = LogLinearTimeHead(2, 2.0).bfloat16()
    assert head.log_prob(torch.ones(1, 2, dtype=torch.bfloat16), torch.ones(1)).dtype == torch.float32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"features": 0}, r"features=0\): must be at least 1"),
        ({"features": 2, "horizon": 0.0}, r"horizon=0.0\): must be above 0"),
        ({"features": 2, "horizon": math.nan}, r"horizon=nan\): must be above 0"),
        ({"features": 2, "scale": math.inf}, r"scale=inf\): must be a finite number above 0"),
        ({"features": 2, "scale": -1.0}, r"scale=-1.0\): must be a finite number above 0"),
    ],
)
def test_bad_arguments_raise_an_error(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        LogLinearTimeHead(**arguments)


@pytest.mark.parametrize(
    ("interval", "message"),
    [
        ([1.0, -1.0], "interval: has a value that is negative or not finite"),
        ([1.0, math.nan], "interval: has a value that is negative or not finite"),
        ([1.0], r"interval: has the shape \[1\], must have \[2\]"),
    ],
)
def test_bad_intervals_raise_an_error(interval: list[float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        LogLinearTimeHead(1).log_prob(torch.ones(2, 1), torch.tensor(interval))


@pytest.mark.parametrize("elapsed", [0.0, 0.7, 250.0])
def test_a_constant_intensity_has_no_memory(elapsed: float) -> None:
    """The exponential distribution: what is left of the interval does not depend on what has passed."""
    head, x = make_head(-0.5, 0.0, horizon=math.inf, scale=2.0)
    past = torch.tensor([elapsed], dtype=torch.float64)
    rate = math.exp(-0.5) / 2
    assert head.mean(x, past).item() == pytest.approx(elapsed + 1 / rate, rel=1e-9)
    assert head.median(x, past).item() == pytest.approx(elapsed + math.log(2) / rate, rel=1e-9)


@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("elapsed", [0.0, 0.4, 2.5, 3.99])
def test_the_interval_is_conditional_on_the_elapsed_time(slope: float, elapsed: float) -> None:
    head, x = make_head(-0.3, slope)
    mass = integral(lambda s: density(s, -0.3, slope), elapsed, HORIZON)
    expected = integral(lambda s: s * density(s, -0.3, slope), elapsed, HORIZON) / mass
    past = torch.tensor([elapsed], dtype=torch.float64)
    assert head.mean(x, past).item() == pytest.approx(expected, rel=1e-7)
    median = head.median(x, past).item()
    assert integral(lambda s: density(s, -0.3, slope), elapsed, median) == pytest.approx(mass / 2, rel=1e-7)


def test_nothing_follows_after_the_horizon_or_where_the_intensity_is_used_up() -> None:
    for head, past in ((make_head(-0.3, -1.0), HORIZON), (make_head(-0.3, -1.0, horizon=math.inf), 1e6)):
        elapsed = torch.tensor([past], dtype=torch.float64)
        assert math.isnan(head[0].mean(head[1], elapsed).item())
        assert math.isnan(head[0].median(head[1], elapsed).item())


def test_means_of_many_rows_are_those_of_each_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphcascade.nn.log_linear_time_head.ROWS_PER_CHUNK", 3)
    head, _ = make_head(0.0, 0.4)
    x, past = torch.linspace(-1, 1, 8, dtype=torch.float64)[:, None], torch.linspace(0, 3, 8, dtype=torch.float64)
    each = [head.mean(x[[row]], past[[row]]).item() for row in range(8)]
    assert head.mean(x, past).tolist() == pytest.approx(each)
