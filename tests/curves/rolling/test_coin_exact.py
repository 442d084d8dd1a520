"""A rolled position's coin gain is the sum of its legs', to the last unit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.contracts.instruments import Instrument
from obverse.curves.rolling import (
    ContractPanel,
    DatedContract,
    RollSchedule,
    continuous_series,
    days_before_schedule,
    instruments_of,
    marks_of,
    rolled_position,
)
from obverse.errors import AmountError, MarketDataError
from obverse.rulebooks import rulebook

START = datetime(2020, 1, 1, tzinfo=UTC)
DAYS = (5, 10, 15, 60)
VENUES = {
    "deribit": ("2026-01-01", ("BTC-30JAN26", "BTC-27FEB26", "BTC-27MAR26", "BTC-26JUN26")),
    "bitmex": ("2019-01-01", ("XBTH19", "XBTM19", "XBTU19", "XBTZ19")),
    "bitmex lots": ("2021-09-01", ("XBTU21", "XBTZ21", "XBTH22", "XBTM22")),
}
LOT = {"deribit": 1, "bitmex": 1, "bitmex lots": 100}


def instruments(venue: str) -> dict[str, Instrument]:
    """A venue's futures under the names A to D."""
    as_of, names = VENUES[venue]
    book = rulebook(venue.split()[0], as_of=as_of)
    return dict(zip("ABCD", map(book.instrument, names), strict=True))


def schedule(days_before: int = 2) -> RollSchedule:
    """Rolls from A to D, five days apart."""
    contracts = [
        DatedContract(name, START + timedelta(days=day))
        for name, day in zip("ABCD", DAYS, strict=True)
    ]
    return days_before_schedule(
        contracts, days_before=days_before, venue="deribit", underlying="BTC"
    )


def units(venue: str, contracts: Decimal, price: Decimal) -> int:
    """A value in whole units by the venue's rule, written anew: nearest, ties away from zero."""

    def nearest(value: Fraction) -> int:
        return int(value + Fraction(1, 2))

    count, sign = abs(contracts), 1 if contracts > 0 else -1
    if venue == "deribit":
        return sign * nearest(Fraction(count) * 10 * 10**9 / Fraction(price))
    lot = LOT[venue]
    return sign * int(count) // lot * nearest(Fraction(lot) * 10**8 / Fraction(price))


prices = st.decimals("500", "90000", places=2, allow_nan=False)
paths = st.lists(st.fixed_dictionaries(dict.fromkeys("ABCD", prices)), min_size=16, max_size=16)


def alive(row: int, quoted: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Prices of the contracts that have not expired on a row's day."""
    return {name: quoted[name] for name, day in zip("ABCD", DAYS, strict=True) if row < day}


@settings(max_examples=60, deadline=None)
@given(
    venue=st.sampled_from(sorted(VENUES)),
    path=paths,
    days_before=st.integers(1, 4),
    sizing=st.sampled_from(["contracts", "usd", "coin"]),
    lots=st.integers(1, 10**6),
    long=st.booleans(),
)
def test_the_coin_gain_of_a_rolled_series_is_the_sum_of_its_legs(
    venue: str, path: list[dict[str, Decimal]], days_before: int, sizing: Any, lots: int, long: bool
) -> None:
    own = instruments(venue)
    sign = 1 if long else -1
    size = {
        "contracts": lots * LOT[venue] * sign,
        "usd": lots * 1000 * sign,
        "coin": Decimal(lots * 10 * sign),
    }[sizing]
    marks = [(START + timedelta(days=row), alive(row, each)) for row, each in enumerate(path)]
    rolls = schedule(days_before)
    found = rolled_position(marks, rolls, own, size=size, sizing=sizing)

    total = 0
    assert [leg.symbol for leg in found.legs] == list("ABCD")
    for leg in found.legs:
        gained = units(venue, leg.contracts, leg.entry_usd) - units(
            venue, leg.contracts, leg.exit_usd
        )
        assert leg.pnl.units == gained
        assert leg.entry_usd == path[(leg.opened - START).days][leg.symbol]
        assert leg.exit_usd == path[(leg.closed - START).days][leg.symbol]
        total += gained
    assert found.pnl.units == total
    assert found.gained(0, len(found.marks) - 1).units == total

    for mark in found.marks:
        assert (mark.adjusted_worth - found.marks[0].adjusted_worth) == mark.pnl
    counts = [leg.contracts for leg in found.legs]
    if sizing != "coin":
        assert len(set(counts)) == 1, "dollars and contracts are one in equal inverse contracts"
    else:
        for leg in found.legs:
            worth = Fraction(leg.contracts) * Fraction(own[leg.symbol].multiplier)
            lot_usd = LOT[venue] * Fraction(own[leg.symbol].multiplier)
            short_of = abs(Fraction(size) * Fraction(leg.entry_usd)) - abs(worth)
            assert 0 <= short_of + Fraction(1, 10**9) < lot_usd + 1


@settings(max_examples=25, deadline=None)
@given(path=paths)
def test_dollars_stay_where_multipliers_and_lots_change(path: list[dict[str, Decimal]]) -> None:
    deribit, bitmex = instruments("deribit"), instruments("bitmex lots")
    one_unit = {name: bitmex[name] for name in "ABCD"}
    mixed = {**one_unit, "B": instruments("bitmex")["B"], "D": instruments("bitmex")["D"]}
    marks = [(START + timedelta(days=row), alive(row, each)) for row, each in enumerate(path)]
    found = rolled_position(marks, schedule(), mixed, size="12345", sizing="usd")
    assert [leg.contracts for leg in found.legs] == [12300, 12345, 12300, 12345]
    by_hand = sum(
        units("bitmex lots" if place % 2 == 0 else "bitmex", leg.contracts, leg.entry_usd)
        - units("bitmex lots" if place % 2 == 0 else "bitmex", leg.contracts, leg.exit_usd)
        for place, leg in enumerate(found.legs)
    )
    assert found.pnl.units == by_hand
    with pytest.raises(MarketDataError, match=r"settle in BTC \(1e-8\) and BTC \(1e-9\)"):
        rolled_position(marks, schedule(), {**bitmex, "B": deribit["B"]}, size=10_000)


def test_recorded_futures_rolled_in_exact_coin(
    recorded: ContractPanel, monthly_rolls: RollSchedule
) -> None:
    own = instruments_of(monthly_rolls)
    assert own["BTC-27FEB26"].multiplier == 10
    found = rolled_position(marks_of(recorded), monthly_rolls, own, size="100000", sizing="usd")
    assert [leg.contracts for leg in found.legs] == [10_000] * 5
    by_hand = sum(
        units("deribit", leg.contracts, leg.entry_usd)
        - units("deribit", leg.contracts, leg.exit_usd)
        for leg in found.legs
    )
    assert found.pnl.units == by_hand
    joined = continuous_series(recorded, monthly_rolls, method="inverse").coin_pnl(100_000)
    gained = [float(mark.pnl.coins) for mark in found.marks]
    assert gained == pytest.approx(joined.tolist(), abs=6e-9), "half a unit for each rounded value"
    at = datetime(2026, 3, 10, tzinfo=UTC)
    early = rolled_position(
        marks_of(recorded.until(at)), monthly_rolls.until(at), own, size="100000", sizing="usd"
    )
    assert early.marks == found.marks[: len(early.marks)]
    assert found.legs[-1].is_open
    assert found.to_frame("pandas")["pnl"].sum() == pytest.approx(float(found.pnl.coins))
    assert "dollars" in found.plot().get_title(loc="left")


def marks(*days: int) -> list[tuple[datetime, dict[str, str]]]:
    return [(START + timedelta(days=day), dict.fromkeys("ABCD", "10000")) for day in days]


def test_bad_input_is_named() -> None:
    own = instruments("bitmex lots")
    good = marks(*range(5))
    with pytest.raises(AmountError, match="150 contracts of XBTU21 are not whole lots of 100"):
        rolled_position(good, schedule(), own, size=150)
    with pytest.raises(AmountError, match="50 usd is less than a lot"):
        rolled_position(good, schedule(), own, size=50, sizing="usd")
    with pytest.raises(AmountError, match="is not exact"):
        rolled_position(good, schedule(), own, size=100.0)  # type: ignore[arg-type]
    with pytest.raises(MarketDataError, match="contracts, usd and coin"):
        rolled_position(good, schedule(), own, size=100, sizing="lots")  # type: ignore[arg-type]
    with pytest.raises(MarketDataError, match="no instrument for D"):
        rolled_position(good, schedule(), {k: own[k] for k in "ABC"}, size=100)
    with pytest.raises(MarketDataError, match="late or there twice"):
        rolled_position(marks(1, 0), schedule(), own, size=100)
    with pytest.raises(MarketDataError, match="there are none"):
        rolled_position([], schedule(), own, size=100)
    with pytest.raises(MarketDataError, match="A has no price among"):
        rolled_position([(START, {"B": "9"})], schedule(), own, size=100)
    lonely = [(at, {"A": "9"}) for at, _ in marks(0, 6)]
    with pytest.raises(MarketDataError, match="A and B have no price at one instant"):
        rolled_position(lonely, schedule(), own, size=100)
    for price in ("0", "-1", "NaN"):
        with pytest.raises(AmountError, match="A:"):
            rolled_position([(START, {"A": price})], schedule(), own, size=100)
