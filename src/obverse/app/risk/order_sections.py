"""An order before it is sent: its ticket, the account after it, and the leverage it may have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from obverse.app.report.section import Section
from obverse.app.risk.state import State
from obverse.app.risk.what_if import WhatIf
from obverse.contracts import Instrument, Position, Rounding, fill
from obverse.contracts.units import round_to_step, to_ticks
from obverse.errors import DataError, RuleError
from obverse.risk.account_sheets import states_table
from obverse.risk.accounts import account_of
from obverse.risk.margin import MarginAccount
from obverse.risk.marking import mark_of
from obverse.risk.pretrade import (
    VenuePlace,
    leverage_beyond_price,
    leverage_limit,
    leverage_under_probability,
    ticket,
    ticket_at_all,
    venue_place,
)
from obverse.risk.side_by_side import counterpart, rules_at, rules_instant
from obverse.risk.tail import AdverseTail, adverse_tail
from obverse.rulebooks import rulebook, venues
from obverse.tables import Cell, Table, number, text

_DAY_NS = 86_400 * 10**9


@dataclass(frozen=True)
class Bounds:
    """What liquidation must keep away from: a price, and a chance within so many days."""

    beyond: Decimal | None
    chance: float
    days: int


@dataclass(frozen=True)
class _Asked:
    """An order at the door: its size in contracts and in dollars, its price, and its account."""

    words: WhatIf
    place: VenuePlace
    contracts: Decimal
    price: Decimal
    mark_price: Decimal

    @property
    def instrument(self) -> Instrument:
        return self.place.instrument

    @property
    def coin(self) -> str:
        return self.place.account.coin.code


def order_sections(
    state: State, words: WhatIf, bounds: Bounds, *, everywhere: bool
) -> Iterator[Section]:
    """The ticket at the order's own venue, or one order at every venue."""
    asked = _asked(state, words)
    places = _everywhere(asked, state) if everywhere else [asked.place]
    if everywhere:
        yield Section("tickets", asked.coin, _tickets(asked, places, state))
    else:
        yield from _ticket(asked, state)
    yield Section("leverage", asked.coin, _leverages(asked, places, bounds, state))


def _asked(state: State, words: WhatIf) -> _Asked:
    rules = rulebook(_venue(state, words), as_of=state.market.asked)
    instrument = rules.instrument(words.symbol)
    account = account_of(state.book, state.market, state.accounts, instrument)
    mark = mark_of(instrument, state.market).price
    price = words.price or _to_tick(mark, instrument.tick)
    to_ticks(price, instrument.tick)
    place = venue_place(account, rules, instrument)
    return _Asked(words, place, words.contracts(instrument), price, mark)


def _to_tick(price: Decimal, tick: Decimal) -> Decimal:
    return max(round_to_step(price, tick, Rounding.NEAREST), tick)


def _venue(state: State, words: WhatIf) -> str:
    """Where it is said, else where the book holds that instrument, else the market's venue."""
    held = [item.instrument for item in state.book.positions]
    own = (one.venue for one in held if one.symbol.casefold() == words.symbol.casefold())
    return words.venue or next(own, state.market.venue)


def _ticket(asked: _Asked, state: State) -> Iterator[Section]:
    made = ticket(
        asked.place.account,
        asked.instrument,
        asked.place.terms,
        asked.contracts,
        asked.price,
        leverage=asked.words.leverage,
        mode=asked.words.mode,
        fee_rate=asked.place.fee_rate,
        max_order_contracts=asked.place.max_order_contracts,
        mark_price=asked.mark_price,
        volatility_daily=state.volatilities_daily.get(asked.instrument.underlying),
    )
    table = made.table()
    notes = (*table.notes, _filled_words(asked))
    yield Section("ticket", asked.coin, replace(table, notes=notes))
    states = [("before", made.before), ("after", made.after)]
    title = f"{asked.place.account.venue} {asked.coin} before and after"
    yield Section("after", asked.coin, states_table(title, states, simulated=state.simulated))


def _filled_words(asked: _Asked) -> str:
    """Whether the order would rest, and what its fill is taken to be."""
    buys, mark = asked.contracts > 0, asked.mark_price
    through = asked.price > mark if buys else asked.price < mark
    price = f"{asked.price:,f}"
    if asked.words.price is None:
        return f"Worked out as filled at {price}, the mark on the tick, with the mark where it is."
    if through:
        return (
            f"Marketable: the mark is {mark:,f}. It is worked out as filled at {price}, the worst "
            "that its limit allows."
        )
    return (
        f"It would rest: the mark is {mark:,f}. It is worked out as filled at {price} with the "
        "mark where it is now, so that the gap between them is in the PnL."
    )


def _everywhere(asked: _Asked, state: State) -> list[VenuePlace]:
    """An account with the same coins and nothing else at every venue that lists its like."""
    at, own = state.market.asked, asked.instrument
    balance = asked.place.account.balance.coins
    found = []
    for venue in (own.venue, *(one for one in venues() if one != own.venue)):
        rules, _ = rules_at(venue, at)
        try:
            instrument = counterpart(rules, own, rules_instant(rules, at))
        except RuleError:
            continue
        coin = instrument.accounting.currency
        index = asked.place.account.index_price
        account = MarginAccount(venue, coin, coin.amount(balance, Rounding.FLOOR), index)
        found.append(venue_place(account, rules, instrument))
    return found


def _tickets(asked: _Asked, places: list[VenuePlace], state: State) -> Table:
    made = ticket_at_all(
        places,
        usd_amount=asked.instrument.usd_amount_of(asked.contracts),
        price=asked.price,
        leverage=asked.words.leverage,
        mode=asked.words.mode,
        volatility_daily=state.volatilities_daily.get(asked.instrument.underlying),
    )
    table = made.table()
    coins = asked.place.account.balance
    title = f"{table.title}, from an account with {coins} and nothing else"
    note = "A venue that has closed is under the last rules that it had."
    return replace(table, title=title, notes=(*table.notes, note))


def _leverages(asked: _Asked, places: list[VenuePlace], bounds: Bounds, state: State) -> Table:
    """The leverage that an isolated order may have, a row a venue."""
    tail, why = _tail(asked, bounds, state)
    columns = [
        text("venue", "Venue"),
        text("symbol", "Instrument"),
        number("most", "Most at this size", "x"),
        number("under_chance", f"Chance under {bounds.chance:.4g}", "x"),
    ]
    if bounds.beyond is not None:
        columns.append(number("beyond_price", f"Beyond {bounds.beyond:,f}", "x"))
    rows: list[tuple[Cell, ...]] = []
    for place in places:
        signed = asked.contracts
        if place.instrument != asked.instrument:
            signed = place.instrument.contracts_of(asked.instrument.usd_amount_of(asked.contracts))
        opened = fill(Position.flat(place.instrument), signed, asked.price)
        order = (place.instrument, place.terms, signed, asked.price)
        row: list[Cell] = [place.account.venue, place.instrument.symbol]
        row.append(leverage_limit(opened, place.terms))
        row.append(
            leverage_under_probability(*order, probability=bounds.chance, tail=tail)
            if tail
            else None
        )
        if bounds.beyond is not None:
            row.append(leverage_beyond_price(*order, beyond=bounds.beyond))
        rows.append(tuple(row))
    days = "a day" if bounds.days == 1 else f"{bounds.days} days"
    notes = (
        f"Isolated: the largest leverage at which the chance of liquidation within {days} stays "
        f"under {bounds.chance:.4g} (extreme value law{why})."
    )
    return Table("How much leverage the order may have", tuple(columns), tuple(rows), (notes,))


def _tail(asked: _Asked, bounds: Bounds, state: State) -> tuple[AdverseTail | None, str]:
    """The law of the worst move against the order within the horizon, and what it is fitted to."""
    coin = asked.instrument.underlying
    side = "long" if asked.contracts > 0 else "short"
    prices = state.histories.prices.get(coin)
    if prices is None:
        return None, f"; no history of {coin}"
    steps = np.diff(prices.times_ns)
    even = len(steps) > 0 and bool((steps == steps[0]).all()) and _DAY_NS % int(steps[0]) == 0
    closes = prices.prices_usd if even else state.histories.daily([coin])[coin]
    horizon = bounds.days * (_DAY_NS // int(steps[0]) if even else 1)
    try:
        tail = adverse_tail(closes, side=side, horizon_steps=horizon)
    except DataError as error:
        return None, f"; not fitted: {error}"
    return tail, f" of {tail.blocks} such periods of {state.histories.source}"
