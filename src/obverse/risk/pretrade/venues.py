"""One order at several venues, and why their liquidation prices differ, said from their terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from obverse.contracts import Instrument, Inverse, Position, exact, fill
from obverse.contracts.accounting import ValueUnit
from obverse.contracts.units import ExactNumber, exact_price, to_decimal
from obverse.errors import AmountError, BookError, DataError, RuleError
from obverse.risk.margin import MarginAccount, MarginTerms, Mode, margin_terms, requirement
from obverse.risk.margin.requirements import entry_value
from obverse.risk.pretrade.orders import order_request
from obverse.risk.pretrade.sheets import tickets_table
from obverse.risk.pretrade.tickets import Ticket, ticket_of
from obverse.rulebooks import Rulebook
from obverse.tables import Table, Tabular

_CLOSING = {
    "none": "no fee for closing is kept",
    "at_bankruptcy": "the closing fee is kept at the bankruptcy price",
    "on_entry_and_margin": "the closing fee is kept on entry value and margin",
    "at_mark": "the closing fee at the mark is added to maintenance",
}
_BASIS = {"entry": "maintenance on value at entry", "mark": "maintenance on value at the mark"}
_ROUNDING = {
    "none": "the price is not rounded",
    "tick": "the price is rounded to a tick of {tick:f} against the trader",
    "lot_units_and_tick": "a lot's value is rounded to whole units, then to a tick of {tick:f}",
    "one_tick_early": "the price comes one tick of {tick:f} early",
}


@dataclass(frozen=True)
class VenuePlace:
    """Where an order may go: an account, the instrument there, and the venue's terms for it."""

    account: MarginAccount
    instrument: Instrument
    terms: MarginTerms
    fee_rate: Decimal | None = None
    max_order_contracts: Decimal | None = None


@dataclass(frozen=True, repr=False)
class Tickets(Tabular):
    """The same order at several venues; prints as one row a venue.

    `differences` are, by venue, what its terms have that the first ticket's have not; `reasons`, by
    venue, why there is no ticket.
    """

    tickets: tuple[Ticket, ...]
    differences: Mapping[str, tuple[str, ...]]
    reasons: Mapping[str, str] = field(default_factory=dict)

    def table(self) -> Table:
        """One row a venue, with reasons under it."""
        return tickets_table(self)


def venue_place(account: MarginAccount, book: Rulebook, instrument: Instrument) -> VenuePlace:
    """A place by a venue's rules: its margin terms, its taker fee, its largest order."""
    rules = book.rules_of(instrument)
    return VenuePlace(
        account,
        instrument,
        margin_terms(book, instrument),
        rules.fees_of(instrument.expiry).taker,
        rules.specification.max_order_contracts,
    )


def ticket_at_all(
    places: Sequence[VenuePlace],
    *,
    usd_amount: ExactNumber,
    price: ExactNumber,
    leverage: ExactNumber | None = None,
    mode: Mode | None = None,
    volatility_daily: float | None = None,
) -> Tickets:
    """One order of so many signed dollars (a sale below zero) at a price, at every place.

    An amount that is no whole number of a venue's contracts or lots is not taken there; a venue
    that cannot work the order out at all is among the `reasons`.
    """
    if not places:
        raise BookError("an order at all venues: no venue is given.")
    if len({place.account.coin.code for place in places}) > 1:
        raise BookError("an order at all venues: their accounts are in different coins.")
    made: list[Ticket] = []
    reasons: dict[str, str] = {}
    for place in places:
        try:
            request = order_request(
                place.account,
                place.instrument,
                place.terms,
                _contracts(place.instrument, usd_amount),
                price,
                leverage=leverage,
                mode=mode,
                fee_rate=place.fee_rate,
                max_order_contracts=place.max_order_contracts,
            )
            made.append(ticket_of(request, volatility_daily=volatility_daily))
        except (AmountError, BookError, DataError, RuleError) as error:
            reasons[place.account.venue] = str(error)
    return Tickets(tuple(made), _differences(made, exact_price(price)), reasons)


def _differences(made: Sequence[Ticket], price: Decimal) -> dict[str, tuple[str, ...]]:
    """What decides the first ticket's liquidation price, and what the others have instead."""
    found: dict[str, tuple[str, ...]] = {}
    for number, each in enumerate(made):
        terms, opened = each.request.terms, _opened(each, price)
        if number == 0:
            first = opened, terms
            words = liquidation_words(opened, terms)
        else:
            words = difference_words(opened, terms, *first)
        found[each.request.account.venue] = words
    return found


def liquidation_words(position: Position, terms: MarginTerms) -> tuple[str, ...]:
    """What decides a position's liquidation price under its terms, in short phrases."""
    return tuple(words for words in _words(position, terms).values() if words)


def difference_words(
    position: Position, terms: MarginTerms, other: Position, other_terms: MarginTerms
) -> tuple[str, ...]:
    """What a position's terms have that another's have not: reasons for another price."""
    own, others = _words(position, terms), _words(other, other_terms)
    found = []
    for name, words in own.items():
        if words != others[name]:
            found.append(words or f"not so: {others[name]}")
    return tuple(found)


def _words(position: Position, terms: MarginTerms) -> dict[str, str]:
    """One phrase for each thing that moves the price; none where it does not."""
    needed = requirement(position, terms, "maintenance")
    rate = 100 * to_decimal(needed / entry_value(position))
    closing = _CLOSING[terms.closing_fee]
    if terms.closing_fee != "none":
        closing += f" ({_percent(terms.taker_fee_rate)})"
    opening = "the opening fee comes out of the margin" if terms.opening_fee == "margin" else ""
    bankrupt = "a cross bankruptcy price leaves the closing fee" if terms.bankruptcy_fee else ""
    funding = "predicted funding counts" if terms.predicted_funding else ""
    per_lot = position.instrument.accounting.value_unit is ValueUnit.LOT
    return {
        "basis": _BASIS[terms.value_basis],
        "rate": f"maintenance rate of {rate:.4g} % at this size",
        "closing": closing,
        "opening": opening,
        "bankruptcy": bankrupt,
        "funding": funding,
        "value": "value is rounded lot by lot" if per_lot else "",
        "rounding": _ROUNDING[terms.price_rounding].format(tick=position.instrument.tick),
    }


def _percent(rate: Fraction) -> str:
    return f"{100 * float(rate):.4g} %"


def _opened(made: Ticket, price: Decimal) -> Position:
    return fill(Position.flat(made.request.instrument), made.request.contracts, price)


def _contracts(instrument: Instrument, usd_amount: ExactNumber) -> Decimal:
    if not isinstance(instrument.payoff, Inverse):
        raise RuleError(f"{instrument.symbol} is {instrument.payoff.name}: size it in contracts.")
    return to_decimal(Fraction(exact(usd_amount, "usd_amount")) / Fraction(instrument.multiplier))
