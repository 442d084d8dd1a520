"""`--venue all`: each position of a book at every venue, and why its liquidation prices differ."""

from __future__ import annotations

from collections.abc import Iterator

from obverse.app.report.section import Section, untold
from obverse.app.risk.state import State
from obverse.errors import BookError
from obverse.risk.side_by_side import SideBySide, side_by_side


def side_by_sides(state: State) -> list[SideBySide | Section]:
    """Each position of the book at every venue, or why it cannot be laid beside another."""
    found: list[SideBySide | Section] = []
    for place, position in enumerate(state.book.positions):
        if not position.contracts:
            continue
        instrument = position.instrument
        coin = instrument.settlement_currency.code
        accounts = [item.state.account for item in state.accounts]
        account, held = next(
            (one, item) for one in accounts for item in one.held if item.position is position
        )
        try:
            found.append(
                side_by_side(
                    position,
                    state.book.setting(place),
                    coins=account.balance.coins,
                    mark_price=held.mark_price,
                    at=state.market.asked,
                    simulated=state.simulated,
                )
            )
        except BookError as error:
            title = f"{instrument.symbol} at each venue"
            found.append(untold("side_by_side", title, str(error), coin))
    return found


def side_by_side_sections(found: list[SideBySide | Section]) -> Iterator[Section]:
    """One table a position."""
    for item in found:
        if isinstance(item, Section):
            yield item
        else:
            coin = item.position.instrument.settlement_currency.code
            yield Section("side_by_side", coin, item.table())
