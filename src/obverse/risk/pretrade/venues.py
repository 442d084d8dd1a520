"""One order at several venues, and why their liquidation prices differ, said from their terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from obverse.contracts import Instrument, Inverse, exact
from obverse.contracts.units import ExactNumber, to_decimal
from obverse.errors import AmountError, BookError, DataError, RuleError
from obverse.risk.margin import MarginAccount, MarginTerms, Mode, margin_terms
from obverse.risk.pretrade.orders import order_request
from obverse.risk.pretrade.sheets import tickets_table
from obverse.risk.pretrade.tickets import Ticket, ticket_of
from obverse.risk.side_by_side_steps import own_words, price_steps
from obverse.rulebooks import Rulebook
from obverse.tables import Table, Tabular


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

    `differences` are, by venue, what moves its liquidation price from the first ticket's;
    `reasons`, by venue, why there is no ticket.
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
    return Tickets(tuple(made), _differences(made), reasons)


def _differences(made: Sequence[Ticket]) -> dict[str, tuple[str, ...]]:
    """What decides the first ticket's liquidation price, and what moves the others' from it."""
    found: dict[str, tuple[str, ...]] = {}
    first = made[0].position_after if made else None
    for number, each in enumerate(made):
        state = each.position_after
        if state is None or first is None:
            continue
        if number == 0:
            words = own_words(state.held)
        else:
            steps = price_steps(first, state, each.request.mark)
            words = tuple(f"{step.words}: {step.move_usd:+,.2f}" for step in steps)
        found[each.request.account.venue] = words
    return found


def _contracts(instrument: Instrument, usd_amount: ExactNumber) -> Decimal:
    if not isinstance(instrument.payoff, Inverse):
        raise RuleError(f"{instrument.symbol} is {instrument.payoff.name}: size it in contracts.")
    return to_decimal(Fraction(exact(usd_amount, "usd_amount")) / Fraction(instrument.multiplier))
