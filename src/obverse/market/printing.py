"""How snapshots and markets print: plain text for a terminal, the same table as HTML.

Signs are always shown where a number may have one, units stand in the headers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from html import escape
from textwrap import wrap

WIDTH = 100
UNKNOWN = "·"


@dataclass(frozen=True)
class Table:
    """A title, headings, rows of text, and remarks below; the first two columns are words."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    remarks: tuple[str, ...] = ()

    def text(self) -> str:
        """Print aligned: words to the left, numbers to the right."""
        table = (self.headings, *self.rows)
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [self.title]
        for row in table if self.headings else ():
            cells = [
                cell.ljust(width) if place < 2 else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            lines.append("  " + "  ".join(cells).rstrip())
        for remark in self.remarks:
            lines += wrap(remark, WIDTH, initial_indent="  ", subsequent_indent="    ")
        return "\n".join(lines)

    def html(self) -> str:
        """Print the same as an HTML table."""
        head = "".join(f"<th>{escape(heading)}</th>" for heading in self.headings)
        body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in self.rows)
        below = "".join(f"<div>{escape(remark)}</div>" for remark in self.remarks)
        return (
            f"<div><strong>{escape(self.title)}</strong>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}</div>"
        )


def _cell(text: str) -> str:
    return f"<td>{escape(text)}</td>"


def price_text(price: Decimal | None) -> str:
    """Print a price with two decimals, or a dot where there is none."""
    return UNKNOWN if price is None else f"{price:,.2f}"


def dollars_text(amount: Decimal | None) -> str:
    """Print a dollar total: `1,200.0M` from ten million on, whole dollars below."""
    if amount is None:
        return UNKNOWN
    return f"{amount / 1_000_000:,.1f}M" if amount >= 10_000_000 else f"{amount:,.0f}"


def rate_text(rate: Decimal | None) -> str:
    """Print a rate as per cent with its sign."""
    return UNKNOWN if rate is None else f"{rate * 100:+.4f} %"


def age_text(age: timedelta) -> str:
    """Print an age: `2 d 3 h`, `2 h 38 min`, `12 s`."""
    minutes, seconds = divmod(int(age.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def minute_text(moment: datetime | None) -> str:
    """Print an instant to the minute: `2026-12-25 08:00`."""
    return "perpetual" if moment is None else moment.strftime("%Y-%m-%d %H:%M")


def listing(words: Sequence[str]) -> str:
    """Join words with commas, or say that there are none."""
    return ", ".join(words) or "none"
