"""What real bars say of a contract's value: turnover is volume times one rounded value.

Where a bar has one price (its high, low and close are equal; its open is the previous close) and
something traded, its turnover can be computed to the satoshi.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from strategies import listed

from obverse.contracts import Instrument, Quanto
from obverse.rulebooks import rulebook

SINGLE_PRICE_MINUTES = {2016: 40_431, 2017: 37_740, 2018: 1_032, 2019: 931, 2020: 120}


@pytest.fixture(scope="module")
def bitmex_bars() -> Path:
    folder = Path(__file__).parents[2].parent / "shared" / "data" / "bitmex"
    if not folder.is_dir():
        pytest.skip(f"no recorded BitMEX bars at {folder}")
    return folder


def minutes(folder: Path, year: int) -> pl.DataFrame:
    """Single-price minutes of XBTUSD in a year: volume, turnover in satoshi, price in cents."""
    bars = pl.scan_parquet(folder / f"xbtusd_1m_{year}.parquet")
    close = pl.col("close_x100")
    single = (close == pl.col("high_x100")) & (close == pl.col("low_x100"))
    return (
        bars.filter(single & (pl.col("volume_usd") > 0))
        .select("volume_usd", satoshi="turnover_xbt_sat", cents=close.cast(pl.Int64))
        .collect()
    )


@pytest.mark.parametrize("year", SINGLE_PRICE_MINUTES)
def test_bitmex_values_a_contract_at_the_nearest_satoshi(bitmex_bars: Path, year: int) -> None:
    """Round-half-up(1e8 / price) satoshi a contract, in every single-price minute of the year."""
    bars = minutes(bitmex_bars, year)
    cents = pl.col("cents")
    a_contract = (2 * 10**10 + cents) // (2 * cents)
    agrees = bars.select(pl.col("satoshi") == pl.col("volume_usd") * a_contract).to_series()
    assert len(bars) == SINGLE_PRICE_MINUTES[year]
    assert agrees.sum() == len(bars)


@pytest.mark.parametrize("year", SINGLE_PRICE_MINUTES)
def test_the_rulebook_of_the_year_values_every_one_of_those_minutes(
    bitmex_bars: Path, year: int
) -> None:
    """One value of a contract at every price of the year, and of each minute's whole volume."""
    xbtusd = rulebook("bitmex", as_of=date(year, 6, 1)).instrument("XBTUSD")
    bars = minutes(bitmex_bars, year)
    a_contract = {
        cents: xbtusd.value(1, Decimal(cents) / 100).units for cents in bars["cents"].unique()
    }
    assert all(volume * a_contract[cents] == satoshi for volume, satoshi, cents in bars.iter_rows())
    for volume, satoshi, cents in bars.tail(1_100).iter_rows():
        assert xbtusd.value(volume, Decimal(cents) / 100).units == satoshi


def test_rounding_down_or_the_whole_volume_at_once_would_not_agree(bitmex_bars: Path) -> None:
    """The fact can fail: its nearest rivals do, in most minutes."""
    bars = minutes(bitmex_bars, 2018)
    volume, cents, satoshi = pl.col("volume_usd"), pl.col("cents"), pl.col("satoshi")
    down = volume * (10**10 // cents)
    at_once = (2 * 10**10 * volume + cents) // (2 * cents)
    agree = bars.select(down=(satoshi == down).mean(), at_once=(satoshi == at_once).mean())
    assert max(agree.row(0)) < 0.5


def test_a_quanto_turns_over_contracts_times_price_times_a_hundred_satoshi(
    bitmex_bars: Path,
) -> None:
    """BCHUSD, 602 bars of one price: the multiplier of a quanto is 1e-6 coins a dollar."""
    bars = pl.read_parquet(bitmex_bars / "bchusd_quanto_5m.parquet")
    single = (pl.col("close") == pl.col("high")) & (pl.col("close") == pl.col("low"))
    bars = bars.filter(single & (pl.col("volume") > 0)).select("volume", "turnover", "close")
    quanto = Quanto(Decimal("0.000001"))
    bchusd = listed("ETHUSD quanto")  # the same terms on another underlying
    assert bchusd.payoff == quanto
    assert len(bars) == 602
    for contracts, turnover, price in bars.iter_rows():
        exact_price = Decimal(repr(price))
        assert contracts * exact_price * 100 == turnover
        assert quanto.value(contracts, exact_price) * 10**8 == turnover
        assert bchusd.value(contracts, exact_price).units == turnover


def test_the_lot_of_a_hundred_came_after_these_bars(bitmex_bars: Path) -> None:
    def lot(as_of: str) -> Instrument:
        return rulebook("bitmex", as_of=as_of).instrument("XBTUSD")

    bars = minutes(bitmex_bars, 2019)
    volume, satoshi, cents = bars.row(0)
    price = Decimal(cents) / 100
    assert lot("2021-06-08T04:29:59Z").value(volume, price).units == satoshi
    assert lot("2021-06-08T04:30:00Z").value(volume, price).units != satoshi
