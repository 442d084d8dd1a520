"""One position at every venue: the same dollars, entry, mark and coins, by each one's rules.

What differs is the venue's alone: brackets, value basis, fees kept for closing, contract size and
rounding. The venue's own contract with the same delivery stands for the position's; where it lists
none, its perpetual.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from obverse.contracts import Instrument, Inverse, Kind, Position, Rounding, iso
from obverse.contracts.units import to_decimal, to_integer
from obverse.errors import BookError, RuleError
from obverse.risk.margin import (
    AccountState,
    Held,
    MarginAccount,
    MarginSetting,
    MarginTerms,
    PositionState,
    assess,
    margin_terms,
)
from obverse.risk.pretrade import leverage_limit
from obverse.risk.side_by_side_sheets import side_by_side_table
from obverse.rulebooks import Rulebook, rulebook, venues
from obverse.tables import Table, Tabular


@dataclass(frozen=True)
class VenuePosition:
    """The position at one venue; without a state, `reason` says why it cannot be there.

    `notes` say what of it is not quite the same: older rules, another contract, a rounded size.
    """

    venue: str
    state: AccountState | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()

    @property
    def position(self) -> PositionState | None:
        """The position in its account."""
        return self.state.positions[0] if self.state else None

    @property
    def terms(self) -> MarginTerms | None:
        """Margin terms of its instrument."""
        return self.position.held.terms if self.position else None


@dataclass(frozen=True, repr=False)
class SideBySide(Tabular):
    """A position at its own venue, first, and at the others; prints as one row a venue.

    Attributes
    ----------
    coins : of the account behind it, the same everywhere
    simulated : whether the mark is of a simulated market
    """

    position: Position
    setting: MarginSetting
    coins: Decimal
    mark_price: Decimal
    places: tuple[VenuePosition, ...]
    simulated: bool = False

    def table(self) -> Table:
        """One row a venue, and under it why their liquidation prices differ."""
        return side_by_side_table(self)


def side_by_side(
    position: Position,
    setting: MarginSetting,
    *,
    coins: Decimal,
    mark_price: Decimal,
    at: datetime,
    simulated: bool = False,
) -> SideBySide:
    """Lay an inverse position side by side at all venues that have rulebooks.

    Parameters
    ----------
    setting : its margin mode, leverage and margin, the same everywhere
    coins : wallet of the account behind it, with nothing else held
    at : instant of the rules; a venue that closed before it is shown under its last ones
    """
    if not isinstance(position.instrument.payoff, Inverse):
        raise BookError(
            f"{position.instrument.symbol} is {position.instrument.payoff.name}: only inverse "
            "positions are laid side by side."
        )
    if not position.contracts:
        raise BookError(f"{position.instrument.symbol}: nothing is held.")
    own = position.instrument.venue
    ordered = (own, *(venue for venue in venues() if venue != own))
    places = tuple(_at_venue(venue, position, setting, coins, mark_price, at) for venue in ordered)
    return SideBySide(position, setting, coins, mark_price, places, simulated)


def _at_venue(
    venue: str,
    position: Position,
    setting: MarginSetting,
    coins: Decimal,
    mark_price: Decimal,
    at: datetime,
) -> VenuePosition:
    try:
        rules, notes = rules_at(venue, at)
        instrument = counterpart(rules, position.instrument, rules_instant(rules, at))
        moved, rounded = _moved(position, instrument)
        terms = margin_terms(rules, instrument)
        currency = instrument.accounting.currency
        account = MarginAccount(
            venue=venue,
            coin=currency,
            balance=currency.amount(coins, Rounding.FLOOR),
            index_price=mark_price,
            held=(Held(moved, terms, mark_price, setting),),
        )
    except (BookError, RuleError) as error:
        return VenuePosition(venue, reason=str(error))
    notes += rounded
    if instrument.expiry != position.instrument.expiry:
        notes += (f"{instrument.symbol} stands for {position.instrument.symbol}",)
    return VenuePosition(venue, assess(account), notes=notes + _above_limits(moved, terms, setting))


def rules_at(venue: str, at: datetime) -> tuple[Rulebook, tuple[str, ...]]:
    """A venue's rules of an instant, or the last that it had, said so."""
    closed = rulebook(venue).file.until
    if closed is None or at < closed:
        return rulebook(venue, as_of=at), ()
    last = closed - timedelta(days=1)
    return rulebook(venue, as_of=last), (f"rules of {last:%Y-%m-%d}, the last it had",)


def rules_instant(rules: Rulebook, at: datetime) -> datetime:
    """The instant asked for, or the last that a closed venue has."""
    closed = rules.file.until
    return at if closed is None or at < closed else closed - timedelta(days=1)


def counterpart(rules: Rulebook, instrument: Instrument, at: datetime) -> Instrument:
    """A venue's inverse contract on the same coin and delivery, else its perpetual."""
    if rules.venue == instrument.venue:
        return rules.instrument(instrument.symbol)
    alike = [
        one
        for one in rules.listed(instrument.underlying, at)
        if isinstance(one.payoff, Inverse)
        and one.quote == instrument.quote
        and one.settlement_currency.code == instrument.settlement_currency.code
    ]
    same = [one for one in alike if one.expiry == instrument.expiry]
    found = same or [one for one in alike if one.kind is Kind.PERPETUAL]
    if not found:
        raise RuleError(f"{rules.name} lists no inverse {instrument.underlying} at {iso(at)}.")
    return found[0]


def _moved(position: Position, instrument: Instrument) -> tuple[Position, tuple[str, ...]]:
    """The position in another venue's contracts, at the same cost a dollar."""
    if instrument.symbol == position.instrument.symbol and instrument.venue == (
        position.instrument.venue
    ):
        return position, ()
    usd = Fraction(position.contracts) * Fraction(position.instrument.multiplier)
    lot_usd = Fraction(instrument.lot) * Fraction(instrument.multiplier)
    lots = to_integer(abs(usd) / lot_usd, Rounding.FLOOR)
    if not lots:
        raise BookError(f"less than a lot of {to_decimal(lot_usd):,f} USD")
    kept = lots * lot_usd
    count = to_decimal(lots * Fraction(instrument.lot))
    cost = instrument.settlement_currency.amount(
        abs(position.cost.fraction) * kept / abs(usd), Rounding.NEAREST
    )
    signed = count if position.contracts > 0 else -count
    notes = () if kept == abs(usd) else (f"{to_decimal(kept):,f} USD, in whole lots",)
    return Position.from_cost(instrument, signed, cost), notes


def _above_limits(
    position: Position, terms: MarginTerms, setting: MarginSetting
) -> tuple[str, ...]:
    limit = leverage_limit(position, terms)
    if setting.leverage is None or limit is None or setting.leverage <= limit:
        return ()
    return (f"{setting.leverage:f}x is above the {limit:.4g}x that it gives this size",)
