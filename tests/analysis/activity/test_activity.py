"""Activity: dollars and coins, ratios, and liquidation levels by the venue's own rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

import obverse as ob
from obverse.analysis.activity import (
    Bars,
    liquidation_profile,
    open_interest_history,
    stored_bar_values,
    turnover,
)
from obverse.analysis.provenance import Provenance
from obverse.errors import DataError, MarketDataError
from obverse.market.store import Store, scan
from obverse.risk.margin import margin_terms

START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR_NS = 3600 * 10**9


def bars(close: list[float], usd: list[float], **changes: object) -> Bars:
    price = np.array(close)
    first = int(START.timestamp()) * 10**9
    fields = {"starts_ns": first + HOUR_NS * np.arange(len(price)), "open": price, "high": price,
              "low": price, "close": price, "price": price, "usd": np.array(usd),
              "coin": np.array(usd) / price}  # fmt: skip
    place = Provenance("binance", "BTCUSD_PERP", "made", START, START, "BTC")
    return Bars(place, timedelta(hours=1), **(fields | changes))  # type: ignore[arg-type]


def test_recorded_turnover_is_its_short_sums(recorded_store: Callable[..., Store]) -> None:
    store = recorded_store("bitmex/xbtusd_1d.parquet")
    found = turnover(stored_bar_values(store, "bars_1d", "bitmex", "XBTUSD"), "year")
    rows = scan(store, "bars_1d", venue="bitmex").collect().filter(
        pl.col("open_time").dt.year() == 2019
    )  # fmt: skip
    own = next(each for each in found.spans if each.name == "2019")
    assert own.usd == pytest.approx(rows["volume_quote"].sum())
    assert own.coin == pytest.approx(rows["volume_coin"].sum())
    assert own.days == 365
    assert 7000 < own.average_price_usd < 9000
    early = stored_bar_values(store, "bars_1d", "bitmex", "XBTUSD", until="2019-03-01")
    assert str(early.starts_ns[-1].astype("datetime64[ns]"))[:10] == "2019-02-28"
    assert len(found.plot().lines) == 2


def test_an_inverse_contract_is_dollars_whatever_the_price(
    made_store: Callable[..., Store],
) -> None:
    time = [START + timedelta(days=n + 1) for n in range(2)]
    rows = pl.DataFrame({"time": time, "open": [100.0, 200], "high": [100.0, 200],
                         "low": [100.0, 200], "close": [100.0, 200],
                         "volume_contracts": [7.0, 7.0]})  # fmt: skip
    rows = rows.with_columns((pl.col("time") - timedelta(days=1)).alias("open_time"))
    store = made_store(("binance", "BTCUSD_PERP", "bars_1d", rows))
    found = turnover(stored_bar_values(store, "bars_1d", "binance", "BTCUSD_PERP"), "day")
    assert [each.usd for each in found.spans] == [700, 700]
    assert [each.coin for each in found.spans] == [7, 3.5]
    assert "average price" in found.warnings[0]


def test_open_interest_in_three_units_and_its_ratios(made_store: Callable[..., Store]) -> None:
    rows = pl.DataFrame({"time": [START, START + timedelta(hours=1)], "underlying": ["BTC"] * 2,
                         "contract": ["perpetual"] * 2, "mark": [50_000.0, 40_000.0],
                         "open_interest_contracts": [1e6, 1e6],
                         "volume_24h_usd": [2e8, 5e7]})  # fmt: skip
    store = made_store(("binance", "BTCUSD_PERP", "tickers", rows))
    found = open_interest_history(store, "binance", "BTCUSD_PERP", reserves_coin=10_000)
    assert found.usd.tolist() == [1e8, 1e8]
    assert found.coin.tolist() == [2000, 2500]
    assert found.turnover_ratio.tolist() == [2.0, 0.5]
    assert found.to_frame()["days_of_turnover"].to_list() == [0.5, 2.0]
    assert found.estimated_leverage.tolist() == [0.2, 0.25]
    early = open_interest_history(store, "binance", "BTCUSD_PERP", until=START)
    assert early.coin.tolist() == [2000]
    assert np.isnan(early.estimated_leverage).all()
    assert len(found.plot().lines) == 1
    with pytest.raises(DataError, match="above zero"):
        open_interest_history(store, "binance", "BTCUSD_PERP", reserves_coin=0)
    bare = made_store(("binance", "BTCUSD_PERP", "tickers", rows.drop("open_interest_contracts")))
    with pytest.raises(MarketDataError, match="no stored ticker"):
        open_interest_history(bare, "binance", "BTCUSD_PERP")


@pytest.fixture(scope="module")
def binance() -> tuple[ob.Instrument, object]:
    book = ob.rulebook("binance", as_of="2024-01-01")
    instrument = book.instrument("BTCUSD_PERP")
    return instrument, margin_terms(book, instrument)


def test_levels_are_the_closed_form_of_an_inverse_position(binance: tuple) -> None:
    instrument, terms = binance
    found = liquidation_profile(bars([50_000.0], [1e6]), instrument, terms,
                                leverages={Decimal(10): 1.0})  # fmt: skip
    rate, rows = 0.004, {row[2]: row for row in found.table().rows}
    value = 10_000 / 50_000
    long = 10_000 * (1 + rate) / (value + value / 10)
    short = 10_000 * (1 - rate) / (value - value / 10)
    assert rows["long"][0] == pytest.approx(long, rel=0.005)
    assert rows["short"][0] == pytest.approx(short, rel=0.005)
    assert abs(rows["long"][1]) < rows["short"][1]  # an inverse long's is nearer
    assert found.longs_usd.sum() == found.shorts_usd.sum() == pytest.approx(1e6)
    assert found.within(-0.15) == pytest.approx(1e6)
    assert found.within(-0.05) == 0


def test_what_the_market_has_crossed_is_gone(binance: tuple) -> None:
    instrument, terms = binance
    made = bars([50_000.0, 44_000.0, 47_000.0], [3e6, 1e6, 1e6])
    found = liquidation_profile(made, instrument, terms, leverages={Decimal(10): 1.0})
    assert found.longs_usd.sum() == pytest.approx(2e6)  # those of 50,000 fell at about 45,600
    assert found.shorts_usd.sum() == pytest.approx(5e6)
    scaled = liquidation_profile(made, instrument, terms, leverages={Decimal(10): 1.0},
                                 open_interest_usd=4e6)  # fmt: skip
    assert scaled.longs_usd.sum() == pytest.approx(4e6)
    assert "scaled to the open interest" in scaled.table().notes[0]
    assert len(scaled.plot().containers) == 2


def test_assumptions_that_make_no_sense_are_refused(binance: tuple) -> None:
    instrument, terms = binance
    good = bars([50_000.0], [1e6])
    with pytest.raises(DataError, match="add up to"):
        liquidation_profile(good, instrument, terms, leverages={Decimal(10): 0.5})
    with pytest.raises(DataError, match="less than a lot"):
        liquidation_profile(good, instrument, terms, size_usd=Decimal(1))
    with pytest.raises(DataError, match="no bar says"):
        liquidation_profile(bars([50_000.0], [np.nan]), instrument, terms)
    with pytest.raises(MarketDataError, match="row 0 is -1"):
        bars([-1.0], [1.0])
    with pytest.raises(DataError, match="there are day"):
        turnover(good, "week")  # type: ignore[arg-type]
