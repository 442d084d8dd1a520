"""`obverse symbol` and `obverse calendar`: what a name means, and what is listed when."""

from __future__ import annotations

from obverse.app.commands.output import print_json
from obverse.app.console import show
from obverse.contracts import Instrument, instant, iso
from obverse.contracts.calendar import roll_instants
from obverse.contracts.instants import days_between
from obverse.errors import RuleError, SymbolError
from obverse.rulebooks import rulebook, venues
from obverse.tables import Table, number, text


def run_symbol(name: str, venue: str | None, as_of: str | None, as_json: bool) -> None:
    """Look a name up at one venue, or at all."""
    found: list[Instrument] = []
    known: list[str] = []
    for each in [venue] if venue else venues():
        try:
            rules = rulebook(each, as_of=as_of)
        except RuleError:
            if venue:
                raise
            continue
        try:
            found.append(rules.instrument(name))
        except SymbolError:
            known += rules.names()
    if not found:
        raise SymbolError(name, f"at {venue or 'any venue'}", dict.fromkeys(known))
    table = _instruments(found)
    print_json(table.records()) if as_json else show([table])


def _instruments(items: list[Instrument]) -> Table:
    columns = (
        text("venue", "Venue"),
        text("symbol", "Native"),
        text("unified", "Unified"),
        text("payoff", "Payoff"),
        text("settlement", "Coin"),
        text("multiplier", "Mult."),
        text("tick", "Tick"),
        text("lot", "Lot"),
        text("expiry", "Expiry (UTC)"),
    )
    rows = tuple(
        (
            item.venue,
            item.symbol,
            item.unified,
            item.payoff.name,
            item.settlement_currency.code,
            item.multiplier,
            item.tick,
            item.lot,
            item.expiry,
        )
        for item in items
    )
    return Table("Instruments", columns, rows)


def run_calendar(venue: str, at: str, underlying: str, roll_days: int, as_json: bool) -> None:
    """Print the contracts listed at an instant."""
    moment = instant(at)
    listed = rulebook(venue, as_of=moment).listed(underlying.upper(), moment)
    columns = (
        text("symbol", "Native"),
        text("unified", "Unified"),
        text("expiry", "Expiry"),
        number("days", "Days left", decimals=2),
        text("roll", f"Roll {roll_days} days before"),
    )
    rows = []
    for item in listed:
        expiry = item.expiry
        roll = roll_instants([expiry], days_before=roll_days)[0] if expiry else None
        rows.append(
            (
                item.symbol,
                item.unified,
                iso(expiry) if expiry else None,
                days_between(moment, expiry) if expiry else None,
                iso(roll) if roll else None,
            )
        )
    table = Table(f"{underlying.upper()} listed at {venue}, {iso(moment)}", columns, tuple(rows))
    print_json(table.records()) if as_json else show([table])
