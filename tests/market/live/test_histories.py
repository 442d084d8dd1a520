"""Histories of the five venues, over many pages, against the recorded tables they come from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from market.live.conftest import Hand
from market.live.recorded_answers import CLOCKS, MS_8H, days, eight_hourly, table
from market.live.replay_server import ReplayServer
from market.live.venue_routes import deribit_candles, deribit_rates, kraken_rates

from obverse.errors import MarketDataError
from obverse.market.live import Connection, Request, fetch
from obverse.market.series.parts import Part, checked, joined

Open = Callable[..., Connection]
LATER = datetime(2024, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, hands: dict[str, Hand]) -> Callable[[str, datetime], None]:
    """Set a venue's clock and this computer's to an instant."""

    def put(venue: str, moment: datetime) -> None:
        monkeypatch.setitem(CLOCKS, venue, int(moment.timestamp() * 1000))
        hands[venue].seconds = moment.timestamp()

    return put


def whole(connection: Connection, request: Request) -> tuple[pl.DataFrame, list[Part]]:
    """All rows of one instrument through the door, and the pages they came in."""
    pages = list(fetch(connection, request))
    (part,) = joined(pages)
    kept = checked(part)
    assert kept.frame.height == sum(page.frame.height for page in pages)
    return kept.frame, pages


def times(frame: pl.DataFrame, column: str = "time") -> list[int]:
    return frame[column].dt.epoch("ms").to_list()


def test_eight_hour_bars_of_binance_in_spans_it_allows(
    open_connection: Open, at: Callable[..., None], server: ReplayServer
) -> None:
    at("binance", LATER)
    request = Request(
        "bars", ("BTCUSD_PERP",), since=datetime(2020, 1, 1, tzinfo=UTC), interval=8 * DAY / 24
    )
    frame, pages = whole(open_connection("binance"), request)
    recorded = eight_hourly("binance")
    assert times(frame) == [row[0] for row in recorded]
    assert times(frame, "open_time") == [row[0] - MS_8H for row in recorded]
    prices = frame.select("open", "high", "low", "close").rows()
    assert prices == [row[1:5] for row in recorded]
    asked = [(int(q["startTime"]), int(q["endTime"])) for q in server.asked("/klines")]
    assert len(asked) == len(pages) == 7
    assert max(end - start for start, end in asked) < 200 * DAY / timedelta(milliseconds=1)
    assert all(later == end + 1 for (_, end), (later, _) in pairwise(asked))
    assert asked[0][0] == int(datetime(2020, 8, 10, tzinfo=UTC).timestamp() * 1000)


def test_recorded_daily_klines_with_their_volume_in_coin(
    open_connection: Open, at: Callable[..., None]
) -> None:
    """The last recorded day had not closed at the clock's time, so it is left out."""
    at("binance", datetime(2023, 1, 6, 23, 59, tzinfo=UTC))
    request = Request(
        "bars", ("BTCUSD_PERP",), since=datetime(2023, 1, 1, tzinfo=UTC), interval=DAY
    )
    frame, _ = whole(open_connection("binance"), request)
    assert frame.height == 5
    first = frame.row(0, named=True)
    assert first["time"] == datetime(2023, 1, 2, tzinfo=UTC)
    assert (first["open"], first["close"]) == (16531.2, 16607.9)
    assert first["volume_coin"] == 12496.62852978
    assert first["volume_contracts"] is None


def test_funding_of_binance_by_the_full_minute(
    open_connection: Open, at: Callable[..., None], server: ReplayServer
) -> None:
    at("binance", LATER)
    frame, pages = whole(open_connection("binance"), Request("funding", ("BTCUSD_PERP",)))
    recorded = eight_hourly("binance")
    assert times(frame) == [row[0] for row in recorded]
    assert frame["rate"].to_list() == pytest.approx([row[5] for row in recorded], abs=1e-8)
    assert set(frame["interval_hours"]) == {8.0}
    assert len(pages) == len(server.asked("/fundingRate")) == 7


def test_funding_of_deribit_is_what_was_paid_by_the_hour(
    open_connection: Open, at: Callable[..., None]
) -> None:
    at("deribit", datetime(2020, 9, 30, 12, tzinfo=UTC))
    frame, pages = whole(open_connection("deribit"), Request("funding", ("BTC-PERPETUAL",)))
    recorded = [r for r in deribit_rates() if r["timestamp"] < CLOCKS["deribit"]]
    assert times(frame) == [row["timestamp"] for row in recorded]
    assert frame["rate"].to_list() == [row["interest_1h"] for row in recorded]
    assert frame["rate_8h"].to_list() == [row["interest_8h"] for row in recorded]
    assert frame["previous_index"].to_list() == [row["prev_index_price"] for row in recorded]
    assert set(frame["interval_hours"]) == {1.0}
    assert len(pages) > 17


def test_funding_of_bybit_hides_no_row_of_a_full_page(
    open_connection: Open, at: Callable[..., None], server: ReplayServer
) -> None:
    at("bybit", LATER)
    frame, _ = whole(open_connection("bybit"), Request("funding", ("BTCUSD",)))
    recorded = [row for row in eight_hourly("bybit") if row[0] < CLOCKS["bybit"]]
    assert times(frame) == [row[0] for row in recorded]
    assert frame["rate"].to_list() == [row[5] for row in recorded]
    assert {query["limit"] for query in server.asked("/funding/history")} == {"200"}


def test_funding_of_okx_goes_by_spans(
    open_connection: Open, at: Callable[..., None], server: ReplayServer
) -> None:
    at("okx", LATER)
    since = datetime(2022, 6, 1, tzinfo=UTC)
    frame, _ = whole(open_connection("okx"), Request("funding", ("BTC-USD-SWAP",), since=since))
    recorded = eight_hourly("okx")
    assert times(frame) == [row[0] for row in recorded]
    assert frame["rate"].to_list() == [row[5] for row in recorded]
    assert all({"before", "after"} <= set(q) for q in server.asked("/funding-rate-history"))


def test_funding_of_kraken_is_multiplied_up_to_its_interval(
    open_connection: Open, at: Callable[..., None]
) -> None:
    """The venue stamps starts: a rate an hour for 4 hours, then an hour."""
    at("kraken", LATER)
    since = datetime(2018, 1, 1, tzinfo=UTC)
    frame, _ = whole(open_connection("kraken"), Request("funding", ("PI_XBTUSD",), since=since))
    recorded = kraken_rates()
    hours = [4.0] * 60 + [1.0] * 40
    assert frame["interval_hours"].to_list() == hours
    hourly = [row["relativeFundingRate"] for row in recorded]
    assert frame["rate"].to_list() == [rate * own for rate, own in zip(hourly, hours, strict=True)]
    assert frame["time"][0] == datetime(2018, 8, 31, 20, tzinfo=UTC)
    starts = [end - own for end, own in zip(frame["time"], map(_hours, hours), strict=True)]
    assert [f"{start:%Y-%m-%dT%H:%M:%S}.000Z" for start in starts] == [
        row["timestamp"] for row in recorded
    ]


def _hours(number: float) -> timedelta:
    return timedelta(hours=number)


def test_what_kraken_has_not_paid_yet_is_left_out(
    open_connection: Open, at: Callable[..., None]
) -> None:
    at("kraken", datetime(2018, 9, 1, 6, 30, tzinfo=UTC))
    since = datetime(2018, 8, 31, tzinfo=UTC)
    frame, _ = whole(open_connection("kraken"), Request("funding", ("PI_XBTUSD",), since=since))
    assert [f"{moment:%d %H}" for moment in frame["time"]] == ["31 20", "01 00", "01 04"]


@pytest.mark.parametrize(("venue", "name"), [("bybit", "BTCUSD"), ("okx", "BTC-USD-SWAP")])
def test_daily_bars_newest_first_come_out_in_order(
    open_connection: Open, at: Callable[..., None], venue: str, name: str
) -> None:
    at(venue, LATER)
    since = datetime(2018, 11, 1, tzinfo=UTC)
    frame, pages = whole(
        open_connection(venue), Request("bars", (name,), since=since, interval=DAY)
    )
    recorded = days(venue)
    assert times(frame, "open_time") == [row[0] for row in recorded]
    assert frame.select("open", "high", "low", "close").rows() == [row[1:] for row in recorded]
    assert len(pages) >= 2


def test_hourly_bars_of_kraken_are_counted_in_contracts(
    open_connection: Open, at: Callable[..., None], server: ReplayServer
) -> None:
    at("kraken", LATER)
    since, until = datetime(2019, 1, 1, tzinfo=UTC), datetime(2019, 12, 1, tzinfo=UTC)
    request = Request("bars", ("PI_XBTUSD",), since, until, interval=timedelta(hours=1))
    frame, _ = whole(open_connection("kraken"), request)
    recorded = table("bitmex/xbtusd_1h").filter(
        pl.col("open_time").is_between(since, until, closed="left")
    )
    assert frame["open_time"].to_list() == recorded["open_time"].to_list()
    assert frame["volume_contracts"].to_list() == recorded["volume_usd"].to_list()
    assert len(server.asked("/pi_xbtusd/1h")) == 5


def test_minutes_of_deribit_and_the_holes_between(
    open_connection: Open, at: Callable[..., None]
) -> None:
    """A minute was recorded every six hours or so; spans of 1,000 minutes without one are told."""
    at("deribit", datetime(2026, 3, 1, tzinfo=UTC))
    since = datetime(2025, 12, 30, tzinfo=UTC)
    frame, pages = whole(open_connection("deribit"), Request("bars", ("BTC-PERPETUAL",), since))
    recorded = [row for row in deribit_candles() if row[0] + 60_000 <= CLOCKS["deribit"]]
    assert times(frame, "open_time") == [row[0] for row in recorded]
    assert frame["volume_coin"].to_list() == [row[5] for row in recorded]
    told = [str(finding) for page in pages for finding in page.findings]
    stamps = [row[0] for row in recorded]
    spans = [(stamp - int(since.timestamp() * 1000)) // 60_000_000 for stamp in stamps]
    holes = sum(later > sooner + 1 for sooner, later in pairwise(spans))
    assert sum("the venue gave no rows" in each for each in told) == holes


def test_a_history_goes_on_where_the_store_ends(
    open_connection: Open, at: Callable[..., None], server: ReplayServer
) -> None:
    at("bybit", LATER)
    last = datetime(2023, 12, 1, 8, tzinfo=UTC)
    asked: list[tuple[str, str, str]] = []

    def resume_from(*series: str) -> datetime:
        asked.append(series)  # type: ignore[arg-type]
        return last

    connection = open_connection("bybit")
    parts = list(fetch(connection, Request("funding", ("BTCUSD",)), resume_from=resume_from))
    assert asked == [("bybit", "BTCUSD", "funding")]
    (part,) = joined(parts)
    assert part.frame["time"][0] == last
    assert part.frame.height == sum(
        row[0] >= last.timestamp() * 1000 for row in eight_hourly("bybit")
    )
    assert len(server.asked("/funding/history")) == 1


def test_a_rerun_with_nothing_new_gives_nothing(
    open_connection: Open, at: Callable[..., None]
) -> None:
    at("bybit", datetime(2023, 6, 1, 12, tzinfo=UTC))
    last = datetime(2023, 6, 1, tzinfo=UTC)
    request = Request("bars", ("BTCUSD",), interval=DAY)
    assert not list(fetch(open_connection("bybit"), request, resume_from=lambda *_: last))


def test_without_a_start_bars_are_the_last_page(
    open_connection: Open, at: Callable[..., None], server: ReplayServer
) -> None:
    at("okx", datetime(2023, 6, 1, tzinfo=UTC))
    frame, _ = whole(open_connection("okx"), Request("bars", ("BTC-USD-SWAP",), interval=DAY))
    assert frame.height == 100
    assert frame["time"][-1] == datetime(2023, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("venue", "name", "path", "key", "first"),
    [
        (
            "okx",
            "BTC-USD-SWAP",
            "candles",
            "before",
            datetime(2020, 12, 31, 23, 59, 59, 999000, UTC),
        ),
        ("binance", "BTCUSD_PERP", "/klines", "startTime", datetime(2020, 8, 10, tzinfo=UTC)),
    ],
)
def test_nothing_is_asked_from_before_a_listing_that_is_the_start(
    open_connection: Open,
    at: Callable[..., None],
    server: ReplayServer,
    venue: str,
    name: str,
    path: str,
    key: str,
    first: datetime,
) -> None:
    """OKX lists the swap since 2021-01-29, and has traded it since 2018."""
    at(venue, LATER)
    since = datetime(2021, 1, 1, tzinfo=UTC) if venue == "okx" else datetime(2015, 1, 1, tzinfo=UTC)
    list(fetch(open_connection(venue), Request("bars", (name,), since, interval=DAY)))
    asked = [query for own, query in server.requests if own.endswith(path)]
    assert int(asked[0][key]) == int(first.timestamp() * 1000)


def test_a_timeframe_that_the_venue_lacks(open_connection: Open) -> None:
    request = Request("bars", ("BTCUSD",), interval=timedelta(hours=8))
    with pytest.raises(MarketDataError, match="bybit has no bars of 8h; it has 1m, 3m"):
        list(fetch(open_connection("bybit"), request))
