"""The simulated market: the rulebook's contracts, deterministic, convergent, and labelled."""

from __future__ import annotations

import math
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.contracts.instants import years_between
from obverse.errors import MarketDataError
from obverse.market import Market, simulated
from obverse.market.calibration import (
    Calibration,
    CoinCalibration,
    Jumps,
    Seasons,
    TenorBasis,
    Volatility,
    calibrated_path,
)
from obverse.market.simulated_paths import simulated_path
from obverse.rulebooks import rulebook, venues

TODAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
moments = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: TODAY - timedelta(minutes=minutes))


@pytest.fixture(scope="module")
def market() -> Market:
    return simulated()


def test_it_is_labelled_wherever_it_is_shown(market: Market) -> None:
    assert market.simulated
    assert market["BTC"].simulated
    assert market.source == market["BTC"].source == "simulated market, seed 7"
    assert all("simulated" in quote.source for quote in market["BTC"].quotes)
    assert repr(market).startswith("Simulated market at deribit as of 2026-11-20T12:00:00Z")
    assert "simulated" in market._repr_html_()
    assert "simulated" in repr(market["ETH"])


def test_it_is_the_same_every_time(market: Market) -> None:
    assert simulated() == market
    assert simulated(seed=8) != market


def test_its_numbers_never_change(market: Market) -> None:
    """Pinned, so that a new NumPy or another machine that moves the path is noticed."""
    btc, eth = market["BTC"], market["ETH"]
    assert (btc.index, eth.index) == (Decimal("90658.06"), Decimal("3020.53"))
    assert btc["BTC-PERPETUAL"].mark == Decimal("90686.28")
    assert btc["BTC-PERPETUAL"].funding_rate_8h == Decimal("0.00006122")
    assert btc["BTC-25DEC26"].mark == Decimal("90937.14")


@pytest.mark.parametrize("underlying", ["BTC", "ETH"])
def test_it_has_what_the_rulebook_lists_on_its_ticks(market: Market, underlying: str) -> None:
    listed = rulebook("deribit", as_of=TODAY).listed(underlying, TODAY)
    snapshot = market[underlying]
    assert {item.symbol for item in listed} == {quote.symbol for quote in snapshot.quotes}
    assert snapshot.findings == ()
    for item in listed:
        quote = snapshot[item.symbol]
        assert quote.expiry == item.expiry
        assert quote.bid is not None
        assert quote.ask is not None
        assert quote.last in (quote.bid, quote.ask)
        assert quote.bid < quote.mark < quote.ask
        assert quote.bid % item.tick == quote.ask % item.tick == 0
        assert quote.mark == quote.mark.quantize(Decimal("0.01"))
        assert (quote.ask - quote.bid) / quote.mark < Decimal("0.001")
        assert quote.open_interest_usd is not None
        assert quote.volume_24h_usd is not None
        assert quote.open_interest_usd % 10 == quote.volume_24h_usd % 10 == 0
        assert (quote.funding_rate_8h is None) == (item.expiry is not None)


@settings(deadline=None, max_examples=20)
@given(moments)
def test_markets_of_two_instants_lie_on_one_path(at: datetime) -> None:
    path = simulated_path(7, "BTC", TODAY)
    hours = (at - datetime(2024, 1, 1, tzinfo=UTC)) // timedelta(hours=1)
    snapshot = simulated(at=at)["BTC"]
    assert snapshot.at == at
    assert float(snapshot.index) == pytest.approx(path.index_usd[hours], abs=0.005)
    perpetual = float(snapshot["BTC-PERPETUAL"].mark)
    assert perpetual == pytest.approx(path.perpetual_usd[hours], abs=0.005)


def test_a_coin_does_not_depend_on_the_others(market: Market) -> None:
    assert simulated(underlyings=("ETH",))["ETH"] == market["ETH"]


@settings(deadline=None, max_examples=20)
@given(moments, st.integers(0, 1000))
def test_the_basis_is_moderate_and_goes_to_zero_at_delivery(at: datetime, seed: int) -> None:
    snapshot = simulated(seed=seed, at=at)["BTC"]
    for quote in snapshot.nodes:
        assert quote.expiry is not None
        years = years_between(at, quote.expiry)
        gap = math.log(quote.mark / snapshot.index)
        assert abs(gap) < 0.4 * years + 1e-6


@pytest.mark.parametrize(("before", "most_bp"), [(3600, 0.3), (60, 0.01), (1, 0.01)])
def test_just_before_delivery_the_mark_is_the_index(before: int, most_bp: float) -> None:
    at = datetime(2026, 12, 25, 8, tzinfo=UTC) - timedelta(seconds=before)
    snapshot = simulated(at=at)["BTC"]
    gap_bp = (snapshot["BTC-25DEC26"].mark / snapshot.index - 1) * 10_000
    assert abs(gap_bp) < most_bp


def test_between_hours_the_path_waits_and_delivery_comes_nearer(market: Market) -> None:
    later = simulated(at=TODAY + timedelta(minutes=59))["BTC"]
    assert later.index == market["BTC"].index
    assert later["BTC-PERPETUAL"].mark == market["BTC"]["BTC-PERPETUAL"].mark
    assert later["BTC-25DEC26"].mark != market["BTC"]["BTC-25DEC26"].mark
    assert later["BTC-25DEC26"].observed_at == later.at


def test_coins_and_seeds_it_does_not_have_are_refused() -> None:
    with pytest.raises(MarketDataError, match="seed"):
        simulated(seed=-1)
    with pytest.raises(MarketDataError, match="BTC, ETH"):
        simulated(underlyings=("DOGE",))


@pytest.mark.parametrize("venue", venues())
def test_every_venue_can_be_simulated(venue: str) -> None:
    market = simulated(venue=venue, at="2025-11-20T12:00:00Z")
    for snapshot in market.snapshots.values():
        assert snapshot.perpetuals
        assert all(found.severity == "flagged" for found in snapshot.findings)


def test_it_does_not_load_polars() -> None:
    code = "import sys, obverse.market as m; m.simulated(); sys.exit('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    """BTC with a basis of its own at two tenors, calm, and without noise."""
    tenors = [
        TenorBasis(
            days=days,
            mean=mean,
            deviation=0.01,
            half_life_days=20.0,
            half_life_low_days=10.0,
            half_life_high_days=40.0,
            half_life_held=False,
            noise=0.0,
            tilt=0.0,
        )
        for days, mean in ((30, -0.1), (90, 0.2))
    ]
    coin = CoinCalibration(
        start_usd=10_000.0,
        volatility=Volatility(0.2, 0.1, 5.0, 5.0, 5.0),
        jumps=Jumps(0.0, 0.0),
        seasons=Seasons((1.0,) * 24, (1.0,) * 7),
        basis=tuple(tenors),
    )
    return Calibration({"BTC": coin})


def test_a_calibrated_market_says_so_and_differs(market: Market, calibration: Calibration) -> None:
    calibrated = simulated(calibration=calibration)
    assert calibrated.simulated
    assert calibrated.source == "simulated market, seed 7, calibrated"
    assert calibrated == simulated(calibration=calibration)
    assert calibrated["BTC"].index != market["BTC"].index
    assert calibrated["ETH"] == market["ETH"]  # a coin that the calibration lacks
    assert calibrated["BTC"].source == calibrated.source
    assert calibrated["BTC"].findings == ()


@settings(deadline=None, max_examples=10)
@given(moments, st.integers(0, 1000))
def test_calibrated_marks_lie_between_the_tenors(
    calibration: Calibration, at: datetime, seed: int
) -> None:
    """The log of mark over index is linear in time from 30 to 90 days, the basis flat outside."""
    snapshot = simulated(seed=seed, at=at, underlyings=("BTC",), calibration=calibration)["BTC"]
    path = calibrated_path(seed, "BTC", at, calibration)
    near, far = (float(tenor.basis[-1]) for tenor in path.tenors)
    assert float(snapshot.index) == pytest.approx(path.index_usd[-1], abs=0.005)
    for quote in snapshot.nodes:
        assert quote.expiry is not None
        days = 365 * years_between(at, quote.expiry)
        gap = np.interp(days, [0, 30, 90], [0, 30 * near, 90 * far]) / 365
        if days > 90:
            gap = days * far / 365
        assert math.log(quote.mark / snapshot.index) == pytest.approx(gap, abs=2e-6)


def test_an_expiry_has_a_noise_of_its_own_each_hour(calibration: Calibration) -> None:
    btc = calibration.coins["BTC"]
    loud = [msgspec.structs.replace(tenor, noise=0.02) for tenor in btc.basis]
    noisy = Calibration({"BTC": msgspec.structs.replace(btc, basis=tuple(loud))})
    found = []
    for day in range(60):
        at = datetime(2024, 2, 1, tzinfo=UTC) + timedelta(days=day)
        both = [
            simulated(at=at, underlyings=("BTC",), calibration=each)["BTC"]
            for each in (calibration, noisy)
        ]
        still, loud_one = (
            [quote for quote in snapshot.nodes if quote.expiry is not None] for snapshot in both
        )
        for quiet, moved in zip(still, loud_one, strict=True):
            assert quiet.expiry is not None
            years = years_between(at, quiet.expiry)
            if years > 0.1:
                found.append(math.log(moved.mark / quiet.mark) / years)
    assert len(found) > 150
    assert np.std(found) == pytest.approx(0.02, rel=0.2)
    assert abs(np.mean(found)) < 0.005
