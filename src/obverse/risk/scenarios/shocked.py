"""A market after a scenario: the same quotes at shocked prices, so that all of risk works on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from obverse.contracts.instants import DAYS_PER_YEAR, SECONDS_PER_DAY
from obverse.contracts.units import to_decimal
from obverse.errors import DataError
from obverse.market import Market, Quote, Snapshot
from obverse.risk.scenarios.shocks import BASIS_POINTS, Scenario

_SCALED = ("bid", "ask", "last")


def shocked_market(market: Market, scenario: Scenario) -> Market:
    """The market that a scenario makes of one: index, marks, bids and asks of every coin.

    Open interest, volume, funding rates and times stay. A scenario that leaves a contract without
    a price raises `DataError`.
    """
    snapshots = {coin: _shocked(snapshot, scenario) for coin, snapshot in market.snapshots.items()}
    return replace(market, source=_label(market.source, scenario), snapshots=snapshots)


def _shocked(snapshot: Snapshot, scenario: Scenario) -> Snapshot:
    grown = 1 + Fraction(scenario.move_of(snapshot.underlying))
    index = Fraction(snapshot.index)
    expiries = [quote.expiry for quote in snapshot.futures if quote.expiry is not None]
    limits = snapshot.index_range
    return replace(
        snapshot,
        index=to_decimal(index * grown),
        index_range=limits and (_times(limits[0], grown), _times(limits[1], grown)),
        perpetuals=tuple(
            _repriced(quote, index * grown * _perpetual(quote, index, scenario), scenario)
            for quote in snapshot.perpetuals
        ),
        futures=tuple(
            _repriced(
                quote,
                index * grown * _dated(quote, index, snapshot.at, expiries, scenario),
                scenario,
            )
            for quote in snapshot.futures
        ),
        source=_label(snapshot.source, scenario),
    )


def _perpetual(quote: Quote, index: Fraction, scenario: Scenario) -> Fraction:
    """A perpetual's price over the index, after the scenario."""
    return Fraction(quote.mark) / index + Fraction(scenario.basis.perpetual_shift)


def _dated(
    quote: Quote, index: Fraction, at: datetime, expiries: Sequence[datetime], scenario: Scenario
) -> Fraction:
    """A dated future's price over the index, after the scenario."""
    assert quote.expiry is not None
    seconds = Fraction((quote.expiry - at).total_seconds())
    years = seconds / (SECONDS_PER_DAY * DAYS_PER_YEAR)
    shift_bp = Fraction(scenario.basis.shift_bp) + scenario.curve.shift_bp(
        quote.expiry, at, expiries
    )
    basis = Fraction(quote.mark) / index - 1
    return 1 + Fraction(scenario.basis.factor) * basis + shift_bp / BASIS_POINTS * years


def _repriced(quote: Quote, mark: Fraction, scenario: Scenario) -> Quote:
    if mark <= 0:
        raise DataError(
            f"scenario {scenario.name!r}: {quote.symbol} would cost {float(mark):,.2f}; "
            "shift its rate less."
        )
    scale = mark / Fraction(quote.mark)
    prices: dict[str, Decimal | None] = {
        name: None if price is None else _times(price, scale)
        for name in _SCALED
        for price in (getattr(quote, name),)
    }
    return replace(quote, mark=to_decimal(mark), **prices)  # type: ignore[arg-type]


def _times(price: Decimal, scale: Fraction) -> Decimal:
    return to_decimal(Fraction(price) * scale)


def _label(source: str, scenario: Scenario) -> str:
    return f"{source}, scenario {scenario.name!r}"
