"""Historical days: the worst are found, gaps are left out, and recorded days are what they were."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from books import MARKET, PERPETUAL, book, held
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.market import QuoteHistory
from obverse.risk.scenarios import (
    HistoricalDay,
    PriceHistory,
    historical_day,
    marks_of,
    price_history,
    run_scenarios,
    scaled_history,
    scenario_named,
    worst_days,
)

START = datetime(2020, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hourly(*days: list[float], start: float = 100.0) -> PriceHistory:
    """Hourly prices from midnight: each day is three moves, at 08:00, 16:00 and 24:00."""
    prices = [start]
    for moves in days:
        opening = prices[-1]
        for move in moves:
            prices += [opening * (1 + move)] * 8
    return price_history([START + HOUR * n for n in range(len(prices))], prices)


CALM, CRASH, RALLY = [0.01, -0.01, 0.0], [-0.1, -0.4, -0.2], [0.1, 0.5, 0.3]
SLIDE = [-0.1, -0.2, -0.3]


def test_the_worst_day_of_a_long_is_the_deepest_on_the_way_or_at_the_close() -> None:
    found = {"BTC": hourly(CALM, CRASH, RALLY, SLIDE)}
    days = worst_days(found, 2, coin="BTC")
    assert [day.day.day for day in days] == [2, 4]
    assert days[0].low("BTC") == Decimal("-0.4")
    assert days[0].moves["BTC"][-1] == Decimal("-0.2")
    closes = worst_days(found, 2, coin="BTC", judged="close")
    assert [day.day.day for day in closes] == [4, 2]


def test_the_worst_day_of_a_short_is_a_rally() -> None:
    (day,) = worst_days({"BTC": hourly(CALM, CRASH, RALLY)}, 1, coin="BTC", against="short")
    assert (day.day.day, day.high("BTC"), day.low("BTC")) == (3, Decimal("0.5"), 0)


def test_other_coins_move_as_they_did_on_that_day() -> None:
    histories = {"BTC": hourly(CALM, CRASH), "ETH": hourly(CALM, SLIDE)}
    (day,) = worst_days(histories, 1, coin="BTC")
    assert day.moves["ETH"][-1] == Decimal("-0.3")


def test_returns_compound_to_the_days_move() -> None:
    (day,) = worst_days({"BTC": hourly(CRASH)}, 1, coin="BTC")
    grown = Decimal(1)
    for found in day.returns("BTC"):
        grown *= 1 + found
    assert float(grown) == pytest.approx(0.8, abs=1e-12)
    assert len(day.returns("BTC")) == 24


def test_a_day_is_replayed_hour_by_hour() -> None:
    (day,) = worst_days({"BTC": hourly(CRASH)}, 1, coin="BTC", source="by hand")
    scenarios = day.scenarios()
    assert [item.name for item in scenarios[:2]] == ["2020-01-01 01:00", "2020-01-01 02:00"]
    assert scenarios[-1].name == "2020-01-01 24:00"
    made = book({"BTC": "2"}, held(PERPETUAL, 8_000, "80000"))
    run = run_scenarios(made, MARKET, scenarios, title=f"{day.day}")
    assert run.worst.scenario.name == "2020-01-01 09:00"  # the first hour at the low
    assert run.outcomes[-1].coin("BTC").price_usd == MARKET["BTC"].index * Decimal("0.8")


def test_a_day_with_a_gap_is_left_out() -> None:
    whole = hourly(CALM, CRASH, RALLY)
    keep = np.ones(len(whole), dtype=bool)
    keep[30:33] = False  # a morning of the second day
    cut = price_history(whole.times_ns[keep], whole.prices_usd[keep])
    assert [day.day.day for day in worst_days({"BTC": cut}, 9, coin="BTC")] == [1, 3]
    with pytest.raises(DataError, match="not every step"):
        historical_day({"BTC": cut}, date(2020, 1, 2))
    assert historical_day({"BTC": whole}, date(2020, 1, 2)).low("BTC") == Decimal("-0.4")


def test_finer_prices_are_read_at_the_end_of_each_step() -> None:
    """A minute's price after the hour is of the next one: no look-ahead."""
    times = [START + timedelta(minutes=n) for n in range(24 * 60 + 1)]
    prices = [100.0 + n / 60 for n in range(len(times))]
    day = historical_day({"BTC": price_history(times, prices)}, date(2020, 1, 1), step_hours=6)
    assert day.moves["BTC"] == tuple(map(Decimal, ("0.06", "0.12", "0.18", "0.24")))
    assert day.stamps[0] == START + 6 * HOUR


def test_times_may_be_numpys_or_nanoseconds() -> None:
    aware = price_history([START, START + HOUR], [1, 2])
    stamps = np.array(["2020-01-01T00", "2020-01-01T01"], dtype="datetime64[s]")
    for times in (stamps, aware.times_ns):
        assert (price_history(times, [1, 2]).times_ns == aware.times_ns).all()


def test_a_market_history_gives_its_marks() -> None:
    snapshot = MARKET["BTC"]
    found = marks_of(QuoteHistory("BTC-PERPETUAL", "deribit", "by hand", (snapshot,)))
    assert found.prices_usd.tolist() == [77_388.0]


@given(st.lists(st.floats(1, 1000), min_size=2, max_size=20), st.floats(0.1, 5))
def test_a_scaled_history_has_scaled_log_returns(prices: list[float], volatility: float) -> None:
    found = scaled_history(prices, volatility)
    assert found[-1] == pytest.approx(prices[-1])
    np.testing.assert_allclose(
        np.diff(np.log(found)), volatility * np.diff(np.log(prices)), atol=1e-9
    )


NOW = [START]


@pytest.mark.parametrize(
    ("times", "prices", "message"),
    [
        ([], [], "one at least"),
        (NOW, [1, 2], "as many"),
        (NOW, [float("nan")], "price 0 is nan"),
        (NOW, [0.0], "above zero"),
        ([START, START], [1, 2], "not after"),
        ([datetime(2020, 1, 1)], [1], "no time zone"),  # noqa: DTZ001
        (["monday"], [1], "datetimes of UTC"),
    ],
)
def test_a_history_that_cannot_be_used_is_refused(
    times: list[object], prices: list[float], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        price_history(times, prices)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"coin": "SOL"}, "No history of 'SOL'"),
        ({"count": 0}, "at least one"),
        ({"against": "both"}, "long or short"),
        ({"judged": "open"}, "worst or close"),
        ({"step_hours": 5}, "divide a day"),
        ({"histories": {}}, "No history of 'BTC'; there is none"),
        ({"histories": {"BTC": price_history(NOW, [1])}}, "no day is complete"),
    ],
)
def test_days_that_cannot_be_asked_for_are_refused(
    changes: dict[str, object], message: str
) -> None:
    asked: dict[str, object] = {"histories": {"BTC": hourly(CALM)}, "count": 1, "coin": "BTC"}
    with pytest.raises(DataError, match=message):
        worst_days(**(asked | changes))  # type: ignore[arg-type]


def test_a_day_of_unequal_steps_or_no_price_is_refused() -> None:
    one, two = (Decimal("0.1"),), (Decimal("0.1"), Decimal("0.2"))
    with pytest.raises(DataError, match="as many steps"):
        HistoricalDay(date(2020, 1, 1), HOUR, {"BTC": one, "ETH": two})
    with pytest.raises(DataError, match="no price is left"):
        HistoricalDay(date(2020, 1, 1), HOUR, {"BTC": (Decimal(-1),)})
    with pytest.raises(DataError, match="not above zero"):
        scaled_history([1.0, 0.0], 2)
    with pytest.raises(DataError, match="volatility"):
        scaled_history([1.0, 2.0], float("nan"))


def recorded(name: str) -> Path:
    path = Path(__file__).parents[3].parent / "shared" / "data" / name
    if not path.exists():
        pytest.skip(f"../shared/data/{name} is not beside this checkout")
    return path


def test_the_worst_day_of_bitmexs_perpetual_is_the_twelfth_of_march_2020() -> None:
    """Hourly closes: 7,939.0 at midnight, 4,346.0 at the end; the low of the day lay between."""
    import polars

    frame = polars.read_parquet(recorded("bitmex/xbtusd_1h.parquet"))
    closes = frame["open_time"].dt.offset_by("1h").to_numpy()
    history = price_history(closes, frame["close"].to_numpy())
    days = worst_days({"BTC": history}, 5, coin="BTC", source="BitMEX XBTUSD")
    assert days[0].day == date(2020, 3, 12)
    assert float(days[0].moves["BTC"][-1]) == pytest.approx(4346 / 7939 - 1, abs=1e-9)
    assert len({day.day for day in days}) == 5


@pytest.mark.parametrize(
    ("name", "day", "column"),
    [
        ("2017-12-22 low", "2017-12-22", "low"),
        ("2018-01-16", "2018-01-16", "close"),
        ("2020-03-12", "2020-03-12", "close"),
        ("2021-05-19 low", "2021-05-19", "low"),
        ("2022-06-13", "2022-06-13", "close"),
        ("2022-11-09", "2022-11-09", "close"),
        ("2019-10-25 high", "2019-10-25", "high"),
    ],
)
def test_the_named_days_are_what_was_recorded(name: str, day: str, column: str) -> None:
    import polars

    frame = polars.read_parquet(recorded("spot/bitstamp_btcusd_1d.parquet"))
    (row,) = frame.filter(
        polars.from_epoch("unix").cast(polars.Date) == date.fromisoformat(day)
    ).to_dicts()
    assert float(scenario_named(name).move) == pytest.approx(
        row[column] / row["open"] - 1, abs=6e-5
    )
