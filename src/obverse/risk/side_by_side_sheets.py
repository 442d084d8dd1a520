"""How a position at several venues reads: one row each, and why their liquidation prices differ."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from obverse.charts import ACCENT, GRID, SECOND, TEXT, new_axes
from obverse.risk.account_sheets import NOTHING_ENDS_IT, shown_end
from obverse.risk.side_by_side_steps import maintenance_rate, own_words, price_steps
from obverse.tables import Cell, Column, Look, Table, coin, machine, number, percent, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from obverse.risk.margin import PositionState
    from obverse.risk.side_by_side import SideBySide, VenuePosition


def side_by_side_table(found: SideBySide) -> Table:
    """One row a venue: margins, liquidation and bankruptcy, and how far from the own venue's."""
    code = found.position.instrument.settlement_currency.code
    columns = (
        text("venue", "Venue"),
        text("symbol", "Instrument"),
        machine("contracts"),
        machine("initial", code),
        coin("maintenance", "Maint.", code, 6, signed=False),
        Column("maintenance_rate", "Rate", "%", Look.PERCENT, 3),
        coin("closing_fee", "Fee kept", code, 6, signed=False),
        number("liquidation_usd", "Liquidation", "USD"),
        number("difference_usd", "Gap", "USD", signed=True),
        percent("distance", "Distance"),
        number("bankruptcy_usd", "Bankruptcy", "USD"),
    )
    rows = tuple(_row(found, place) for place in found.places)
    return Table(_title(found), columns, rows, tuple(_notes(found)))


def _title(found: SideBySide) -> str:
    position, setting = found.position, found.setting
    code = position.instrument.settlement_currency.code
    leverage = f" {setting.leverage:f}x" if setting.leverage is not None else ""
    label = " (simulated)" if found.simulated else ""
    behind = f"{found.coins:f} {code} in the account"
    return (
        f"{position.side} {abs(position.contracts):,f} {position.instrument.symbol} from "
        f"{position.average_price:,.2f}, {setting.mode}{leverage}, {behind}, at each venue{label}"
    )


def _row(found: SideBySide, place: VenuePosition) -> tuple[Cell, ...]:
    state = place.position
    if state is None:
        return (place.venue, "not there", *([None] * 9))
    position, own = state.held.position, found.places[0].position
    end, first = _end(found, state), _end(found, own)
    gap = None if end is None or first is None else end - first
    return (
        place.venue,
        position.instrument.symbol,
        position.contracts,
        state.needs.initial.coins,
        state.needs.maintenance.coins,
        maintenance_rate(state.held),
        state.needs.closing_fee.coins,
        end,
        gap,
        state.distance if end is not None else None,
        shown_end(state.bankruptcy_price, found.mark_price),
    )


def _end(found: SideBySide, state: PositionState | None) -> Decimal | None:
    return shown_end(state.liquidation_price, found.mark_price) if state else None


def _notes(found: SideBySide) -> Iterator[str]:
    own = found.places[0].position
    if found.setting.mode == "cross":
        yield "By itself: other positions and orders of the account are left out."
    if any(_end(found, place.position) for place in found.places):
        yield (
            "Gap: liquidation price against the first venue's, and below in dollars what makes it: "
            "the terms exchanged one after another."
        )
    if not all(_end(found, place.position) for place in found.places if place.position):
        yield NOTHING_ENDS_IT
    for place in found.places:
        state = place.position
        if state is None or own is None:
            yield f"{place.venue}: {place.reason}"
        elif place is found.places[0]:
            yield f"{place.venue}: {'; '.join((*own_words(state.held), *place.notes))}."
        else:
            moves: list[str] = []
            if _end(found, own) is not None and _end(found, state) is not None:
                steps = price_steps(own, state, found.mark_price)
                moves = [f"{step.words}: {step.move_usd:+,.2f}" for step in steps]
            if moves or place.notes:
                yield f"{place.venue}: {'; '.join((*moves, *place.notes))}."


def plot_side_by_side(found: SideBySide, axes: Axes | None = None) -> Axes:
    """Draw each venue's liquidation and bankruptcy price on one line of prices."""
    label = " (simulated)" if found.simulated else ""
    axes = axes or new_axes(f"Liquidation of one position at each venue{label}", "price (USD)", "")
    shown = [place for place in found.places if _end(found, place.position)]
    for height, place in enumerate(reversed(shown)):
        state: Any = place.position
        liquidation = float(state.liquidation_price)
        axes.plot([liquidation], [height], "o", color=ACCENT, markersize=7)
        if state.bankruptcy_price is not None:
            axes.plot([float(state.bankruptcy_price)], [height], "|", color=SECOND, markersize=14)
        axes.annotate(
            f"{liquidation:,.2f}",
            (liquidation, height),
            xytext=(0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=TEXT,
        )
    axes.set_yticks(range(len(shown)), [place.venue for place in reversed(shown)])
    axes.set_ylim(-0.6, len(shown) - 0.2)
    axes.set_xlabel("price (USD): dots liquidation, bars bankruptcy", color=TEXT)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.grid(True, axis="x", color=GRID, linewidth=0.5, alpha=0.5)
    return axes
