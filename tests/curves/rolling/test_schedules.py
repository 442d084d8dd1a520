"""Roll schedules by the calendar: cycles, listings, and the chain they must form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from obverse.contracts.calendar import Cycle
from obverse.curves.rolling import (
    ContractPanel,
    DatedContract,
    RollSchedule,
    cycle_contracts,
    days_before_schedule,
    executions,
)
from obverse.errors import DataError, MarketDataError, RuleError

MakePanel = Callable[..., ContractPanel]


def test_bitmex_quarterlies_by_the_calendar_are_those_that_settled(
    settled_quarterlies: pl.DataFrame,
) -> None:
    found = cycle_contracts(
        "bitmex", "BTC", Cycle.QUARTERLY, since="2016-12-01", until="2020-06-01"
    )
    assert [each.symbol for each in found] == settled_quarterlies["symbol"].to_list()
    assert [each.expiry for each in found] == settled_quarterlies["settle"].to_list()


def test_deribit_monthlies_by_the_calendar_are_the_recorded_ones(
    monthly: tuple[DatedContract, ...], recorded: ContractPanel
) -> None:
    assert [each.symbol for each in monthly] == [
        "BTC-30JAN26", "BTC-27FEB26", "BTC-27MAR26", "BTC-24APR26", "BTC-29MAY26",
    ]  # fmt: skip
    for each in monthly:
        column = recorded.column(each.symbol)
        assert recorded.expiry(column) == each.expiry
        assert each.listed is not None
    april = monthly[3]
    first = next(row for row in recorded.to_frame("records") if row["symbol"] == april.symbol)
    assert april.listed is not None
    assert timedelta(0) < first["first"] - april.listed < timedelta(hours=12)


def test_rolls_are_so_many_days_before_each_expiry(monthly_rolls: RollSchedule) -> None:
    assert [roll.at for roll in monthly_rolls.rolls] == [
        datetime(2026, 1, 27, 8, tzinfo=UTC),
        datetime(2026, 2, 24, 8, tzinfo=UTC),
        datetime(2026, 3, 24, 8, tzinfo=UTC),
        datetime(2026, 4, 21, 8, tzinfo=UTC),
    ]
    assert {roll.days_before for roll in monthly_rolls.rolls} == {3}
    assert monthly_rolls.symbols[0] == monthly_rolls.held("2026-01-01") == "BTC-30JAN26"
    assert monthly_rolls.held("2026-01-27T08:00Z") == "BTC-27FEB26"
    assert monthly_rolls.warnings == ()
    assert monthly_rolls.to_frame().height == 4
    assert "3 days before expiry" in monthly_rolls.plot().get_title(loc="left")


def test_the_schedule_as_of_an_instant_is_what_was_known_then(
    monthly: tuple[DatedContract, ...], monthly_rolls: RollSchedule
) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    early = days_before_schedule(
        monthly, days_before=3, venue="deribit", underlying="BTC", until=at
    )
    assert early.rolls == monthly_rolls.until(at).rolls
    assert len(early.rolls) == 2


def test_a_contract_not_yet_listed_at_its_roll_is_told(monthly: tuple[DatedContract, ...]) -> None:
    found = days_before_schedule(monthly, days_before=40, venue="deribit", underlying="BTC")
    assert any("BTC-24APR26 is listed on 2026-02-27" in each for each in found.warnings)


def test_a_schedule_is_a_chain(monthly_rolls: RollSchedule) -> None:
    first, second, *_ = monthly_rolls.rolls
    with pytest.raises(MarketDataError, match="leaves BTC-27FEB26, not BTC-30JAN26"):
        replace(monthly_rolls, rolls=(second,))
    with pytest.raises(MarketDataError, match="is not after"):
        replace(monthly_rolls, rolls=(first, replace(second, at=first.at)))
    late = replace(first, at=first.leaving_expiry + timedelta(seconds=1))
    with pytest.raises(MarketDataError, match="by the expiry it leaves"):
        replace(monthly_rolls, rolls=(late,))
    backwards = replace(first, entering_expiry=first.leaving_expiry)
    with pytest.raises(MarketDataError, match="into a later one"):
        replace(monthly_rolls, rolls=(backwards,))


def test_rolls_are_carried_out_at_the_first_prices_of_both(
    make_panel: MakePanel, monthly_rolls: RollSchedule, recorded: ContractPanel
) -> None:
    for each in executions(recorded, monthly_rolls):
        later = recorded.moment(each.row)
        assert each.roll.at <= later < each.roll.at + timedelta(hours=8)
        assert recorded.moment(each.row - 1) < each.roll.at
    nan = float("nan")
    panel = make_panel([[100, nan], [101, nan], [102, 103], [nan, 104]], (2.5, 9))
    contracts = [DatedContract("A", panel.expiry(0)), DatedContract("B", panel.expiry(1))]
    about = {"venue": "deribit", "underlying": "BTC"}
    schedule = days_before_schedule(contracts, days_before=2, **about)
    (found,) = executions(panel, schedule)
    assert found.row == 2
    assert executions(panel.until(panel.moment(1)), schedule.until(panel.moment(0))) == ()
    never = make_panel([[100, nan], [101, nan], [102, nan], [nan, 104]], (2.5, 9))
    with pytest.raises(MarketDataError, match="A and B have no price at one instant"):
        executions(never, schedule)


def test_bad_input_is_named(monthly: tuple[DatedContract, ...]) -> None:
    about = {"venue": "deribit", "underlying": "BTC"}
    with pytest.raises(DataError, match="days_before: -1"):
        days_before_schedule(monthly, days_before=-1, **about)
    with pytest.raises(DataError, match="sort them"):
        days_before_schedule(monthly[::-1], days_before=1, **about)
    with pytest.raises(MarketDataError, match="no contracts"):
        days_before_schedule((), days_before=1, **about)
    with pytest.raises(RuleError, match="No semiannual contracts"):
        cycle_contracts("deribit", "BTC", Cycle.SEMIANNUAL, since="2026-01-01", until="2026-02-01")
    with pytest.raises(RuleError, match="no future on XRP"):
        cycle_contracts("deribit", "XRP", Cycle.MONTHLY, since="2026-01-01", until="2026-02-01")
    with pytest.raises(DataError, match="since before until"):
        cycle_contracts("deribit", "BTC", Cycle.MONTHLY, since="2026-02-01", until="2026-01-01")
