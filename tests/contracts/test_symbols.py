"""Names: patterns read and written, unified symbols, and what ccxt makes of real listings."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.contracts.symbols import (
    ContractMonth,
    Expiry,
    SymbolMatch,
    SymbolPattern,
    UnifiedSymbol,
    common_code,
    match,
    parse_unified,
    render,
)
from obverse.errors import DataError

PERPETUAL = SymbolPattern("BTC-PERPETUAL")
SPELLED = SymbolPattern("BTC-{DMMMYY}")
COMPACT = SymbolPattern("BTC-USD-{YYMMDD}")
CODED = SymbolPattern("XBT{CODE}{YY}")
COMBO = SymbolPattern("BTC-FS-{FAR:DMMMYY}_{NEAR:DMMMYY|PERP}")
SPREAD = SymbolPattern("XBT{NEAR:CODE}{YY}-XBT{FAR:CODE}{YY}")


@pytest.mark.parametrize(
    ("text", "symbol", "near", "far"),
    [
        ("BTC-PERPETUAL", "BTC-PERPETUAL", None, None),
        ("BTCUSD_PERP", "BTCUSD_PERP", None, None),
        ("BTC-{DMMMYY}", "BTC-6FEB26", date(2026, 2, 6), None),
        ("BTC-{DMMMYY}", "BTC-25DEC26", date(2026, 12, 25), None),
        ("BTC-{DMMMYY|PERPETUAL}", "BTC-PERPETUAL", None, None),
        ("BTCUSD_{YYMMDD}", "BTCUSD_210924", date(2021, 9, 24), None),
        ("BTC-USD-{YYMMDD}", "BTC-USD-220527", date(2022, 5, 27), None),
        ("FI_XBTUSD_{YYMMDD}", "FI_XBTUSD_211231", date(2021, 12, 31), None),
        ("BTC{YYMMDD}", "BTC210723", date(2021, 7, 23), None),
        ("XBT{CODE}{YY}", "XBTM26", ContractMonth(2026, 6), None),
        ("BTCUSD{CODE}{YY}", "BTCUSDZ21", ContractMonth(2021, 12), None),
        (COMBO.text, "BTC-FS-25DEC26_PERP", None, date(2026, 12, 25)),
        (COMBO.text, "BTC-FS-25DEC26_26JUN26", date(2026, 6, 26), date(2026, 12, 25)),
        (SPREAD.text, "XBTM26-XBTU26", ContractMonth(2026, 6), ContractMonth(2026, 9)),
    ],
)
def test_venue_names_are_read_and_written(
    text: str, symbol: str, near: Expiry | None, far: Expiry | None
) -> None:
    pattern = SymbolPattern(text)
    assert match(pattern, symbol) == SymbolMatch(symbol, near, far)
    assert match(pattern, symbol.lower()) == SymbolMatch(symbol, near, far)
    assert render(pattern, near, far) == symbol


@pytest.mark.parametrize(
    ("pattern", "symbol"),
    [
        (SPELLED, "BTC-31FEB26"),
        (SPELLED, "BTC-29FEB26"),
        (SPELLED, "BTC-32JAN26"),
        (SPELLED, "BTC-0FEB26"),
        (SPELLED, "BTC-06FEB26"),  # the day has no leading zero
        (SPELLED, "BTC-6FEB2026"),
        (SPELLED, "BTC-6FEV26"),
        (SPELLED, "ETH-6FEB26"),
        (SPELLED, "BTC-6FEB26-100000-C"),
        (SPELLED, " BTC-6FEB26"),
        (SPELLED, "BTC-6FEB26\n"),
        (SPELLED, "BTC-٦FEB26"),
        (SPELLED, ""),
        (COMPACT, "BTC-USD-260230"),
        (COMPACT, "BTC-USD-261301"),
        (COMPACT, "BTC-USD-260200"),
        (COMPACT, "BTC-USD-SWAP"),
        (CODED, "XBTUSD"),
        (CODED, "XBTA26"),
        (CODED, "XBTM2026"),
        (CODED, "XBTUSDM26"),
        (COMBO, "BTC-FS-PERP_25DEC26"),
        (COMBO, "BTC-FS-26JUN26_25DEC26"),  # the near leg is the later one
        (COMBO, "BTC-FS-25DEC26_25DEC26"),
        (SPREAD, "XBTU26-XBTM26"),
        (PERPETUAL, "BTC-PERPETUAL2"),
        (PERPETUAL, "BTC_PERPETUAL"),
    ],
)
def test_other_names_do_not_match(pattern: SymbolPattern, symbol: str) -> None:
    assert match(pattern, symbol) is None


def test_a_dot_in_a_pattern_is_only_a_dot() -> None:
    assert match(SymbolPattern(".BXBT"), ".bxbt") == SymbolMatch(".BXBT")
    assert match(SymbolPattern(".BXBT"), "XBXBT") is None


def test_an_instrument_ends_with_its_first_leg() -> None:
    near, far = date(2026, 6, 26), date(2026, 12, 25)
    assert SymbolMatch("future", near).expiry == near
    assert SymbolMatch("spread", near, far).expiry == near
    assert SymbolMatch("spread with a perpetual", None, far).expiry == far
    assert SymbolMatch("perpetual").expiry is None


def test_a_month_code_takes_a_day_and_names_its_month() -> None:
    assert render(CODED, date(2026, 6, 26)) == "XBTM26"
    assert render(SPREAD, date(2026, 6, 26), ContractMonth(2026, 9)) == "XBTM26-XBTU26"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "btc-{DMMMYY}",
        "BTC {DMMMYY}",
        "BTC-{DMMMYY",
        "BTC-DMMMYY}",
        "BTC-{}",
        "BTC-{DDMMMYY}",
        "BTC-{dmmmyy}",
        "BTC-{MIDDLE:DMMMYY}",
        "BTC-{DMMMYY|}",
        "BTC-{DMMMYY|perp}",
        "XBT{CODE}",
        "XBT{YY}",
        "XBT{CODE}-{YY}",
        "XBT{CODE}{FAR:YY}",
        "BTC-{DMMMYY}-{DMMMYY}",
        "BTC-{FAR:DMMMYY}",
        "BTC-{FAR:DMMMYY}_{FAR:DMMMYY}",
        "BTC-{FAR:DMMMYY|PERP}_{NEAR:DMMMYY}",
        "₿-{DMMMYY}",
    ],
)
def test_a_malformed_pattern_is_refused_at_once(text: str) -> None:
    with pytest.raises(DataError, match="symbol pattern"):
        SymbolPattern(text)


@pytest.mark.parametrize(
    ("pattern", "near", "far", "message"),
    [
        (SPELLED, None, None, "needs an expiry"),
        (COMBO, date(2026, 6, 26), None, "the FAR leg needs an expiry"),
        (PERPETUAL, date(2026, 6, 26), None, "has no NEAR leg"),
        (SPELLED, date(2026, 6, 26), date(2026, 9, 25), "has no FAR leg"),
        (SPELLED, ContractMonth(2026, 6), None, "is not a day"),
        (SPELLED, datetime(2026, 6, 26, 8), None, "is not a day"),  # noqa: DTZ001
        (SPELLED, date(1999, 12, 31), None, "2000 to 2099"),
        (COMPACT, date(2100, 1, 1), None, "2000 to 2099"),
        (CODED, ContractMonth(2026, 13), None, "2000 to 2099"),
        (COMBO, date(2026, 9, 25), date(2026, 6, 26), "not before"),
        (SPREAD, ContractMonth(2026, 6), ContractMonth(2026, 6), "not before"),
    ],
)
def test_what_a_pattern_cannot_write_is_refused(
    pattern: SymbolPattern, near: Expiry | None, far: Expiry | None, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        render(pattern, near, far)


# Properties of every name

dates = st.dates(date(2014, 1, 1), date(2099, 12, 31))
months = st.builds(ContractMonth, st.integers(2014, 2099), st.integers(1, 12))


@given(st.sampled_from([SPELLED, COMPACT]), dates)
def test_days_come_back_from_their_names(pattern: SymbolPattern, day: date) -> None:
    assert match(pattern, render(pattern, day).lower()) == SymbolMatch(render(pattern, day), day)


@given(months)
def test_months_come_back_from_their_names(month: ContractMonth) -> None:
    assert match(CODED, render(CODED, month)) == SymbolMatch(render(CODED, month), month)


@given(st.sets(dates, min_size=2, max_size=2), st.booleans())
def test_combos_come_back_from_their_names(legs: set[date], perpetual: bool) -> None:
    near, far = sorted(legs)
    leg = None if perpetual else near
    assert match(COMBO, render(COMBO, leg, far)) == SymbolMatch(render(COMBO, leg, far), leg, far)


@given(st.sets(months, min_size=2, max_size=2))
def test_calendar_spreads_come_back_from_their_names(legs: set[ContractMonth]) -> None:
    near, far = sorted(legs)
    name = render(SPREAD, near, far)
    assert match(SPREAD, name) == SymbolMatch(name, near, far)


@given(st.from_regex(r"\ABTC-[0-9]{1,2}[A-Z]{3}[0-9]{2}\Z") | st.text())
def test_whatever_matches_is_written_the_same(symbol: str) -> None:
    found = match(SPELLED, symbol)
    assert found is None or render(SPELLED, found.near) == found.symbol == symbol.upper()


# Unified symbols


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BTC/USD:BTC", UnifiedSymbol("BTC", "USD", "BTC")),
        ("BTC/USD:BTC-261225", UnifiedSymbol("BTC", "USD", "BTC", date(2026, 12, 25))),
        ("1000SHIB/USD:1000SHIB", UnifiedSymbol("1000SHIB", "USD", "1000SHIB")),
    ],
)
def test_unified_symbols_are_read_and_written(text: str, expected: UnifiedSymbol) -> None:
    assert parse_unified(text) == expected
    assert parse_unified(text.lower()) == expected
    assert str(expected) == text


def test_another_spelling_of_a_coin_becomes_the_common_one() -> None:
    assert common_code("XBT") == "BTC"
    assert common_code("ETH") == "ETH"
    assert str(parse_unified("xbt/usd:xbt-261225")) == "BTC/USD:BTC-261225"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("BTC-PERPETUAL", "listings"),
        ("XBTUSD", "listings"),
        ("", "listings"),
        ("BTC/USD", "no settlement currency"),
        ("BTC/USD:BTC-261225-100000-C", "option"),
        ("BTC/USD:BTC-260231", "260231 is not a day"),
        ("BTC/USD:BTC-261", "expected e.g."),
        ("BTC/USD:BTC-20261225", "expected e.g."),
        ("BTC/USD:", "expected e.g."),
        ("/USD:BTC", "expected e.g."),
        (" BTC/USD:BTC", "expected e.g."),
        ("BTC/USD:BTC\n", "expected e.g."),
        ("₿/USD:BTC", "expected e.g."),
    ],
)
def test_other_text_is_not_a_unified_symbol(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse_unified(text)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (("btc", "USD", "BTC"), "'btc'"),
        (("BTC", "", "BTC"), "''"),
        (("XBT", "USD", "XBT"), "write BTC for XBT"),
        (("BTC", "USD", "BTC", date(1999, 1, 1)), "2000 to 2099"),
        (("BTC", "USD", "BTC", datetime(2026, 1, 1)), "is not a day"),  # noqa: DTZ001
    ],
)
def test_a_unified_symbol_holds_only_what_it_can_write(
    parts: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        UnifiedSymbol(*parts)


codes = st.from_regex(r"\A[A-Z0-9]{1,8}\Z").filter(lambda code: common_code(code) == code)


@given(st.builds(UnifiedSymbol, codes, codes, codes, st.none() | dates))
def test_unified_symbols_come_back_from_their_text(symbol: UnifiedSymbol) -> None:
    assert parse_unified(str(symbol)) == symbol


# Real listings, as ccxt reads them


@pytest.fixture
def recorded() -> Path:
    path = Path(__file__).parents[2].parent / "shared" / "data" / "venue_captures_2021_22"
    if not path.is_dir():
        pytest.skip(f"no recorded listings: {path} is not here")
    return path


def bodies(path: Path) -> dict[str, Any]:
    """Responses of a capture by address."""
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    pairs = (line.partition(": ")[::2] for line in lines if line.startswith("http"))
    return {head.partition(" -> ")[0]: json.loads(body) for head, body in pairs}


def binance(ccxt: Any, recorded: Path) -> list[dict[str, Any]]:
    client = ccxt.binancecoinm()
    (body,) = bodies(recorded / "BINANCE_DELIVERY.0.gz").values()
    return [client.parse_market(row) for row in body["symbols"]]


def okx(ccxt: Any, recorded: Path) -> list[dict[str, Any]]:
    client = ccxt.okx()
    wanted = {a: b for a, b in bodies(recorded / "OKX.0.gz").items() if "FUT" in a or "SWAP" in a}
    rows = [row for body in wanted.values() for row in body["data"]]
    return [client.parse_market(row) for row in rows if row["ctType"] == "inverse"]


def kraken(ccxt: Any, recorded: Path) -> list[dict[str, Any]]:
    client = ccxt.krakenfutures()
    (body,) = bodies(recorded / "KRAKEN_FUTURES.0.gz").values()
    rows = [{"contractValueTradePrecision": 0, **row} for row in body["instruments"]]
    client.publicGetInstruments = lambda _parameters=None: {"instruments": rows}
    return [market for market in client.fetch_markets() if market["type"] != "index"]


def deribit(ccxt: Any, recorded: Path) -> list[dict[str, Any]]:
    client = ccxt.deribit()
    rows = [
        {"counter_currency": "USD", "settlement_currency": row["base_currency"], **row}
        for body in bodies(recorded / "DERIBIT.0.gz").values()
        for row in body["result"]
        if row["kind"] == "future" and "USDC" not in row["instrument_name"]
    ]
    client.publicGetGetInstruments = lambda _parameters=None: {"result": rows}
    return list(client.fetch_markets())


@pytest.mark.parametrize(
    ("venue", "texts"),
    [
        (binance, ["{}USD_{{YYMMDD}}", "{}USD_PERP"]),
        (okx, ["{}-USD-{{YYMMDD}}", "{}-USD-SWAP"]),
        (kraken, ["FI_{}USD_{{YYMMDD}}", "PI_{}USD"]),
        (deribit, ["{}-{{DMMMYY}}", "{}-PERPETUAL"]),
    ],
)
def test_unified_symbols_are_those_of_ccxt(
    venue: Callable[[Any, Path], list[dict[str, Any]]], texts: list[str], recorded: Path
) -> None:
    ccxt = pytest.importorskip("ccxt", reason="ccxt, the yardstick, is not installed")
    markets = venue(ccxt, recorded)
    assert len(markets) >= 15
    for market in markets:
        patterns = [SymbolPattern(text.format(market["baseId"].upper())) for text in texts]
        (found,) = filter(None, (match(pattern, market["id"]) for pattern in patterns))
        coin = common_code(market["baseId"].upper())
        assert found.near is None or isinstance(found.near, date)
        assert str(UnifiedSymbol(coin, "USD", coin, found.near)) == market["symbol"]
        assert str(parse_unified(market["symbol"])) == market["symbol"]
