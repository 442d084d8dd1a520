"""A size in dollars as whole lots of a contract, and the margin that a venue asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from obverse.contracts import Instrument, Position
from obverse.risk.margin import initial_margin, maintenance_margin, margin_terms
from obverse.risk.margin.requirements import mark_value
from obverse.rulebooks import Rulebook


@dataclass(frozen=True)
class MarginRates:
    """Margins of a size over its value at the mark; `contracts` is the size in whole lots."""

    contracts: Decimal
    initial: float
    maintenance: float


def contracts_of(instrument: Instrument, mark: Decimal, size_usd: Decimal) -> Decimal:
    """Whole lots nearest below a size at a mark; zero where it is less than one."""
    each = instrument.without_rounding().value(1, mark).fraction * Fraction(mark)
    lots = Fraction(size_usd) / each / Fraction(instrument.lot)
    return int(lots) * instrument.lot


def margin_rates(
    book: Rulebook, instrument: Instrument, mark: Decimal, size_usd: Decimal
) -> MarginRates:
    """What a long of a size at the mark binds, by the venue's rule; of one lot at least."""
    contracts = max(contracts_of(instrument, mark, size_usd), instrument.lot)
    price = round(mark / instrument.tick) * instrument.tick
    position = Position.flat(instrument).buy(contracts=contracts, price=price)
    terms = margin_terms(book, instrument)
    value = mark_value(position, price)
    first = initial_margin(position, terms, mark_price=price).fraction
    kept = maintenance_margin(position, terms, mark_price=price).fraction
    return MarginRates(contracts, float(first / value), float(kept / value))
