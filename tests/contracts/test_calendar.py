"""The expiration calendar: rules, exceptions, daylight saving, and real listings."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.contracts.calendar import (
    Calendar,
    Cycle,
    CycleRule,
    cycles_of,
    days_to_expiry,
    delivery_instant,
    listed_expiries,
    month_expiry,
    next_expiries,
    roll_instants,
)
from obverse.contracts.instants import instant
from obverse.errors import DataError, RuleError

FRIDAY = 4
AT_EIGHT = time(8)
TEN_MINUTES = timedelta(minutes=10)


def calendar(counts: dict[str, int], at: time = AT_EIGHT, **more: Any) -> Calendar:
    """Write a calendar briefly: `{"weekly": 2}`."""
    return Calendar(
        tuple(CycleRule(Cycle(name), count) for name, count in counts.items()), at, **more
    )


def days(expiries: tuple[datetime, ...]) -> list[str]:
    """Write expiries briefly: `["2026-01-30"]`."""
    return [f"{expiry:%Y-%m-%d}" for expiry in expiries]


SIX = {"weekly": 2, "monthly": 2, "quarterly": 2}
OKX = calendar(SIX, coinciding="skipped", listing_delay=TEN_MINUTES)
OKX_FOUR = calendar({"weekly": 2, "quarterly": 2}, coinciding="skipped", listing_delay=TEN_MINUTES)
DERIBIT = calendar({"weekly": 2, "monthly": 2, "quarterly": 4})
BINANCE = calendar({"quarterly": 2})
BITMEX = calendar({"quarterly": 2}, time(12))
BYBIT = calendar({"quarterly": 2}, moved=((date(2021, 12, 31), date(2021, 12, 24)),))
KRAKEN = calendar(
    {"monthly": 1, "quarterly": 2}, time(16), time_zone="Europe/London", coinciding="skipped"
)
VENUES = [OKX, OKX_FOUR, DERIBIT, BINANCE, BITMEX, BYBIT, KRAKEN]


# What a listing is


def test_shared_dates_are_one_contract_of_several_cycles() -> None:
    assert days(listed_expiries(DERIBIT, "2026-01-20")) == [
        "2026-01-23", "2026-01-30", "2026-02-27", "2026-03-27",
        "2026-06-26", "2026-09-25", "2026-12-25",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        # OKX-15: https://chainwhy.com/notice/42447.html
        ("2024-06-21T09:00Z", "06-28 07-05 07-26 08-30 09-27 12-27"),
        # OKX announcement of the six tiers: https://woaiqun.com/570.html
        ("2023-11-17T09:00Z", "11-24 12-01 12-29 01-26 03-29 06-28"),
        # OKX instruments captured in December 2024 (nautilus_trader test data)
        ("2024-12-18T00:00Z", "12-20 12-27 01-31 02-28 03-28 06-27"),
    ],
)
def test_skipped_dates_make_six_contracts_without_repeats(at: str, expected: str) -> None:
    listed = listed_expiries(OKX, at)
    assert " ".join(f"{expiry:%m-%d}" for expiry in listed) == expected
    assert {expiry.time() for expiry in listed} == {AT_EIGHT}


def test_a_contract_is_listed_until_its_delivery_and_its_successor_from_then_on() -> None:
    assert days(listed_expiries(BINANCE, "2020-09-25T07:59:59Z")) == ["2020-09-25", "2020-12-25"]
    assert days(listed_expiries(BINANCE, "2020-09-25T08:00:00Z")) == ["2020-12-25", "2021-03-26"]


def test_a_listing_delay_holds_back_the_successor_only() -> None:
    assert days(listed_expiries(OKX_FOUR, "2022-05-13T08:09:59Z")) == [
        "2022-05-20", "2022-06-24", "2022-09-30",
    ]  # fmt: skip
    assert days(listed_expiries(OKX_FOUR, "2022-05-13T08:10:01Z")) == [
        "2022-05-20", "2022-05-27", "2022-06-24", "2022-09-30",
    ]  # fmt: skip


def test_daily_contracts_deliver_every_day() -> None:
    daily = calendar({"daily": 3})
    assert days(listed_expiries(daily, "2026-02-27T08:00Z")) == [
        "2026-02-28", "2026-03-01", "2026-03-02",
    ]  # fmt: skip


def test_semiannual_contracts_deliver_in_june_and_december() -> None:
    half_yearly = calendar({"semiannual": 3})
    assert days(listed_expiries(half_yearly, "2026-06-26T08:00Z")) == [
        "2026-12-25", "2027-06-25", "2027-12-31",
    ]  # fmt: skip


# Exceptions are data


@pytest.mark.parametrize(
    ("venue", "year", "month", "expected"),
    [
        (BITMEX, 2025, 12, "2025-12-26T12:00Z"),  # BMX-51a, XBTZ25
        (BITMEX, 2026, 6, "2026-06-26T12:00Z"),  # BMX-51b, XBTM26
        (BITMEX, 2022, 1, "2022-01-28T12:00Z"),  # BMX-51d, XBTF22
        (BINANCE, 2020, 9, "2020-09-25T08:00Z"),  # BIN-15a
        (BYBIT, 2021, 9, "2021-09-24T08:00Z"),  # BYB-24c, BTCUSDU21
        (BYBIT, 2021, 12, "2021-12-24T08:00Z"),  # BYB-24d, BTCUSDZ21: a week early
        (KRAKEN, 2026, 10, "2026-10-30T16:00Z"),  # FI_XBTUSD_261030
    ],
)
def test_a_month_delivers_on_its_last_friday_unless_moved(
    venue: Calendar, year: int, month: int, expected: str
) -> None:
    assert month_expiry(venue, year, month) == instant(expected)


def test_a_moved_date_takes_the_place_of_its_rule_everywhere() -> None:
    assert days(listed_expiries(BYBIT, "2021-12-01")) == ["2021-12-24", "2022-03-25"]
    assert days(listed_expiries(BYBIT, "2021-12-24T08:00Z")) == ["2022-03-25", "2022-06-24"]
    assert cycles_of(BYBIT, date(2021, 12, 24)) == (Cycle.QUARTERLY,)
    assert cycles_of(BYBIT, date(2021, 12, 31)) == ()


def test_a_date_moved_to_later_is_still_to_come_when_its_rule_has_passed() -> None:
    late = calendar({"quarterly": 1}, moved=((date(2026, 3, 27), date(2026, 4, 10)),))
    assert days(listed_expiries(late, "2026-04-01")) == ["2026-04-10"]


def test_a_cancelled_date_gives_way_to_the_next() -> None:
    without = calendar({"weekly": 2}, cancelled=(date(2026, 1, 9),))
    assert days(listed_expiries(without, "2026-01-03")) == ["2026-01-16", "2026-01-23"]
    quarter = calendar({"quarterly": 2}, cancelled=(date(2026, 3, 27),))
    with pytest.raises(RuleError, match="cancelled"):
        month_expiry(quarter, 2026, 3)


def test_an_added_date_is_listed_on_top_once_a_later_one_is() -> None:
    election = calendar({"quarterly": 2}, added=(date(2026, 11, 4),))
    assert days(listed_expiries(election, "2026-06-01")) == ["2026-06-26", "2026-09-25"]
    assert days(listed_expiries(election, "2026-07-01")) == [
        "2026-09-25", "2026-11-04", "2026-12-25",
    ]  # fmt: skip
    assert days(listed_expiries(election, "2026-11-05")) == ["2026-12-25", "2027-03-26"]
    assert cycles_of(election, date(2026, 11, 4)) == ()


def test_cycles_of_a_day_are_told_nearest_first() -> None:
    assert cycles_of(DERIBIT, date(2026, 1, 23)) == (Cycle.WEEKLY,)
    assert cycles_of(DERIBIT, date(2026, 1, 30)) == (Cycle.WEEKLY, Cycle.MONTHLY)
    assert cycles_of(DERIBIT, date(2026, 3, 27)) == (
        Cycle.WEEKLY, Cycle.MONTHLY, Cycle.QUARTERLY,
    )  # fmt: skip
    assert cycles_of(DERIBIT, date(2026, 3, 26)) == ()


def test_next_expiries_are_of_one_cycle() -> None:
    assert days(next_expiries(DERIBIT, Cycle.MONTHLY, "2026-02-01", 3)) == [
        "2026-02-27", "2026-03-27", "2026-04-24",
    ]  # fmt: skip
    assert next_expiries(DERIBIT, Cycle.MONTHLY, "2026-02-01", 0) == ()


# Clocks


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2021, 7, 30), "2021-07-30T15:00Z"),
        (date(2021, 12, 31), "2021-12-31T16:00Z"),
        (date(2021, 3, 26), "2021-03-26T16:00Z"),  # the clocks go forward two days later
        (date(2023, 3, 31), "2023-03-31T15:00Z"),  # they went forward five days before
        (date(2024, 10, 25), "2024-10-25T15:00Z"),  # they go back two days later
        (date(2020, 10, 30), "2020-10-30T16:00Z"),  # they went back five days before
    ],
)
def test_london_delivers_at_fifteen_in_summer_and_sixteen_in_winter(
    day: date, expected: str
) -> None:
    assert delivery_instant(KRAKEN, day) == instant(expected)
    assert day in [
        expiry.date() for expiry in listed_expiries(KRAKEN, instant(expected) - timedelta(hours=1))
    ]
    assert day not in [expiry.date() for expiry in listed_expiries(KRAKEN, expected)]


def test_a_delivery_can_fall_on_another_day_in_utc() -> None:
    eastern = calendar({"weekly": 1}, time(1), time_zone="Asia/Tokyo")
    assert listed_expiries(eastern, "2026-01-01") == (instant("2026-01-01T16:00Z"),)
    assert listed_expiries(eastern, "2026-01-01T16:00Z") == (instant("2026-01-08T16:00Z"),)


def test_a_skipped_wall_clock_time_counts_as_before_the_change() -> None:
    nightly = calendar({"daily": 1}, time(1, 30), time_zone="Europe/London")
    assert delivery_instant(nightly, date(2026, 3, 29)) == instant("2026-03-29T01:30Z")


# Rolling


def test_rolls_come_before_their_expiries_in_order() -> None:
    expiries = listed_expiries(BINANCE, "2026-01-01")
    assert roll_instants(expiries, days_before=7) == (
        instant("2026-03-20T08:00Z"),
        instant("2026-06-19T08:00Z"),
    )
    assert roll_instants(expiries, days_before=0) == expiries
    assert roll_instants([], days_before=7) == ()


def test_days_to_expiry_run_out_at_delivery() -> None:
    assert days_to_expiry("2026-01-02T08:00Z", "2026-01-01T20:00Z") == 0.5
    for at in ("2026-01-02T08:00Z", "2026-01-03"):
        with pytest.raises(RuleError, match="expired at 2026-01-02T08:00:00Z"):
            days_to_expiry("2026-01-02T08:00Z", at)


# What is refused


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"counts": {}}, "no cycles"),
        ({"time_zone": "Europe/Atlantis"}, "Europe/Atlantis"),
        ({"time_zone": ""}, "time zone"),
        ({"time_zone": "../etc/passwd"}, "time zone"),
        ({"coinciding": "both"}, "both"),
        ({"at": time(8, tzinfo=UTC)}, "time_zone"),
        ({"listing_delay": -TEN_MINUTES}, "listing delay"),
        ({"moved": ((date(2026, 3, 26), date(2026, 3, 20)),)}, "2026-03-26"),
        ({"moved": ((date(2026, 3, 27), date(2026, 3, 20)),) * 2}, "twice"),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        calendar(**{"counts": {"quarterly": 2}, **wrong})


def test_a_cycle_named_twice_is_refused() -> None:
    with pytest.raises(DataError, match="twice"):
        Calendar((CycleRule(Cycle.WEEKLY, 1), CycleRule(Cycle.WEEKLY, 2)), AT_EIGHT)


@pytest.mark.parametrize("count", [0, -1])
def test_a_cycle_that_lists_nothing_is_refused(count: int) -> None:
    with pytest.raises(DataError, match=f"{count} weekly contracts"):
        CycleRule(Cycle.WEEKLY, count)


def test_questions_without_an_answer_are_refused() -> None:
    with pytest.raises(RuleError, match="No weekly contracts are listed; there are quarterly"):
        next_expiries(BINANCE, Cycle.WEEKLY, "2026-01-01", 1)
    with pytest.raises(DataError, match="count: -1"):
        next_expiries(BINANCE, Cycle.QUARTERLY, "2026-01-01", -1)
    with pytest.raises(DataError, match="2026-13"):
        month_expiry(BINANCE, 2026, 13)
    with pytest.raises(DataError, match="days_before: -1"):
        roll_instants([], days_before=-1)
    with pytest.raises(DataError, match="sort them"):
        roll_instants(["2026-03-27", "2026-03-27"], days_before=1)
    with pytest.raises(DataError, match="no time zone"):
        listed_expiries(BINANCE, datetime(2026, 1, 1))  # noqa: DTZ001


# Properties of every calendar

instants = st.datetimes(datetime(2014, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
calendars = st.builds(
    calendar,
    st.dictionaries(
        st.sampled_from([cycle.value for cycle in Cycle]), st.integers(1, 5), min_size=1
    ),
    st.times(),
    time_zone=st.sampled_from(["UTC", "Europe/London", "Asia/Tokyo", "America/New_York"]),
    coinciding=st.sampled_from(["shared", "skipped"]),
)


@given(calendars, instants)
def test_listed_expiries_are_ahead_sorted_and_unique(venue: Calendar, at: datetime) -> None:
    listed = listed_expiries(venue, at)
    assert all(expiry > at for expiry in listed)
    assert list(listed) == sorted(set(listed))
    local = [expiry.astimezone(ZoneInfo(venue.time_zone)) for expiry in listed]
    assert all(cycles_of(venue, moment.date()) for moment in local)
    if Cycle.DAILY not in [rule.cycle for rule in venue.cycles]:
        assert {moment.weekday() for moment in local} == {FRIDAY}


@given(calendars, instants)
def test_shared_is_a_union_and_skipped_never_repeats(venue: Calendar, at: datetime) -> None:
    listed = listed_expiries(venue, at)
    if venue.coinciding == "skipped":
        assert len(listed) == sum(rule.count for rule in venue.cycles)
    else:
        each = [next_expiries(venue, rule.cycle, at, rule.count) for rule in venue.cycles]
        assert set(listed) == set().union(*each)


@given(calendars | st.sampled_from(VENUES), instants, st.timedeltas(timedelta(0), timedelta(400)))
def test_a_listed_contract_stays_listed_until_it_delivers(
    venue: Calendar, at: datetime, later: timedelta
) -> None:
    kept = {expiry for expiry in listed_expiries(venue, at) if expiry > at + later}
    assert kept <= set(listed_expiries(venue, at + later))


@given(st.integers(2014, 2099), st.integers(1, 12))
def test_a_month_expiry_is_the_last_friday_at_noon(year: int, month: int) -> None:
    expiry = month_expiry(BITMEX, year, month)
    assert (expiry.year, expiry.month, expiry.weekday(), expiry.hour) == (year, month, FRIDAY, 12)
    assert (expiry + timedelta(days=7)).month != month


# Real listings


@pytest.fixture
def recorded() -> Path:
    path = Path(__file__).parents[2].parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip(f"no recorded listings: {path} is not here")
    return path


def captured(path: Path) -> Iterator[tuple[str, datetime, Any]]:
    """Responses of a capture: address, instant of receipt, body."""
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        head, _, body = line.partition(": ")
        if head.startswith("http"):
            address, _, seconds = head.rpartition(" -> ")
            yield address, datetime.fromtimestamp(float(seconds), UTC), json.loads(body)


def milliseconds(stamp: int | str) -> datetime:
    return datetime.fromtimestamp(int(stamp) / 1000, UTC)


def by_root(rows: Iterator[tuple[str, datetime]]) -> dict[str, tuple[datetime, ...]]:
    """Expiries of each product, sorted."""
    roots: dict[str, set[datetime]] = {}
    for root, expiry in rows:
        roots.setdefault(root, set()).add(expiry)
    return {root: tuple(sorted(expiries)) for root, expiries in roots.items()}


def test_deribit_lists_two_weeks_two_months_and_four_quarters(recorded: Path) -> None:
    """Every one of 962 snapshots, but for successors not yet there on Friday mornings."""
    curve = pl.read_parquet(recorded / "deribit" / "forward_curve.parquet")
    real = curve.filter(~pl.col("synthetic")).group_by("currency", "ts").agg("expiry")
    exact, due = 0, 0
    for _, at, expiries in real.iter_rows():
        expected, found = set(listed_expiries(DERIBIT, at)), set(expiries)
        if found == expected:
            exact += 1
            continue
        at_eight = at.replace(hour=8, minute=0, second=0, microsecond=0)
        assert at.weekday() == FRIDAY
        assert at_eight < at < at_eight.replace(hour=11)
        before = set(listed_expiries(DERIBIT, at_eight - timedelta(minutes=1)))
        assert found == expected & before
        due += 1
    assert (exact, due) == (938, 24)


def test_deribit_listed_the_same_in_2021_and_2022(recorded: Path) -> None:
    counts = {"BTC": DERIBIT, "ETH": DERIBIT, "SOL": calendar({"weekly": 2, "monthly": 2})}
    compared = []
    for address, at, body in captured(recorded / "venue_captures_2021_22" / "DERIBIT.0.gz"):
        futures = [row for row in body["result"] if row["kind"] == "future"]
        coin = address.split("currency=")[1].split("&")[0]
        if coin == "SOL":  # appended to the capture later; its own stamps say when
            at = max(milliseconds(row["creation_timestamp"]) for row in body["result"])
        dated = {
            milliseconds(row["expiration_timestamp"])
            for row in futures
            if row["settlement_period"] != "perpetual"
        }
        if coin in counts:
            assert dated == set(listed_expiries(counts[coin], at))
            compared.append(coin)
    assert compared == ["BTC", "ETH", "SOL"]


def test_binance_lists_two_quarters_from_the_instant_of_delivery(recorded: Path) -> None:
    for _, at, body in captured(recorded / "venue_captures_2021_22" / "BINANCE_DELIVERY.0.gz"):
        dated = [row for row in body["symbols"] if row["contractType"] != "PERPETUAL"]
        roots = by_root((row["pair"], milliseconds(row["deliveryDate"])) for row in dated)
        assert set(roots.values()) == {listed_expiries(BINANCE, at)}
        assert len(roots) == 9
        for row in dated:
            listed = milliseconds(row["onboardDate"])
            expiry = milliseconds(row["deliveryDate"])
            assert expiry in listed_expiries(BINANCE, listed)
            assert expiry not in listed_expiries(BINANCE, listed - timedelta(seconds=1))


def test_okx_listed_two_weeks_and_two_quarters_ten_minutes_after_delivery(recorded: Path) -> None:
    for address, at, body in captured(recorded / "venue_captures_2021_22" / "OKX.0.gz"):
        if "FUTURES" not in address:
            continue
        dated = [row for row in body["data"] if row["ctType"] == "inverse"]
        roots = by_root((row["uly"], milliseconds(row["expTime"])) for row in dated)
        assert set(roots.values()) == {listed_expiries(OKX_FOUR, at)}
        assert len(roots) == 13
        for row in dated:
            listed, expiry = milliseconds(row["listTime"]), milliseconds(row["expTime"])
            assert expiry in listed_expiries(OKX_FOUR, listed)
            assert expiry not in listed_expiries(OKX_FOUR, listed - timedelta(seconds=2))


def test_kraken_lists_a_month_and_one_or_two_quarters_beyond_it(recorded: Path) -> None:
    nearer = calendar(
        {"monthly": 1, "quarterly": 1}, time(16), time_zone="Europe/London", coinciding="skipped"
    )
    for _, at, body in captured(recorded / "venue_captures_2021_22" / "KRAKEN_FUTURES.0.gz"):
        dated = [row for row in body["instruments"] if "lastTradingTime" in row]
        roots = by_root(
            (row["symbol"].split("_")[1], instant(row["lastTradingTime"])) for row in dated
        )
        assert sorted(roots) == ["bchusd", "ethusd", "ltcusd", "xbtusd", "xrpusd"]
        for root, expiries in roots.items():
            far = root in ("xbtusd", "ethusd")
            assert expiries == listed_expiries(KRAKEN if far else nearer, at)


def test_bitmex_listed_two_quarters_of_bitcoin(recorded: Path) -> None:
    name = "bitmex_instrument_active_2021-07-22T223607Z.json"
    rows = json.loads((recorded / "venue_captures_2021_22" / name).read_text())
    roots = by_root((row["rootSymbol"], instant(row["expiry"])) for row in rows if row["expiry"])
    assert roots["XBT"] == listed_expiries(BITMEX, "2021-07-22T22:36:07Z")


def test_huobi_listed_two_weeks_and_a_quarter(recorded: Path) -> None:
    venue = calendar({"weekly": 2, "quarterly": 1}, coinciding="skipped")
    for _, at, body in captured(recorded / "venue_captures_2021_22" / "HUOBI_DM.0.gz"):
        found = {row["delivery_date"] for row in body["data"]}
        assert found == {f"{expiry:%Y%m%d}" for expiry in listed_expiries(venue, at)}


def test_bitmex_bitcoin_futures_settled_on_the_last_friday_of_their_month(recorded: Path) -> None:
    settled = pl.read_parquet(recorded / "bitmex" / "settled_futures.parquet")
    named = settled.filter(pl.col("symbol").str.contains("^XB[TU][FGHJKMNQUVXZ][0-9]{2}$"))
    assert named.height == 39
    for symbol, expiry in named.select("symbol", "expiry").iter_rows():
        month = "FGHJKMNQUVXZ".index(symbol[3]) + 1
        assert instant(expiry) == month_expiry(BITMEX, 2000 + int(symbol[4:]), month)
