"""Tardis.dev's CSV files: samples in the published layouts, plain and gzip."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import MarketDataError
from obverse.market.series import Part, checked
from obverse.market.sources.importing import find, rehearse
from obverse.market.sources.registry import format_of

HEAD = "exchange,symbol,timestamp,local_timestamp"
AT = datetime(2020, 3, 31, 23, 59, 59, tzinfo=UTC)
MICROSECONDS = 1_585_699_199_000_000


def written(folder: Path, name: str, head: str, *rows: str) -> Path:
    content = "\n".join([f"{HEAD},{head}", *rows, ""]).encode()
    path = folder / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def parts(path: Path, name: str) -> list[Part]:
    found = format_of(path)
    assert found is not None
    assert found.name == name
    return [checked(part) for part in found.read(path)]


@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_trades_keep_both_times_and_the_takers_side(tmp_path: Path, ending: str) -> None:
    path = written(
        tmp_path, f"bitmex_trades_2020-03-31_XBTUSD.{ending}", "id,side,price,amount",
        f"bitmex,XBTUSD,{MICROSECONDS},{MICROSECONDS + 250_000},aaa,buy,6425.5,12",
        f"bitmex,XBTUSD,{MICROSECONDS + 1},{MICROSECONDS + 250_001},,unknown,6425,150",
    )  # fmt: skip
    (trades,) = parts(path, "tardis-trades")
    assert (trades.venue, trades.instrument, trades.kind.name) == ("bitmex", "XBTUSD", "trades")
    rows = trades.frame.to_dicts()
    assert rows[0]["time"] == AT
    assert (rows[0]["local_time"] - AT).total_seconds() == 0.25
    assert [row["side"] for row in rows] == ["buy", None]
    assert [row["trade_id"] for row in rows] == ["aaa", "XBTUSD row 1"]
    assert [row["price"] for row in rows] == [6425.5, 6425.0]


def test_a_book_keeps_the_order_of_its_file(tmp_path: Path) -> None:
    path = written(
        tmp_path, "deribit_incremental_book_L2_2020-03-31_BTC-PERPETUAL.csv.gz",
        "is_snapshot,side,price,amount",
        f"deribit,BTC-PERPETUAL,{MICROSECONDS},{MICROSECONDS + 9},true,bid,6424,100",
        f"deribit,BTC-PERPETUAL,{MICROSECONDS},{MICROSECONDS + 9},true,ask,6424.5,30",
        f"deribit,BTC-PERPETUAL,{MICROSECONDS + 5},{MICROSECONDS + 14},false,bid,6424,0",
    )  # fmt: skip
    (book,) = parts(path, "tardis-book")
    assert book.frame["snapshot"].to_list() == [True, True, False]
    assert book.frame["is_bid"].to_list() == [True, False, True]
    assert book.frame["size"].to_list() == [100.0, 30.0, 0.0]
    assert book.frame["update_id"].null_count() == 3


def test_snapshots_are_laid_out_level_by_level(tmp_path: Path) -> None:
    levels = ",".join(
        f"asks[{n}].price,asks[{n}].amount,bids[{n}].price,bids[{n}].amount" for n in range(2)
    )
    path = written(
        tmp_path, "binance-delivery_book_snapshot_5_2020-03-31_BTCUSD_PERP.csv", levels,
        f"binance-delivery,BTCUSD_PERP,{MICROSECONDS},{MICROSECONDS},6425,5,6424,7,6426,6,6423,8",
        f"binance-delivery,BTCUSD_PERP,{MICROSECONDS + 1},{MICROSECONDS},6425,4,6424,7,,,6423,8",
    )  # fmt: skip
    (book,) = parts(path, "tardis-snapshots")
    assert book.venue == "binance"
    assert book.frame["price"].to_list() == [6424, 6423, 6425, 6426, 6424, 6423, 6425]
    assert book.frame["snapshot"].all()


def test_quotes_are_best_prices(tmp_path: Path) -> None:
    path = written(
        tmp_path, "okex-swap_quotes_2020-03-31_BTC-USD-SWAP.csv",
        "ask_amount,ask_price,bid_price,bid_amount",
        f"okex-swap,BTC-USD-SWAP,{MICROSECONDS},{MICROSECONDS},10,6425,6424,20",
    )  # fmt: skip
    (tops,) = parts(path, "tardis-quotes")
    assert tops.venue == "okx"
    row = tops.frame.row(0, named=True)
    assert (row["bid"], row["bid_size"], row["ask"], row["ask_size"]) == (6424, 20, 6425, 10)


TICKER = (
    "funding_timestamp,funding_rate,predicted_funding_rate,open_interest,last_price,index_price,"
    "mark_price"
)


def test_tickers_are_described_by_the_rules_of_their_day(tmp_path: Path) -> None:
    path = written(
        tmp_path, "bitmex_derivative_ticker_2020-03-31_XBTUSD.csv.gz", TICKER,
        f"bitmex,XBTUSD,{MICROSECONDS},{MICROSECONDS},,0.0001,0.0002,100,6424,6420,6421",
        f"bitmex,XBTM20,{MICROSECONDS},{MICROSECONDS},,,,100,6454,6420,6451",
        f"bitmex,NOSUCH,{MICROSECONDS},{MICROSECONDS},,,,100,6454,6420,6451",
    )  # fmt: skip
    perpetual, future, unknown = parts(path, "tardis-tickers")
    row = perpetual.frame.row(0, named=True)
    assert (row["contract"], row["underlying"], row["funding_rate_8h"]) == (
        "perpetual", "BTC", 0.0001,
    )  # fmt: skip
    assert future.frame["expiry"].to_list() == [datetime(2020, 6, 26, 12, tzinfo=UTC)]
    assert unknown.frame.is_empty()
    assert "no rule book of bitmex says what NOSUCH is" in str(unknown.findings[0])


def test_a_rate_of_another_interval_than_eight_hours_is_not_kept(tmp_path: Path) -> None:
    path = written(
        tmp_path, "deribit_derivative_ticker_2020-03-31_BTC-PERPETUAL.csv", TICKER,
        f"deribit,BTC-PERPETUAL,{MICROSECONDS},{MICROSECONDS},,0.0001,,100,6424,6420,6421",
    )  # fmt: skip
    (perpetual,) = parts(path, "tardis-tickers")
    assert perpetual.frame["funding_rate_8h"].to_list() == [None]


def test_liquidations_are_no_trades(tmp_path: Path) -> None:
    path = written(
        tmp_path, "bitmex_liquidations_2020-03-31_XBTUSD.csv", "id,side,price,amount",
        f"bitmex,XBTUSD,{MICROSECONDS},{MICROSECONDS},x,sell,6425.5,12",
    )  # fmt: skip
    (found,) = find([path])
    assert found.format is not None
    assert found.format.name == "tardis-others"
    outcome = rehearse(found)
    assert outcome.status == "broken"
    assert "liquidations are not kept" in outcome.reason


def test_a_cut_file_is_named(tmp_path: Path) -> None:
    head = "id,side,price,amount"
    row = f"bitmex,XBTUSD,{MICROSECONDS},{MICROSECONDS},x,sell,6425.5,12"
    packed = written(tmp_path, "a.csv.gz", head, *[row] * 5000)
    packed.write_bytes(packed.read_bytes()[:-30])
    plain = written(tmp_path, "b.csv", head, row, row)
    plain.write_bytes(plain.read_bytes()[:-4])
    for path in (packed, plain):
        found = format_of(path)
        assert found is not None
        with pytest.raises(MarketDataError, match=f"{path.name} is cut off"):
            list(found.read(path))


def test_a_word_for_a_number_is_told(tmp_path: Path) -> None:
    path = written(
        tmp_path, "bitmex_trades.csv", "id,side,price,amount",
        f"bitmex,XBTUSD,{MICROSECONDS},{MICROSECONDS},x,sell,high,12",
    )  # fmt: skip
    outcome = rehearse(find([path])[0])
    assert outcome.status == "broken"
    assert "bitmex_trades.csv line 2: price 'high' is no number" in outcome.reason


@pytest.mark.parametrize(
    ("head", "cells", "told"),
    [
        ("is_snapshot,side,price,amount", "yes,bid,5,1", "is_snapshot 'yes' is no true or false"),
        ("is_snapshot,side,price,amount", "true,buy,5,1", "side 'buy' is none of bid, ask"),
        ("is_snapshot,side,price,amount", "true,,5,1", "side None is none of bid, ask"),
        ("id,side,price,amount", "x,bid,5,1", "side 'bid' is none of buy, sell, unknown"),
        ("id,side,price,amount", "x,sell,5,lots", "amount 'lots' is no number"),
        ("ask_amount,ask_price,bid_price,bid_amount", "1,?,3,4", "ask_price '\\?' is no number"),
        (
            "asks[0].price,asks[0].amount,bids[0].price,bids[0].amount",
            "1,2,3,x",
            "'x' is no number",
        ),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_by_its_line(
    tmp_path: Path, head: str, cells: str, told: str
) -> None:
    """A side taken for its opposite would turn a book upside down."""
    row = f"bybit,BTCUSD,{MICROSECONDS},{MICROSECONDS},{cells}"
    path = written(tmp_path, "bybit_2020-03-31_BTCUSD.csv", head, row)
    found = format_of(path)
    assert found is not None
    with pytest.raises(MarketDataError, match=f"line 2: .*{told}"):
        list(found.read(path))


@pytest.mark.parametrize("stamp", ["soon", "1585699199.5e99", "99999999999999999"])
def test_times_are_microseconds_of_years_that_can_be(tmp_path: Path, stamp: str) -> None:
    row = f"bybit,BTCUSD,{stamp},{MICROSECONDS},x,sell,5,1"
    path = written(tmp_path, "bybit_trades.csv", "id,side,price,amount", row)
    found = format_of(path)
    assert found is not None
    with pytest.raises(MarketDataError, match=r"line 2: timestamp .* microseconds since 1970"):
        list(found.read(path))


@pytest.mark.parametrize(
    ("exchange", "venue"),
    [
        ("binance-delivery", "binance"),
        ("binance-futures", "binance_usdm"),
        ("binance", "binance_spot"),
        ("binance-us", "binanceus"),
        ("bybit", "bybit"),
        ("bybit-spot", "bybit_spot"),
        ("cryptofacilities", "kraken"),
        ("huobi-dm", "huobi"),
        ("huobi-dm-swap", "huobi"),
        ("okex", "okx"),
        ("okex-futures", "okx"),
        ("okex-swap", "okx"),
        ("bitstamp", "bitstamp"),
    ],
)
def test_venues_have_our_names(tmp_path: Path, exchange: str, venue: str) -> None:
    row = f"{exchange},SYMBOL,{MICROSECONDS},{MICROSECONDS},x,sell,5,1"
    path = written(tmp_path, "trades.csv", "id,side,price,amount", row)
    (trades,) = parts(path, "tardis-trades")
    assert (trades.venue, trades.instrument) == (venue, "SYMBOL")


def test_a_file_of_several_symbols_is_a_series_each_in_its_order(tmp_path: Path) -> None:
    rows = [
        f"deribit,{symbol},{MICROSECONDS + step},{MICROSECONDS + step},{step},buy,{100 + step},1"
        for step, symbol in enumerate(["A", "B", "A", "B", "A"])
    ]
    path = written(tmp_path, "deribit_trades_FUTURES.csv.gz", "id,side,price,amount", *rows)
    first, second = parts(path, "tardis-trades")
    assert first.frame["trade_id"].to_list() == ["0", "2", "4"]
    assert second.frame["trade_id"].to_list() == ["1", "3"]


def test_prices_and_sizes_that_are_none_drop_their_row(tmp_path: Path) -> None:
    cells = ("true,bid,0,1", "true,bid,nan,1", "true,ask,-5,1", "true,ask,7,-1", "true,ask,8,3")
    rows = (f"bybit,BTCUSD,{MICROSECONDS},{MICROSECONDS},{each}" for each in cells)
    path = written(tmp_path, "book.csv", "is_snapshot,side,price,amount", *rows)
    (book,) = parts(path, "tardis-book")
    assert book.frame["price"].to_list() == [8.0]
    assert {finding.severity for finding in book.findings} == {"dropped"}


@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 10**15),
            st.booleans(),
            st.booleans(),
            st.decimals("0.0001", "999999", places=4),
            st.integers(0, 10**9),
        ),
        min_size=1,
    )
)
def test_a_book_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[int, bool, bool, Decimal, int]],
) -> None:
    lines = (
        f"bitmex,XBTUSD,{at},{at + 7},{str(whole).lower()},{'bid' if bid else 'ask'},{price},{size}"
        for at, whole, bid, price, size in rows
    )
    folder = tmp_path_factory.mktemp("tardis")
    path = written(folder, "book.csv", "is_snapshot,side,price,amount", *lines)
    (book,) = parts(path, "tardis-book")
    columns = ("time", "snapshot", "is_bid", "price", "size")
    found = book.frame.select(columns).with_columns(pl.col("time").dt.epoch("us")).rows()
    assert found == [(*start, float(price), float(size)) for *start, price, size in rows]
    assert (book.frame["local_time"] - book.frame["time"]).dt.total_microseconds().unique()[0] == 7


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    row = f"bybit,BTCUSD,{MICROSECONDS},{MICROSECONDS},x,sell,5,1"
    path = written(tmp_path, "bybit_trades.csv", "id,side,price,amount", row)
    found = format_of(path)
    assert found is not None
    path.unlink()
    assert format_of(path) is None
    with pytest.raises(MarketDataError, match="cannot be read: No such file"):
        list(found.read(path))
