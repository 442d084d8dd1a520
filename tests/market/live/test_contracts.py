"""ccxt's names and the venues' own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from obverse.errors import MarketDataError, SymbolError
from obverse.market.live import EXCHANGES, exchange_named
from obverse.market.live.contracts import chosen, of_market, of_milliseconds, of_name

AT = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = {
    "deribit": ("BTC-PERPETUAL", "BTC-27MAR26", 8),
    "binance": ("BTCUSD_PERP", "BTCUSD_260327", 8),
    "bybit": ("BTCUSD", "BTCUSDH26", 8),
    "okx": ("BTC-USD-SWAP", "BTC-USD-260327", 8),
    "kraken": ("PI_XBTUSD", "FI_XBTUSD_260327", 16),
}


@pytest.mark.parametrize("venue", NAMES)
def test_rules_tell_the_venues_name_of_ccxts(venue: str) -> None:
    exchange = exchange_named(venue)
    perpetual, future, hour = NAMES[venue]
    own = of_name(exchange, "BTC/USD:BTC", AT)
    assert (own.name, own.contract, own.underlying, own.expiry) == (
        perpetual, "perpetual", "BTC", None,
    )  # fmt: skip
    dated = of_name(exchange, "BTC/USD:BTC-260327", AT)
    assert (dated.name, dated.contract) == (future, "future")
    assert dated.expiry == datetime(2026, 3, 27, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    "unified", ["BTC/USDT:USDT", "BTC/USD", "BTC/USD:BTC-260327-80000-C", "BTC-PERPETUAL", "None"]
)
def test_what_is_not_inverse_has_no_contract(unified: str) -> None:
    for exchange in EXCHANGES:
        with pytest.raises(MarketDataError):
            of_name(exchange, unified, AT)


def test_a_market_that_is_not_whole_or_not_inverse() -> None:
    linear = {"id": "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT"}
    with pytest.raises(MarketDataError, match="it is no perpetual or future that settles"):
        of_market(exchange_named("okx"), linear | {"swap": True, "settle": "USDT"})
    with pytest.raises(MarketDataError, match="a market lacks 'id'"):
        of_market(exchange_named("okx"), {"swap": True, "base": "BTC", "settle": "BTC"})


def test_names_choose_contracts_once_in_the_order_asked() -> None:
    exchange = exchange_named("deribit")
    listed = [
        of_name(exchange, f"{c}/USD:{c}{d}", AT) for c in ("BTC", "ETH") for d in ("", "-260327")
    ]
    names = [each.name for each in chosen("deribit", listed, ("ETH-PERPETUAL", "ETH"))]
    assert names == ["ETH-PERPETUAL", "ETH-27MAR26"]
    assert chosen("deribit", listed, ()) == tuple(listed)
    with pytest.raises(SymbolError, match="No instrument 'SOL' among the inverse contracts"):
        chosen("deribit", listed, ("SOL",))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300])
def test_times_beyond_the_calendar(value: float) -> None:
    with pytest.raises(MarketDataError, match="is no time in milliseconds"):
        of_milliseconds(value)
