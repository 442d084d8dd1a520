"""Charts of the curve through time: what is drawn is what the results say."""

from __future__ import annotations

import numpy as np
import pytest

from obverse.charts import to_svg
from obverse.curves.constant_maturity import TENOR_DAYS, constant_maturity
from obverse.curves.factors import curve_factors
from obverse.curves.interpolation import Interpolation, rate_curve
from obverse.curves.joined import joined_curves
from obverse.curves.regimes import regimes

from .made_histories import made

YEARS = np.array(TENOR_DAYS) / 365


@pytest.fixture(scope="module")
def history():
    draw = np.random.default_rng(2)
    rates = 0.05 + np.cumsum(0.004 * draw.normal(size=(40, 5)), axis=0)
    curves = [
        dict(zip(TENOR_DAYS, 100 * np.exp(row * YEARS), strict=True)) for row in rates.tolist()
    ]
    curves[7] = {30: 101.0}
    return made(curves, perpetual=100 + 0.02 * draw.normal(size=40))


def line(axes, label):
    return next(each for each in axes.lines if each.get_label() == label)


def test_each_tenor_is_a_line_with_its_gaps(history):
    found = constant_maturity(history)
    axes = found.plot()
    for place, days in enumerate(TENOR_DAYS):
        drawn = line(axes, f"{days:g} days").get_ydata()
        assert np.array_equal(drawn, 100 * found.rates[:, place], equal_nan=True)
    assert np.isnan(line(axes, "180 days").get_ydata()[7])
    assert "% a year, continuous, act/365" in axes.get_ylabel()
    assert "<svg" in to_svg(axes.figure)


def test_one_wild_value_does_not_set_the_scale(history):
    found = constant_maturity(history)
    found.rates[3, 0] = 50.0
    axes = found.plot()
    assert axes.get_ylim()[1] < 500
    assert any("off the scale" in each.get_text() for each in axes.texts)


def test_a_basis_without_values_is_an_empty_chart():
    assert constant_maturity(made([{}])).plot().get_title(loc="left").startswith("BTC constant")


def test_loadings_are_drawn_with_their_shares(history):
    found = curve_factors(constant_maturity(history))
    axes = found.plot()
    for place in range(3):
        label = f"component {place + 1}: {100 * found.explained[place]:.1f} %"
        assert line(axes, label).get_ydata().tolist() == found.loadings[place].tolist()


def test_every_spell_is_a_bar(history):
    found = regimes(history)
    axes = found.plot()
    assert len(axes.lines) == len(found.spells)
    labels = [each.get_text() for each in axes.get_yticklabels()]
    shares = {shape.value: share for shape, share in found.shares.items()}
    assert labels == [f"{name}, {100 * shares[name]:.1f} %"
                      for name in ("contango", "backwardation", "mixed")]  # fmt: skip


def test_the_short_end_is_drawn_beside_the_dated_rate(history):
    found = joined_curves(history)
    axes = found.plot()
    assert line(axes, "perpetual").get_ydata().tolist() == (100 * found.short_rates).tolist()
    assert line(axes, "dated, 7+ days").get_ydata().tolist() == (100 * found.dated_rates).tolist()


@pytest.mark.parametrize("method", Interpolation)
def test_a_rate_curve_passes_through_its_marked_nodes(method):
    found = rate_curve([0.1, 0.2, 0.5], [0.03, 0.05, 0.04], method)
    axes = found.plot()
    drawn = line(axes, "basis")
    days, rates = drawn.get_xdata(), drawn.get_ydata()
    assert np.interp(found.years * 365, days, rates) == pytest.approx(100 * found.rates, abs=0.02)
    assert len([each for each in axes.lines if (each.get_gid() or "").startswith("tip|")]) == 3
