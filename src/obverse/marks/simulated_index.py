"""Who makes the simulated market's index: sources whose prices the venue's rule combines into it.

Each source is drawn at its own distance around the index (`market.simulated_sources`); then all of
them are moved by the same amount, to whole cents, and the heaviest one by single cents, until the
venue's rule makes the index that the market shows, to the cent. Where the rulebook names no
constituents, five simulated stand-ins do. The room `market` lies below this one and knows no index
rules.
"""

from __future__ import annotations

import math
from datetime import datetime
from decimal import Decimal

from obverse.contracts.instants import iso
from obverse.contracts.units import Rounding, round_to_step
from obverse.errors import DefectError, MarketDataError
from obverse.market.constituents import Constituent, ConstituentHistory, Constituents
from obverse.market.floats import decimal_of_float
from obverse.market.simulated_paths import ORIGIN, STEP, hours_until, simulated_path
from obverse.market.simulated_sources import source_distances, stand_ins
from obverse.market.simulation import CENT
from obverse.marks.composition import composition, index_product
from obverse.rulebooks import Rulebook, rulebook
from obverse.rulebooks.records import IndexRule as IndexEntry

_MOST_MOVES = 20


def simulated_constituents(
    seed: int, underlying: str, index: Decimal, at: datetime, book: Rulebook
) -> Constituents:
    """Make the sources of a simulated index.

    Parameters
    ----------
    seed : of the simulated market
    underlying : of BTC and ETH
    index : the index that the market shows at the instant, in cents
    at : the instant
    book : the venue's rules then
    """
    entry = index_product(book, underlying).index
    assert entry is not None
    weights = _weights(entry)
    distances = source_distances(seed, underlying, at, list(weights))
    prices = {name: float(index) * (1 + distance) for name, distance in distances.items()}
    for _ in range(_MOST_MOVES):
        found = _constituents(seed, underlying, at, book.venue, prices, weights)
        value = composition(entry, found).value
        if value.price_usd is None:
            raise DefectError(f"{book.name}: {len(weights)} sources are too few for its index.")
        if _cents(value.price_usd) == index:
            return found
        gap = float(index) - value.price_usd
        if abs(gap) > float(CENT):
            prices = {name: price + gap for name, price in prices.items()}
        else:
            heaviest = max(value.contributions, key=lambda part: part.share)
            prices[heaviest.name] += math.copysign(float(CENT), gap)
    raise DefectError(f"{underlying} at {iso(at)}: the sources do not make the index {index}.")


def simulated_constituent_history(
    seed: int, underlying: str, venue: str, start: datetime, until: datetime
) -> ConstituentHistory:
    """Make the sources of a simulated index at every whole hour of a range, under its rules."""
    path = simulated_path(seed, underlying, until)
    first = hours_until(seed, start) + (start > ORIGIN + hours_until(seed, start) * STEP)
    instants = []
    for hour in range(first, len(path.times_ns)):
        at = ORIGIN + hour * STEP
        book = rulebook(venue, as_of=at)
        index = _cents(float(path.index_usd[hour]))
        instants.append(simulated_constituents(seed, underlying, index, at, book))
    if not instants:
        raise MarketDataError(f"No simulated hour from {iso(start)} to {iso(until)}.")
    return ConstituentHistory(underlying, f"simulated market, seed {seed}", tuple(instants))


def _weights(entry: IndexEntry) -> dict[str, Decimal]:
    return entry.constituents or stand_ins(entry.minimum_sources)


def _constituents(
    seed: int,
    underlying: str,
    at: datetime,
    venue: str,
    prices: dict[str, float],
    weights: dict[str, Decimal],
) -> Constituents:
    sources = tuple(
        Constituent(name, _cents(price), weights[name]) for name, price in prices.items()
    )
    source = f"simulated market, seed {seed}"
    return Constituents(underlying, at, sources, source, venue, simulated=True)


def _cents(price: float) -> Decimal:
    return round_to_step(decimal_of_float(price), CENT, Rounding.HALF_EVEN)
