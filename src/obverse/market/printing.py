"""How the market room words prices, ages and lists in its messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal


def price_text(price: Decimal) -> str:
    """Print a price with two decimals."""
    return f"{price:,.2f}"


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


def listing(words: Sequence[str]) -> str:
    """Join words with commas, or say that there are none."""
    return ", ".join(words) or "none"
