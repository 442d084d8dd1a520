"""Rates between expiries: every method through its nodes, against the paper's and other numbers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.interpolate import CubicSpline

from obverse.curves import curve
from obverse.curves.interpolation import (
    Extrapolation,
    Interpolation,
    rate_curve,
    rate_curve_of,
)
from obverse.errors import MarketDataError

LOG_LINEAR, MONOTONE, CUBIC = Interpolation
gaps = st.lists(st.floats(1 / 365, 0.5), min_size=1, max_size=12)
any_rate = st.floats(-0.6, 0.6, allow_subnormal=False)
some_step = st.just(0.0) | st.floats(1e-9, 0.5)


@st.composite
def nodes(draw, rates=any_rate):
    years = np.cumsum(draw(gaps))
    return years, np.array(draw(st.lists(rates, min_size=len(years), max_size=len(years))))


@pytest.mark.parametrize("method", Interpolation)
@given(given_nodes=nodes())
def test_every_method_reprices_its_nodes(method, given_nodes):
    years, rates = given_nodes
    found = rate_curve(years, rates, method)
    assert found.rate(years) == pytest.approx(rates, abs=1e-12)
    assert found.discount(years) == pytest.approx(np.exp(-rates * years), rel=1e-12)


@pytest.mark.parametrize("method", Interpolation)
@given(given_nodes=nodes(), share=st.floats(0.05, 0.95))
def test_the_forward_rate_is_the_slope_of_rate_times_time(method, given_nodes, share):
    years, rates = given_nodes
    found = rate_curve(years, rates, method, extrapolation=Extrapolation.FLAT_RATE)
    edges = np.append(0.0, years)
    at = edges[:-1] + share * np.diff(edges)
    step = 1e-6 * np.diff(edges)
    low, high = (found.rate(at + sign * step) * (at + sign * step) for sign in (-1, 1))
    slope = (high - low) / (2 * step)
    # A difference across a kink of the forward rate is a mean of both sides.
    sides = (found.forward(at - step), found.forward(at + step))
    wide = 1e-4 + np.abs(sides[0] - sides[1])
    assert (np.abs(found.forward(at) - slope) < wide).all()


@pytest.mark.parametrize("method", Interpolation)
@given(rate=any_rate, years=gaps)
def test_a_level_curve_stays_level(method, rate, years):
    years = np.cumsum(years)
    found = rate_curve(years, np.full(len(years), rate), method)
    at = np.linspace(years[0] / 3, years[-1], 40)
    assert found.rate(at) == pytest.approx(rate, abs=1e-11)
    assert found.forward(at) == pytest.approx(rate, abs=1e-9)


@given(given_nodes=nodes())
def test_log_linear_is_numpys_line_through_rate_times_time(given_nodes):
    years, rates = given_nodes
    at = np.linspace(years[0] / 5, years[-1], 30)
    plain = np.interp(at, np.append(0, years), np.append(0, years * rates)) / at
    assert rate_curve(years, rates).rate(at) == pytest.approx(plain, abs=1e-10)


@given(given_nodes=nodes())
def test_cubic_is_scipys_natural_spline(given_nodes):
    years, rates = given_nodes
    found = rate_curve(years, rates, CUBIC)
    at = np.linspace(years[0], years[-1], 30)[1:]
    if len(years) > 1:
        spline = CubicSpline(years, rates, bc_type="natural")
        assert found.rate(at) == pytest.approx(spline(at), abs=1e-8, rel=1e-8)
        slopes = spline(at) + at * spline(at, 1)
        assert found.forward(at) == pytest.approx(slopes, abs=1e-6, rel=1e-6)
    assert found.rate(years[0] / 2) == rates[0]


def plain_monotone_convex(years, rates, at, positive):
    """Hagan and West (2008), figure by figure, one time at a time."""
    t, y = [0.0, *years], [0.0, *(years * rates)]
    d = [(b - a) / (v - u) for (u, v), (a, b) in zip(pairwise(t), pairwise(y), strict=True)]
    n = len(d)
    f = [0.0] * (n + 1)
    for i in range(1, n):
        f[i] = (t[i] - t[i - 1]) / (t[i + 1] - t[i - 1]) * d[i]
        f[i] += (t[i + 1] - t[i]) / (t[i + 1] - t[i - 1]) * d[i - 1]
    f[0] = d[0] - 0.5 * (f[1] - d[0]) if n > 1 else d[0]
    f[n] = d[-1] - 0.5 * (f[n - 1] - d[-1]) if n > 1 else d[0]
    if positive:
        caps = [d[0], *(min(a, b) for a, b in pairwise(d)), d[-1]]
        f = [min(max(0.0, value), 2 * cap) for value, cap in zip(f, caps, strict=True)]
    i = next(place for place in range(n) if at <= t[place + 1])
    x = (at - t[i]) / (t[i + 1] - t[i])
    g0, g1 = f[i] - d[i], f[i + 1] - d[i]

    def g(x):
        if g0 == g1 == 0:
            return 0.0
        if g0 * g1 < 0 and 0.5 * abs(g0) <= abs(g1) <= 2 * abs(g0):
            return g0 * (1 - 4 * x + 3 * x * x) + g1 * (-2 * x + 3 * x * x)
        if g0 * g1 < 0 and abs(g1) > 2 * abs(g0):
            turn = (g1 + 2 * g0) / (g1 - g0)
            return g0 if x <= turn else g0 + (g1 - g0) * ((x - turn) / (1 - turn)) ** 2
        if g0 * g1 < 0:
            turn = 3 * g1 / (g1 - g0)
            return g1 + (g0 - g1) * ((turn - x) / turn) ** 2 if x < turn else g1
        turn, low = g1 / (g1 + g0), -g0 * g1 / (g0 + g1)
        if x < turn:
            return low + (g0 - low) * ((turn - x) / turn) ** 2
        return low + ((g1 - low) * ((x - turn) / (1 - turn)) ** 2 if turn < 1 else 0.0)

    turns = [h for h in ((g1 + 2 * g0, g1 - g0), (3 * g1, g1 - g0), (g1, g1 + g0)) if h[1]]
    breaks = sorted({h / k for h, k in turns if 0 < h / k < x})
    whole = sum(quad(g, a, b)[0] for a, b in pairwise([0.0, *breaks, x]))
    return (y[i] + (t[i + 1] - t[i]) * (d[i] * x + whole)) / at, d[i] + g(x)


@given(given_nodes=nodes(), share=st.floats(0.01, 0.99))
def test_monotone_convex_is_the_papers_formula(given_nodes, share):
    years, rates = given_nodes
    found = rate_curve(years, rates, MONOTONE)
    at = share * years[-1]
    rate, forward = plain_monotone_convex(years, rates, at, positive=False)
    assert found.rate(at) == pytest.approx(rate, abs=1e-9)
    assert found.forward(at) == pytest.approx(forward, abs=1e-7, rel=1e-7)


@given(steps=st.lists(some_step, min_size=2, max_size=10), share=st.floats(0.01, 0.99))
def test_positive_forwards_are_never_negative_and_reprice(steps, share):
    years = np.cumsum(np.resize([0.02, 0.08, 0.25], len(steps)))
    rates = np.cumsum(np.diff(years, prepend=0) * steps) / years
    found = rate_curve(years, rates, MONOTONE, positive_forwards=True)
    at = np.linspace(0.001, years[-1], 200)
    assert (found.forward(at) >= -1e-9).all()
    assert found.rate(years) == pytest.approx(rates, abs=1e-12)
    rate, _ = plain_monotone_convex(years, rates, share * years[-1], positive=True)
    assert found.rate(share * years[-1]) == pytest.approx(rate, abs=1e-9)


def test_a_step_of_almost_nothing_divides_by_nothing():
    for rates in ([0.0, 5e-324, 0.5], [0.5, 1e-320, 0.0], [1e-310, 0.0, 1e-310]):
        found = rate_curve([0.1, 0.2, 0.3], rates, MONOTONE)
        at = np.linspace(0.01, 0.3, 59)
        assert np.isfinite(found.rate(at)).all()
        assert np.isfinite(found.forward(at)).all()


def test_positive_forwards_are_a_choice():
    years, rates = [0.1, 0.2, 0.3], [0.01, 0.05, 0.04]
    free = rate_curve(years, rates, MONOTONE)
    kept = rate_curve(years, rates, MONOTONE, positive_forwards=True)
    at = np.linspace(0.001, 0.3, 300)
    assert free.forward(at).min() < 0 <= kept.forward(at).min()
    backwardation = rate_curve(years, [-0.02, -0.05, -0.04], MONOTONE)
    assert backwardation.forward(0.15) < 0
    with pytest.raises(MarketDataError, match="1 of 1 curves have a negative forward"):
        rate_curve(years, [-0.02, -0.05, -0.04], MONOTONE, positive_forwards=True)
    with pytest.raises(MarketDataError, match="not of cubic-rate"):
        rate_curve(years, rates, CUBIC, positive_forwards=True)


def test_monotone_convex_has_the_published_worked_example():
    """Dehlbom, Interpolation of the yield curve (Uppsala 2020), worked after Hagan and West."""
    years = np.arange(1.0, 6.0)
    rates = -np.log([0.98, 0.955, 0.92, 0.88, 0.83]) / years
    found = rate_curve(years, rates, MONOTONE)
    forwards = [0.023, 0.0316, 0.0409, 0.0515, 0.0620]
    assert found.forward(years) == pytest.approx(forwards, abs=1e-4)
    assert found.forward(1e-9) == pytest.approx(0.0188, abs=1e-4)
    assert found.forward(0.5) - 0.0202027 == pytest.approx(0.0042 * 0.25 - 0.0014, abs=1e-4)
    assert found.rate(0.5) == pytest.approx(0.0014 * 0.25 + 0.0188, abs=1e-4)
    assert found.rate(2.5) == pytest.approx(
        -0.0022 * 6.25 + 0.0212 * 2.5 + 0.0324 / 2.5 - 0.0268, abs=1.5e-4
    )


def test_monotone_convex_agrees_with_another_library():
    """Expected values of the public tests of tf-quant-finance, in per cent."""
    at = [0.25, 0.5, 1.0, 2.0, 3.0, 1.1, 2.5, 2.9, 3.6, 4.0]
    expected = [5.1171875, 5.09375, 5.0, 4.75, 4.533333, 4.9746, 4.624082, 4.535422, 4.661777]
    found = rate_curve([1, 2, 3, 4], [5.0, 4.75, 13.6 / 3, 4.775], MONOTONE)
    assert found.rate(at) == pytest.approx([*expected, 4.775], rel=1e-5)
    steps = rate_curve([1, 2, 3, 4, 5], [0.0275, 0.04, 0.0475, 0.05, 0.0475], MONOTONE)
    forwards = steps.forward([0.3, 1.3, 2.1, 4.5])
    assert forwards == pytest.approx([0.0229375, 0.05010625, 0.0609, 0.03625], rel=1e-9)


def test_beyond_the_last_node_is_a_choice():
    silent = rate_curve([0.1, 0.2], [0.05, 0.06])
    assert np.isnan(silent.rate(0.21))
    assert np.isnan(silent.forward(0.21))
    for method in Interpolation:
        flat = rate_curve([0.1, 0.2], [0.05, 0.06], method, extrapolation=Extrapolation.FLAT_RATE)
        assert flat.rate([0.3, 2.0]).tolist() == [0.06, 0.06]
        assert flat.forward(0.3) == 0.06


def test_forward_between_is_what_the_two_prices_say(make_snapshot):
    term = curve(make_snapshot("100000", {30: "100500", 90: "101800"}))
    found = rate_curve_of(term)
    expected = np.log(101800 / 100500) / (60 / 365)
    assert found.forward_between(30 / 365, 90 / 365) == pytest.approx(expected, rel=1e-12)
    assert found.forward_between(30 / 365, 90 / 365) == pytest.approx(term.nodes[1].forward_rate)
    assert "BTC at deribit, log-linear" in repr(found)
    assert found.to_frame().shape == (2, 4)
    with pytest.raises(MarketDataError, match="far time"):
        found.forward_between(0.2, 0.1)


@pytest.mark.parametrize(
    ("years", "rates", "words"),
    [
        ([], [], "one at least"),
        ([0.1], [0.1, 0.2], "as many of both"),
        ([0.2, 0.1], [0.1, 0.1], "not positive, increasing"),
        ([0.0, 0.1], [0.1, 0.1], "not positive, increasing"),
        ([0.1, float("nan")], [0.1, 0.1], "not positive, increasing"),
        ([0.1, 0.2], [0.1, float("nan")], "not all finite"),
    ],
)
def test_bad_nodes_are_named(years, rates, words):
    with pytest.raises(MarketDataError, match=words):
        rate_curve(years, rates)


def test_a_time_that_is_not_ahead_is_refused():
    with pytest.raises(MarketDataError, match="above zero"):
        rate_curve([0.1], [0.05]).rate(0.0)
