"""Every decision of the door, one by one, as its table states them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.contracts.instruments import Kind
from obverse.errors import MarketDataError
from obverse.market import Finding, Market, Quote, Snapshot
from obverse.market.observations import quote_fault
from obverse.market.validation import gather, validate

AT = datetime(2026, 2, 1, 12, tzinfo=UTC)
BAD_PRICES = ["NaN", "sNaN", "Infinity", "-Infinity", "0", "-0", "-1"]
Make = Callable[..., Quote]


def door(*quotes: Quote, **changes: Any) -> Snapshot:
    plain: dict[str, Any] = {
        "underlying": "BTC",
        "venue": "deribit",
        "at": AT,
        "index": Decimal(100),
        "source": "test",
    }
    return validate(quotes, **plain | changes)


def told(snapshot: Snapshot) -> list[tuple[str, str]]:
    return [(found.severity, found.subject) for found in snapshot.findings]


def test_a_good_quote_passes_unchanged(future: Make) -> None:
    quote = future(bid=Decimal(100), ask=Decimal(101), open_interest_usd=Decimal(0))
    snapshot = door(quote)
    assert snapshot.futures == (quote,)
    assert snapshot.findings == ()


@pytest.mark.parametrize("bad", BAD_PRICES)
def test_a_bad_index_refuses_the_snapshot(future: Make, bad: str) -> None:
    with pytest.raises(MarketDataError, match=r"index .* is not a price above zero"):
        door(future(), index=Decimal(bad))


@pytest.mark.parametrize("bad", BAD_PRICES)
def test_a_bad_mark_drops_the_quote(future: Make, perpetual: Make, bad: str) -> None:
    snapshot = door(future(mark=Decimal(bad)), perpetual())
    assert [quote.symbol for quote in snapshot.quotes] == ["BTC-PERPETUAL"]
    assert told(snapshot) == [("dropped", "BTC-27MAR26")]


@pytest.mark.parametrize("name", ["bid", "ask", "last"])
@pytest.mark.parametrize("bad", BAD_PRICES)
def test_a_bad_price_field_is_dropped_alone(future: Make, name: str, bad: str) -> None:
    snapshot = door(future(**{name: Decimal(bad)}))
    assert getattr(snapshot["BTC-27MAR26"], name) is None
    assert snapshot["BTC-27MAR26"].mark == Decimal("100.5")
    assert told(snapshot) == [("dropped", "BTC-27MAR26")]
    assert name in snapshot.findings[0].reason


@pytest.mark.parametrize("name", ["open_interest_usd", "volume_24h_usd"])
@pytest.mark.parametrize("bad", ["NaN", "Infinity", "-1"])
def test_a_bad_size_is_dropped_alone(future: Make, name: str, bad: str) -> None:
    snapshot = door(future(**{name: Decimal(bad)}))
    assert getattr(snapshot["BTC-27MAR26"], name) is None
    assert told(snapshot) == [("dropped", "BTC-27MAR26")]


def test_a_funding_rate_may_be_negative_but_not_nan(perpetual: Make) -> None:
    assert door(perpetual(funding_rate_8h=Decimal("-0.001"))).findings == ()
    snapshot = door(perpetual(funding_rate_8h=Decimal("NaN")))
    assert snapshot["BTC-PERPETUAL"].funding_rate_8h is None


def test_a_crossed_book_loses_bid_and_ask_but_keeps_its_mark(future: Make) -> None:
    snapshot = door(future(bid=Decimal(102), ask=Decimal(101), last=Decimal(101)))
    quote = snapshot["BTC-27MAR26"]
    assert (quote.bid, quote.ask, quote.last, quote.mark) == (
        None,
        None,
        Decimal(101),
        Decimal("100.5"),
    )
    assert told(snapshot) == [("dropped", "BTC-27MAR26")]


def test_a_locked_book_passes(future: Make) -> None:
    assert door(future(bid=Decimal(101), ask=Decimal(101))).findings == ()


def test_the_same_row_twice_is_kept_once_and_flagged(future: Make) -> None:
    one, other = future(place="a.csv:2"), future(place="a.csv:3")
    for rows in ([one, other], [one, one]):
        snapshot = door(*rows)
        assert snapshot.futures == (one,)
        assert told(snapshot) == [("flagged", "BTC-27MAR26")]


def test_two_different_rows_of_one_moment_refuse_the_snapshot(future: Make) -> None:
    one = future(place="a.csv:2")
    other = future(mark=Decimal("100.7"), place="a.csv:3")
    expected = r"mark 100.5 \(a.csv:2\) and mark 100.7 \(a.csv:3\)"
    with pytest.raises(MarketDataError, match=expected):
        door(one, other)


def test_of_two_moments_the_later_is_kept_in_any_order(future: Make) -> None:
    earlier = future(mark=Decimal(99), observed_at=AT - timedelta(minutes=5))
    for rows in ([earlier, future()], [future(), earlier]):
        snapshot = door(*rows)
        assert snapshot.futures == (future(),)
        assert told(snapshot) == [("dropped", "BTC-27MAR26")]


def test_a_dropped_row_does_not_conflict(future: Make) -> None:
    snapshot = door(future(mark=Decimal("NaN")), future())
    assert snapshot.futures == (future(),)


@pytest.mark.parametrize(("age", "is_stale"), [(60, False), (61, True)])
def test_a_stale_quote_is_kept_and_flagged(future: Make, age: int, is_stale: bool) -> None:
    snapshot = door(future(observed_at=AT - timedelta(minutes=age)))
    assert snapshot["BTC-27MAR26"].age(AT) == timedelta(minutes=age)
    assert told(snapshot) == ([("flagged", "BTC-27MAR26")] if is_stale else [])


def test_the_staleness_limit_is_an_argument(future: Make) -> None:
    seen = AT - timedelta(seconds=11)
    assert told(door(future(observed_at=seen), max_age=timedelta(seconds=10)))


def test_a_quote_from_after_the_snapshot_is_dropped(future: Make, perpetual: Make) -> None:
    snapshot = door(future(observed_at=AT + timedelta(microseconds=1)), perpetual())
    assert snapshot.futures == ()
    assert told(snapshot) == [("dropped", "BTC-27MAR26")]
    assert "after the snapshot" in snapshot.findings[0].reason


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=1)])
def test_an_expired_contract_is_dropped(future: Make, perpetual: Make, late: timedelta) -> None:
    snapshot = door(future(expiry=AT - late), perpetual())
    assert snapshot.futures == ()
    assert "expired at" in snapshot.findings[0].reason


def test_rows_out_of_order_are_sorted_silently(future: Make, perpetual: Make) -> None:
    far = future(symbol="BTC-25DEC26", expiry=datetime(2026, 12, 25, 8, tzinfo=UTC))
    snapshot = door(far, perpetual(symbol="BTC-PERP2"), future(), perpetual())
    names = [quote.symbol for quote in snapshot.quotes]
    assert names == ["BTC-PERP2", "BTC-PERPETUAL", "BTC-27MAR26", "BTC-25DEC26"]
    assert snapshot.findings == ()


def test_of_two_futures_with_one_expiry_the_listed_one_is_on_the_curve(future: Make) -> None:
    synthetic = future(symbol="A-SYNTHETIC", listed=False)
    snapshot = door(synthetic, future())
    assert snapshot.futures == (future(), synthetic)
    assert snapshot.nodes == (future(),)
    assert told(snapshot) == [("flagged", "BTC-27MAR26")]
    assert "A-SYNTHETIC" in snapshot.findings[0].reason


@pytest.mark.parametrize(
    ("mark", "is_far"), [("150", False), ("150.01", True), ("50", False), ("49.99", True)]
)
def test_a_mark_far_from_the_index_is_flagged(future: Make, mark: str, is_far: bool) -> None:
    snapshot = door(future(mark=Decimal(mark)))
    assert told(snapshot) == ([("flagged", "BTC-27MAR26")] if is_far else [])


@pytest.mark.parametrize("name", ["expiry", "observed_at"])
def test_a_time_without_a_zone_refuses_the_snapshot(future: Make, name: str) -> None:
    with pytest.raises(MarketDataError, match=f"{name} .* has no time zone"):
        door(future(**{name: datetime(2026, 1, 31)}))  # noqa: DTZ001


def test_a_snapshot_without_a_zone_is_refused(future: Make) -> None:
    with pytest.raises(MarketDataError, match="no time zone"):
        door(future(), at=datetime(2026, 2, 1))  # noqa: DTZ001


def test_other_zones_become_utc(future: Make) -> None:
    seen = AT.astimezone(timezone(timedelta(hours=9)))
    assert door(future(observed_at=seen), at=seen).at.tzinfo is UTC


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"symbol": " "}, "no symbol"),
        ({"expiry": None}, "a future without an expiry"),
        ({"kind": Kind.PERPETUAL}, "a perpetual with an expiry"),
        ({"kind": Kind.SPREAD}, "a spread"),
    ],
)
def test_misshapen_rows_are_dropped(
    future: Make, perpetual: Make, changes: dict[str, Any], reason: str
) -> None:
    snapshot = door(future(**changes), perpetual())
    assert snapshot.quotes == (perpetual(),)
    assert reason in snapshot.findings[0].reason


def test_nothing_left_refuses_the_snapshot_and_says_why(future: Make) -> None:
    with pytest.raises(MarketDataError, match=r"no usable quote is left .*mark NaN"):
        door(future(mark=Decimal("NaN")))
    with pytest.raises(MarketDataError, match="there were no rows"):
        door()


def test_a_wide_index_range_is_flagged_in_basis_points(future: Make) -> None:
    narrow = door(future(), index_range=(Decimal("99.95"), Decimal("100.05")))
    assert narrow.findings == ()
    assert narrow.index_range_bp == 10
    wide = door(future(), index_range=(Decimal("99.9"), Decimal("100.1")))
    assert told(wide) == [("flagged", "index")]
    assert "20.0 bp" in wide.findings[0].reason


@pytest.mark.parametrize(("low", "high"), [("101", "102"), ("NaN", "102"), ("0", "102")])
def test_a_range_that_does_not_hold_the_index_is_dropped(future: Make, low: str, high: str) -> None:
    snapshot = door(future(), index_range=(Decimal(low), Decimal(high)))
    assert snapshot.index_range is None
    assert told(snapshot) == [("dropped", "index range")]


def test_the_sources_own_findings_are_kept(future: Make) -> None:
    noticed = Finding("flagged", "BTC", "polled slowly")
    assert door(future(), findings=[noticed]).findings == (noticed,)


numbers = st.none() | st.decimals() | st.decimals(min_value=50, max_value=150, places=2)
moments = st.integers(-86_400, 86_400).map(lambda seconds: AT + timedelta(seconds=seconds))
raw_quotes = st.builds(
    Quote,
    symbol=st.sampled_from(["A", "B", "C", "D", "E", ""]),
    kind=st.sampled_from(Kind),
    expiry=st.none() | moments,
    mark=st.decimals() | st.decimals(min_value=50, max_value=150, places=2),
    observed_at=moments,
    bid=numbers,
    ask=numbers,
    last=numbers,
    open_interest_usd=numbers,
    volume_24h_usd=numbers,
    funding_rate_8h=numbers,
    listed=st.booleans(),
)


@given(st.lists(raw_quotes, max_size=6))
def test_whatever_comes_in_nothing_unusable_comes_out(quotes: list[Quote]) -> None:
    try:
        snapshot = door(*quotes)
    except MarketDataError:
        return
    assert snapshot.quotes
    assert not any(quote_fault(quote, AT) for quote in snapshot.quotes)
    assert {quote.symbol for quote in snapshot.quotes} <= {quote.symbol for quote in quotes}
    expiries = [node.expiry for node in snapshot.nodes]
    assert len(set(expiries)) == len(expiries)


def test_one_bad_coin_does_not_hide_the_others(future: Make) -> None:
    market = gather(
        {"BTC": lambda: door(future()), "ETH": lambda: door(underlying="ETH")},
        asked=None,
        venue="deribit",
        source="test",
    )
    assert isinstance(market, Market)
    assert market.underlyings == ("BTC",)
    assert market.asked == AT
    assert [found.severity for found in market.findings] == ["refused"]
    with pytest.raises(MarketDataError, match=r"there is BTC.* refused ETH"):
        market["ETH"]


def test_only_bad_coins_are_an_error() -> None:
    with pytest.raises(MarketDataError, match="no usable quote"):
        gather({"BTC": door}, asked=AT, venue="deribit", source="test")
