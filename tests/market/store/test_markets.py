"""Markets and histories from stored tickers: the same as from the recording itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from obverse.contracts.instruments import Kind
from obverse.errors import MarketDataError, SymbolError
from obverse.market.series import FIXED, Part
from obverse.market.sources.deribit_curves import read_curves
from obverse.market.sources.importing import find, import_file
from obverse.market.store import Origin, Store, append, create_store
from obverse.market.store.markets import has_market, stored_history, stored_market

NOW = datetime(2026, 6, 1, tzinfo=UTC)
AT = datetime(2026, 2, 1, 12, tzinfo=UTC)


def ticker(symbol: str, minute: float, **changes: Any) -> Part:
    row = {"time": AT + timedelta(minutes=minute), "underlying": "BTC", "quote": "USD"}
    row |= {"contract": "perpetual", "mark": 100.25, "index": 100.0, **changes}
    return Part("kraken", symbol, FIXED["tickers"], pl.DataFrame([row]))


def dated(month: int) -> dict[str, Any]:
    return {"contract": "future", "expiry": datetime(2026, month, 27, tzinfo=UTC)}


@pytest.fixture
def keep(store: Store, origin: Origin) -> Callable[..., Store]:
    """Store parts and give the store."""

    def keep(*parts: Part) -> Store:
        append(store, parts, origin, imported_at=NOW)
        return store.reopened()

    return keep


@pytest.fixture(scope="module")
def recorded(deribit_recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The recorded curves in a store."""
    store = create_store(tmp_path_factory.mktemp("recorded") / "store")
    names = ("forward_curve.parquet", "perpetual_prices.parquet")
    for found in find([deribit_recordings / name for name in names]):
        assert import_file(store, found, imported_at=NOW).status == "imported"
    return store.reopened()


def test_every_recorded_snapshot_is_the_same_from_the_store(
    recorded: Store, deribit_recordings: Path
) -> None:
    curves = pl.read_parquet(deribit_recordings / "forward_curve.parquet")
    instants = curves["ts"].unique().sort().to_list()
    assert len(instants) == 481
    for at in (None, *instants[3::53]):
        ours, plain = stored_market(recorded, at), read_curves(deribit_recordings, at)
        assert set(ours) == set(plain)
        for coin in plain:
            one, other = ours[coin], plain[coin]
            assert (one.at, one.index, one.index_range) == (
                other.at,
                other.index,
                other.index_range,
            )
            assert one.perpetuals == other.perpetuals
            assert one.futures == other.futures


def test_nothing_after_the_instant_leaks_in(recorded: Store) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    market = stored_market(recorded, at)
    for coin in market:
        assert market[coin].at <= at
        assert all(quote.observed_at <= at for quote in market[coin].quotes)


def test_a_perpetuals_history_is_an_instant_a_ticker(recorded: Store) -> None:
    history = stored_history(recorded, "BTC-PERPETUAL")
    assert len(history.snapshots) == 291
    assert history.findings == ()
    last = history.snapshots[-1]
    market = stored_market(recorded, last.at)["BTC"]
    assert market["BTC-PERPETUAL"] == last["BTC-PERPETUAL"]
    assert market.index == last.index


def test_loose_tickers_make_a_snapshot_of_the_last_hour(keep: Callable[..., Store]) -> None:
    store = keep(
        ticker("PI_XBTUSD", 0, mark=99.0),
        ticker("PI_XBTUSD", 30),
        ticker("FI_XBTUSD_260327", 10, **dated(3)),
        ticker(
            "FI_XBTUSD_260227", -50, contract="future", expiry=datetime(2026, 2, 27, tzinfo=UTC)
        ),
        ticker("XBT/USD", 31, contract="spot"),
    )
    snapshot = stored_market(store, AT + timedelta(minutes=30))["BTC"]
    assert snapshot.at == AT + timedelta(minutes=30)
    assert [str(quote.mark) for quote in snapshot.perpetuals] == ["100.25"]
    assert [quote.symbol for quote in snapshot.futures] == ["FI_XBTUSD_260327"]
    assert snapshot.perpetuals[0].kind is Kind.PERPETUAL


def test_an_instant_before_the_first_and_a_store_without_tickers_are_refused(
    keep: Callable[..., Store], store: Store
) -> None:
    with pytest.raises(MarketDataError, match="no tickers"):
        stored_market(store)
    filled = keep(ticker("PI_XBTUSD", 0))
    with pytest.raises(MarketDataError, match="nothing of kraken at or before 2026-01-01"):
        stored_market(filled, datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(MarketDataError, match="No venue 'okx'"):
        stored_market(filled, venue="okx")
    with pytest.raises(SymbolError, match="PI_XBTUSD"):
        stored_history(filled, "PI_XBTUSDT")
    assert has_market(filled, "kraken", AT)
    assert not has_market(filled, "kraken", AT + timedelta(days=1))


def test_several_venues_need_one_to_be_named(keep: Callable[..., Store]) -> None:
    other = ticker("XBTUSD", 0)
    store = keep(ticker("PI_XBTUSD", 0), Part("bitmex", "XBTUSD", other.kind, other.frame))
    with pytest.raises(MarketDataError, match="kraken, bitmex; say which"):
        stored_market(store)
    assert stored_market(store, venue="bitmex").venue == "bitmex"
