"""The simple form: as-of reading, located faults, and the round trip of any market."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from obverse.contracts.instruments import Kind
from obverse.errors import LocatedError, MarketDataError
from obverse.market import Market, Quote, Snapshot, write
from obverse.market.files import read_file
from obverse.market.formats import FORMATS
from obverse.market.forms import MARKET
from obverse.market.validation import validate

DOCUMENT = Path(__file__).parents[2] / "docs" / "market-files.md"
HEADER = "at,underlying,venue,symbol,kind,expiry,index,mark"
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a CSV of perpetuals from `instant,underlying,venue,index,mark` lines."""

    def make(*lines: str, header: str = HEADER) -> Path:
        path = tmp_path / "market.csv"
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return path

    return make


def line(at: str, *, coin: str = "BTC", venue: str = "deribit", index: str = "100") -> str:
    return f"{at}T00:00:00Z,{coin},{venue},{coin}-PERPETUAL,perpetual,,{index},{index}"


@pytest.mark.parametrize("language", ["csv", "json"])
def test_the_documented_examples_read_alike(tmp_path: Path, language: str) -> None:
    found = re.search(rf"```{language}\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    path = tmp_path / f"example.{language}"
    path.write_text(found[1], encoding="utf-8")
    market = read_file(path)
    assert market.asked == datetime(2026, 1, 31, 21, 21, 33, tzinfo=UTC)
    future = market["BTC"]["BTC-27MAR26"]
    assert future.mark == Decimal("77723.48")
    assert future.expiry == datetime(2026, 3, 27, 8, tzinfo=UTC)
    assert market["BTC"]["BTC-PERPETUAL"].funding_rate_8h == Decimal("0.00001")


@pytest.mark.parametrize(
    ("at", "index"),
    [
        (None, "103"),
        (datetime(2026, 1, 4, tzinfo=UTC), "103"),
        (datetime(2026, 1, 3, tzinfo=UTC), "103"),
        (datetime(2026, 1, 2, 23, 59, tzinfo=UTC), "102"),
        (datetime(2026, 1, 1, tzinfo=UTC), "101"),
    ],
)
@pytest.mark.parametrize("suffix", FORMATS)
def test_the_last_snapshot_not_after_the_instant_is_read(
    csv_file: Callable[..., Path], at: datetime | None, index: str, suffix: str
) -> None:
    days = ("2026-01-03", "2026-01-01", "2026-01-02")
    path = csv_file(*(line(day, index=str(100 + int(day[-1]))) for day in days))
    market = read_file(_converted(path, suffix), at)
    assert market["BTC"].index == Decimal(index)
    assert market.asked == at or (at is None and market.asked.day == 3)


def _converted(path: Path, suffix: str) -> Path:
    """The same rows in another format."""
    rows = FORMATS[".csv"][0](MARKET, path, None)
    cells = [
        {
            **row.cells,
            "at": datetime.fromisoformat(str(row.cells["at"])),
            "index": Decimal(str(row.cells["index"])),
            "mark": Decimal(str(row.cells["mark"])),
        }
        for row in rows
    ]
    other = path.with_suffix(suffix)
    FORMATS[suffix][1](MARKET, other, cells)
    return other


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_instant_before_the_first_row_says_what_there_is(
    csv_file: Callable[..., Path], suffix: str
) -> None:
    path = _converted(csv_file(line("2026-01-02"), line("2026-01-05"), line("2026-01-04")), suffix)
    expected = "nothing at or before 2026-01-01.* from 2026-01-02T00:00:00Z to 2026-01-05T00:00:00Z"
    with pytest.raises(MarketDataError, match=expected):
        read_file(path, NEW_YEAR)


def test_each_coin_has_its_own_last_instant(csv_file: Callable[..., Path]) -> None:
    path = csv_file(line("2026-01-02"), line("2026-01-01", coin="ETH"), line("2026-01-03"))
    market = read_file(path, datetime(2026, 1, 2, 12, tzinfo=UTC))
    assert {coin: market[coin].at.day for coin in market} == {"BTC": 2, "ETH": 1}


def test_of_several_venues_one_must_be_named(csv_file: Callable[..., Path]) -> None:
    path = csv_file(line("2026-01-01"), line("2026-01-01", venue="kraken", index="200"))
    with pytest.raises(MarketDataError, match="holds deribit, kraken; say which"):
        read_file(path)
    assert read_file(path, venue="kraken")["BTC"].index == 200
    with pytest.raises(MarketDataError, match="Did you mean kraken"):
        read_file(path, venue="krakn")


def test_faults_carry_file_line_and_column(csv_file: Callable[..., Path]) -> None:
    bad = line("2026-01-01").replace("perpetual", "swap").replace(",100,100", ",100,1x")
    with pytest.raises(LocatedError) as caught:
        read_file(csv_file(bad))
    assert [str(fault) for fault in caught.value.faults] == [
        "market.csv:2: kind: 'swap' is not a kind; expected perpetual or future",
        "market.csv:2: mark: '1x' is not a number; expected e.g. 77334.5",
    ]


def test_keys_must_be_there_in_every_row(csv_file: Callable[..., Path]) -> None:
    with pytest.raises(LocatedError, match=r"market.csv:3: venue: empty; every row must have it"):
        read_file(csv_file(line("2026-01-01"), line("2026-01-01", venue="")))
    with pytest.raises(LocatedError, match=r"market.csv: no rows"):
        read_file(csv_file())


def test_only_the_rows_asked_for_are_judged(csv_file: Callable[..., Path]) -> None:
    path = csv_file(line("2026-01-01"), line("2026-01-02", index="oops"))
    assert read_file(path, NEW_YEAR)["BTC"].index == 100
    with pytest.raises(LocatedError, match=r"market.csv:3"):
        read_file(path)


def test_one_instant_has_one_index(csv_file: Callable[..., Path]) -> None:
    second = line("2026-01-01", index="101").replace("BTC-PERPETUAL", "BTC-PERPETUAL-2")
    expected = "market.csv:3: index: 101, but 100 at market.csv:2"
    with pytest.raises(LocatedError, match=expected):
        read_file(csv_file(line("2026-01-01"), second))
    silent = second.replace(",101,101", ",,101")
    assert read_file(csv_file(line("2026-01-01"), silent))["BTC"].index == 100


def test_a_range_has_two_ends(csv_file: Callable[..., Path]) -> None:
    path = csv_file(line("2026-01-01") + ",99", header=HEADER + ",index_low")
    with pytest.raises(LocatedError, match="index_low and index_high go together"):
        read_file(path)


def test_rows_are_named_in_the_doors_messages(csv_file: Callable[..., Path]) -> None:
    twice = line("2026-01-01").replace(",100,100", ",100,100.5")
    expected = r"mark 100 \(market.csv:2\) and mark 100.5 \(market.csv:3\)"
    with pytest.raises(MarketDataError, match=expected):
        read_file(csv_file(line("2026-01-01"), twice))


def test_nan_in_a_file_does_not_get_through(csv_file: Callable[..., Path]) -> None:
    with pytest.raises(MarketDataError, match="index NaN"):
        read_file(csv_file(line("2026-01-01", index="nan")))
    good = line("2026-01-01")
    empty = good.replace("BTC-PERPETUAL", "OTHER").replace(",100,100", ",100,")
    snapshot = read_file(csv_file(good, empty))["BTC"]
    assert [str(found) for found in snapshot.findings] == [
        "dropped OTHER: mark NaN is not a price above zero (market.csv:3)"
    ]


def test_unknown_endings_and_places_cannot_be_written(
    csv_file: Callable[..., Path], tmp_path: Path
) -> None:
    market = read_file(csv_file(line("2026-01-01")))
    with pytest.raises(MarketDataError, match=r"end it in .csv, .json, .parquet"):
        write(market, tmp_path / "market.xlsx")
    with pytest.raises(MarketDataError, match="cannot be written"):
        write(market, tmp_path / "missing" / "market.csv")


prices = st.decimals("0.01", "1000000", places=4)
sizes = st.none() | st.integers(0, 10**12).map(Decimal)
words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)


@st.composite
def quotes(draw: st.DrawFn, at: datetime) -> Quote:
    kind = draw(st.sampled_from([Kind.PERPETUAL, Kind.FUTURE]))
    days = st.integers(1, 500).map(lambda count: at + timedelta(days=count))
    bid = draw(st.none() | prices)
    return Quote(
        symbol=draw(words),
        kind=kind,
        expiry=draw(days) if kind is Kind.FUTURE else None,
        mark=draw(prices),
        observed_at=at - timedelta(microseconds=draw(st.integers(0, 10**10))),
        bid=bid,
        ask=draw(st.none() | prices.filter(lambda price: bid is None or price >= bid)),
        last=draw(st.none() | prices),
        open_interest_usd=draw(sizes),
        volume_24h_usd=draw(sizes),
        funding_rate_8h=draw(st.none() | st.decimals(-1, 1, places=8)),
        listed=draw(st.booleans()),
        source=draw(st.just("") | words),
    )


@st.composite
def snapshots(draw: st.DrawFn, underlying: str) -> Snapshot:
    at = NEW_YEAR + timedelta(microseconds=draw(st.integers(0, 10**14)))
    index = draw(prices)
    rows = draw(st.lists(quotes(at), min_size=1, max_size=4, unique_by=lambda each: each.symbol))
    return validate(
        rows,
        underlying=underlying,
        venue="deribit",
        at=at,
        index=index,
        quote=draw(st.sampled_from(["USD", "USDC"])),
        index_range=draw(st.none() | st.just((index / 2, index * 2))),
        simulated=draw(st.booleans()),
        source="test",
    )


def markets() -> st.SearchStrategy[Market]:
    def market(btc: Snapshot, eth: Snapshot) -> Market:
        return Market(
            max(btc.at, eth.at),
            "deribit",
            "test",
            {"BTC": btc, "ETH": eth},
            simulated=btc.simulated or eth.simulated,
        )

    return st.builds(market, snapshots("BTC"), snapshots("ETH"))


def _facts(market: Market, **same: Any) -> Market:
    """A market without the names of its sources and its findings."""
    bare = {
        coin: replace(market[coin], source="", findings=()) for coin in sorted(market.underlyings)
    }
    return replace(market, source="", snapshots=bare, **same)


@pytest.mark.parametrize("suffix", FORMATS)
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(market=markets())
def test_what_is_written_reads_back_the_same(suffix: str, market: Market) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"market{suffix}"
        write(market, path)
        assert _facts(read_file(path)) == _facts(market)
