"""How orders before a trade read: one ticket, before and after, and one order at several venues."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from obverse.contracts import Amount
from obverse.tables import UNKNOWN, Cell, Table, coin, machine, number, percent, text

if TYPE_CHECKING:
    from obverse.risk.pretrade.tickets import Ticket
    from obverse.risk.pretrade.venues import Tickets


def ticket_table(made: Ticket) -> Table:
    """One thing a line, before and after."""
    request, before, after = made.request, made.position_before, made.position_after
    size, quote = request.contracts, request.instrument.quote
    rows = (
        ("initial margin", "", _amount(made.cost.initial_margin)),
        ("fee to open", "", _amount(made.cost.open_fee)),
        ("fee to close at bankruptcy", "", _amount(made.cost.close_fee)),
        ("order cost", "", _amount(made.order_cost)),
        ("available", _amount(made.before.available), _amount(made.after.available)),
        ("position (contracts)", _size(before), _size(after)),
        ("entry price", _entry(before), _entry(after)),
        *(
            (
                name.replace("_", " "),
                _price(getattr(before, name, None)),
                _price(getattr(after, name, None)),
            )
            for name in ("liquidation_price", "bankruptcy_price")
        ),
        ("distance to liquidation", _percent(getattr(before, "distance", None)),
         _percent(made.distance)),
        *_deviations(made),
        ("largest size (contracts)", "", f"{made.largest_contracts:,f}"),
        ("taken by the venue", "", "yes" if made.is_taken else "no"),
    )  # fmt: skip
    side = "Buy" if size > 0 else "Sell"
    leverage = "" if request.own_leverage is None else f", {request.own_leverage:f}x"
    title = (
        f"{side} {abs(size):,f} {request.instrument.symbol} at {request.price:,f} {quote}, "
        f"{request.own_mode}{leverage}, at {request.account.venue}"
    )
    columns = (text("item", ""), text("before", "Before"), text("after", "After"))
    notes = tuple(f"Not taken: {reason}." for reason in made.refusals)
    return Table(title, columns, rows, notes)


def tickets_table(made: Tickets) -> Table:
    """One row a venue, and under it why their liquidation prices differ."""
    unit = made.tickets[0].request.account.coin.code if made.tickets else "coin"
    columns = (
        text("venue", "Venue"),
        text("symbol", "Instrument"),
        machine("contracts"),
        coin("initial_margin", "Margin", unit, 6, signed=False),
        coin("open_fee", "To open", unit, 6, signed=False),
        coin("close_fee", "To close", unit, 6, signed=False),
        number("liquidation_price_usd", "Liquidation", "USD"),
        percent("distance", "Away", 1),
        number("distance_deviations", "Away", "sd", 1, signed=True),
        number("largest_contracts", "Largest", "contracts", 0),
        text("taken", "Taken"),
    )
    rows = [_ticket_row(each) for each in made.tickets]
    rows += [(venue, "no ticket", *([None] * 8), "no") for venue in made.reasons]
    refused = [
        f"{each.request.account.venue} would not take it: {'; '.join(each.refusals)}."
        for each in made.tickets
        if each.refusals
    ]
    notes = (
        "To open, to close: taker fees at the price and at the bankruptcy price. Sd: standard "
        "deviations of a day. Largest: the largest order on this side that the account could take.",
        *(f"{venue}: {'; '.join(words)}." for venue, words in made.differences.items() if words),
        *refused,
        *(f"{venue}: {reason}" for venue, reason in made.reasons.items()),
    )
    return Table("The same order at each venue", columns, tuple(rows), notes)


def _ticket_row(each: Ticket) -> tuple[Cell, ...]:
    return (
        each.request.account.venue,
        each.request.instrument.symbol,
        each.request.contracts,
        each.cost.initial_margin.coins,
        each.cost.open_fee.coins,
        each.cost.close_fee.coins,
        each.liquidation_price,
        each.distance,
        each.distance_deviations,
        each.largest_contracts,
        "yes" if each.is_taken else "no",
    )


def _deviations(made: Ticket) -> tuple[tuple[str, str, str], ...]:
    if made.volatility_daily is None:
        return ()
    found = made.distance_deviations
    return (("in daily standard deviations", "", UNKNOWN if found is None else f"{found:+.1f}"),)


def _amount(amount: Amount) -> str:
    return str(amount)


def _size(state: object) -> str:
    held = getattr(state, "held", None)
    return "0" if held is None else f"{held.position.contracts:+,f}"


def _entry(state: object) -> str:
    held = getattr(state, "held", None)
    return UNKNOWN if held is None else _price(held.position.average_price)


def _price(price: Decimal | None) -> str:
    return UNKNOWN if price is None else f"{Decimal(price):,.2f}"


def _percent(share: Decimal | None) -> str:
    return UNKNOWN if share is None else f"{100 * share:+,.2f} %"
