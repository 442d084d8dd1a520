"""An order in words: `sell 100000 BTC-PERPETUAL @ 65000`, or with all that may be said of it.

    buy|sell  SIZE [usd|contracts]  INSTRUMENT  [@ PRICE]  [isolated|cross] [10x]  [at VENUE]

A size is in dollars where nothing is said; contracts that are not inverse are sized in contracts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from obverse.contracts import Instrument, Inverse
from obverse.errors import DataError
from obverse.risk.margin.terms import MODES, Mode

_ORDER = re.compile(
    r"\s*(?P<side>buy|sell)\s+(?P<size>[\d.,_]+)\s*(?P<unit>usd|contracts?)?\s+"
    r"(?P<symbol>[^\s@]+)"
    r"(?:\s*@\s*(?P<price>[\d.,_]+))?"
    r"(?P<rest>.*)",
    re.IGNORECASE,
)
FORM = "buy|sell SIZE [usd|contracts] INSTRUMENT [@ PRICE] [isolated|cross] [10x] [at VENUE]"


@dataclass(frozen=True)
class WhatIf:
    """An order as it was written; `price` none is the mark."""

    side: Literal["buy", "sell"]
    size: Decimal
    unit: Literal["usd", "contracts"]
    symbol: str
    price: Decimal | None
    mode: Mode | None
    leverage: Decimal | None
    venue: str | None

    def contracts(self, instrument: Instrument) -> Decimal:
        """Signed contracts of an instrument; a size that is not whole lots raises `AmountError`."""
        count = self.size
        if self.unit == "usd":
            if not isinstance(instrument.payoff, Inverse):
                raise DataError(
                    f"{instrument.symbol} is {instrument.payoff.name}: say its size in contracts, "
                    f"such as {self.side} 10 contracts {instrument.symbol}."
                )
            count = instrument.contracts_of(self.size)
        instrument.check_order(count)
        return count if self.side == "buy" else -count


def read_what_if(text: str) -> WhatIf:
    """Read an order in words; anything else raises `DataError` with the form."""
    found = _ORDER.fullmatch(text)
    if found is None:
        raise DataError(
            f"--what-if {text!r}: expected {FORM}. SIZE is a plain number of dollars or contracts."
        )
    mode, leverage, venue = _rest(found["rest"].split(), text)
    return WhatIf(
        side="buy" if found["side"].lower() == "buy" else "sell",
        size=_number(found["size"], "size", text),
        unit="contracts" if (found["unit"] or "").lower().startswith("c") else "usd",
        symbol=found["symbol"],
        price=None if found["price"] is None else _number(found["price"], "price", text),
        mode=mode,
        leverage=leverage,
        venue=venue,
    )


def _rest(words: list[str], text: str) -> tuple[Mode | None, Decimal | None, str | None]:
    mode: Mode | None = None
    leverage, venue = None, None
    left = iter(words)
    for word in left:
        lowered = word.lower()
        if lowered in MODES:
            mode = "isolated" if lowered == "isolated" else "cross"
        elif re.fullmatch(r"[\d.]+x", lowered):
            leverage = _number(lowered[:-1], "leverage", text)
        elif lowered == "at" and (venue := next(left, None)) is not None:
            venue = venue.lower()
        else:
            raise DataError(f"--what-if {text!r}: {word!r} is not understood; expected {FORM}.")
    return mode, leverage, venue


def _number(words: str, what: str, text: str) -> Decimal:
    try:
        value = Decimal(words.replace(",", "").replace("_", ""))
    except InvalidOperation:
        raise DataError(f"--what-if {text!r}: {what} {words!r} is not a number.") from None
    if value <= 0:
        raise DataError(f"--what-if {text!r}: {what} {words} is not above zero.")
    return value
