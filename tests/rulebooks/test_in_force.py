"""The rules of one product at one instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from small_rulebook import TEXT, changed, entry, read

from obverse.contracts import Rounding
from obverse.contracts.accounting import Averaging, ValueUnit
from obverse.contracts.calendar import Cycle
from obverse.contracts.instants import instant
from obverse.errors import DataError, DefectError
from obverse.rulebooks import rulebook
from obverse.rulebooks.in_force import ProductRules, calendar_of, rules_in_force
from obverse.rulebooks.records import VenueFile

CHANGE = datetime(2021, 6, 8, 4, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def rules(at: datetime | str, text: str = TEXT, product: int = 0) -> ProductRules:
    file: VenueFile = read(text)
    return rules_in_force(file, file.products[product], instant(at))


def test_an_entry_holds_from_its_instant_until_the_next() -> None:
    before, after = rules(CHANGE - SECOND), rules(CHANGE)
    assert (before.specification.tick, before.specification.lot) == (Decimal("0.5"), 1)
    assert (after.specification.tick, after.specification.lot) == (Decimal("0.1"), 100)
    assert rules(CHANGE, product=1).specification.lot == 1
    assert rules("2030-01-01").specification == after.specification


def test_an_entry_with_an_end_holds_until_it() -> None:
    weekly = 'cycle = "weekly"\n'
    text = changed((weekly, weekly + "until = 2023-01-01\n"))
    last = instant("2023-01-01") - SECOND
    assert [fees.cycle for fees in rules(last, text, 1).fees] == [None, "weekly"]
    assert [fees.cycle for fees in rules("2023-01-01", text, 1).fees] == [None]


def test_an_entry_that_was_replaced_does_not_come_back_when_its_successor_ends() -> None:
    later = 'products = ["future"]\nfrom = 2022-01-01\nuntil = 2023-01-01\ncycle = "weekly"'
    text = TEXT + entry("fees", later)
    assert [fees.cycle for fees in rules("2022-06-01", text, 1).fees] == [None, "weekly"]
    assert [fees.cycle for fees in rules("2023-01-01", text, 1).fees] == [None]


def test_the_accounting_is_that_of_the_rounding_rule() -> None:
    accounting = rules("2021-01-01").accounting
    assert accounting.currency.code == "BTC"
    assert (accounting.currency.exponent, accounting.currency.shown) == (8, 8)
    assert (accounting.value.places, accounting.value.rounding) == (8, Rounding.NEAREST)
    assert accounting.fee.rounding is Rounding.TOWARD_ZERO
    assert (accounting.delivery_fee.places, accounting.delivery_fee.rounding) == (
        6, Rounding.CEILING,
    )  # fmt: skip
    assert accounting.value_unit is ValueUnit.POSITION
    assert accounting.averaging is Averaging.EXACT
    by_lot = changed(("exponent = 8", 'exponent = 8\nvalue_unit = "lot"\nshown = 4'))
    assert rules("2021-01-01", by_lot).accounting.value_unit is ValueUnit.LOT
    assert rules("2021-01-01", by_lot).accounting.currency.shown == 4


def test_a_future_has_a_calendar_and_a_delivery_and_a_perpetual_neither() -> None:
    future, perpetual = rules("2021-01-01", product=1), rules("2021-01-01")
    assert future.calendar is not None
    assert [rule.cycle for rule in future.calendar.cycles] == [Cycle.WEEKLY, Cycle.QUARTERLY]
    assert future.calendar.time_zone == "Europe/London"
    assert future.delivery is not None
    assert future.delivery.window_minutes == 30
    assert (perpetual.calendar, perpetual.calendar_rule, perpetual.delivery) == (None, None, None)
    assert (perpetual.outright, perpetual.perpetual) == ("BTC-{YYMMDD}", "BTC-PERP")


def test_every_detail_of_a_calendar_is_carried_over() -> None:
    more = (
        '"shared"\nlisting_delay_minutes = 10\nadded = [2020-11-04]\ncancelled = [2020-03-06]\n'
        "moved = [{ from = 2020-12-25, to = 2020-12-23 }]"
    )
    calendar = calendar_of(read(changed(('"shared"', more))).calendar[0])
    assert calendar.listing_delay == timedelta(minutes=10)
    assert [str(day) for day in (*calendar.added, *calendar.cancelled, *calendar.moved[0])] == [
        "2020-11-04", "2020-03-06", "2020-12-25", "2020-12-23",
    ]  # fmt: skip


def test_fees_are_those_of_the_longest_cycle_of_an_expiry() -> None:
    future = rules("2021-01-01", product=1)
    weekly, quarterly = instant("2021-01-08T08:00Z"), instant("2021-03-26T08:00Z")
    assert future.fees_of(weekly).taker == Decimal("0.0003")
    assert future.fees_of(quarterly).taker == Decimal("0.0005")
    assert future.fees_of(None).taker == Decimal("0.0005")
    assert rules("2021-01-01").fees_of(None).cycle is None


def test_deribit_weeklies_have_their_own_maker_fee() -> None:
    deribit = rulebook("deribit", as_of="2025-11-10")
    makers = {
        symbol: deribit.fee_rate(deribit.instrument(symbol), "maker")
        for symbol in ("BTC-14NOV25", "BTC-28NOV25", "BTC-26DEC25", "BTC-PERPETUAL")
    }
    assert makers.pop("BTC-14NOV25") == Decimal("-0.0001")
    assert set(makers.values()) == {0}


def test_every_rule_in_force_is_listed_with_its_kind() -> None:
    kinds = [kind for kind, _ in rules("2021-01-01", product=1).entries()]
    assert kinds == [
        "specification", "rounding", "fees", "fees", "calendar", "delivery", "session", "margin",
    ]  # fmt: skip
    assert [kind for kind, _ in rules("2021-01-01").entries()] == [
        "specification", "rounding", "fees", "session", "margin",
    ]  # fmt: skip


def test_a_spread_takes_the_calendar_of_its_futures() -> None:
    deribit = rulebook("deribit", as_of="2026-02-01").products
    assert deribit["btc_spread"].calendar == deribit["btc_future"].calendar
    assert deribit["btc_spread"].calendar_rule is None
    assert deribit["eth_spread"].outright == "ETH-{DMMMYY}"


def test_asking_before_any_rule_is_a_defect() -> None:
    """The rulebook's door refuses such a day; behind it, it cannot happen."""
    with pytest.raises(DefectError, match="0 rules in force where the loader proved one"):
        rules("2019-12-31")


def test_a_calendar_that_makes_no_sense_is_refused() -> None:
    rule = read().calendar[0]
    with pytest.raises(DataError, match="no cycles"):
        calendar_of(type(rule)(**{name: getattr(rule, name) for name in rule.__struct_fields__}
                               | {"cycles": {}}))  # fmt: skip
