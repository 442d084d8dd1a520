"""Deribit's instruments: what their names tell, and their specifications as the venue lists them.

Names are `BTC-PERPETUAL`, `BTC-24SEP21`, `BTC-24SEP21-34000-P`, and `SOL_USDC-PERPETUAL` of
contracts that settle in another coin; a strike may have a `d` for the decimal point. All expire at
08:00 UTC. Combinations (`BTC-FS-...`) have other names and are told, not read.

- A list is known from `usOut`, the moment the venue sent it. Some lists in old captures are of
  another year than the recorder's clock in the same line: a finding tells the gap.
- Options are filed under their coin, as their prices are; perpetuals and futures by their name.
- Futures on USD are inverse and in coin; those on a stablecoin linear. Options pay and are quoted
  in coin (inverse), which in lists before 2022 is their `quote_currency`.
- `contract_size` is in USD for an inverse future; the smallest order is `min_trade_amount`, an
  amount and no number of contracts.
- A perpetual's expiry, the year 3000, is none. Margins are not listed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

from obverse.contracts.symbols import SymbolPattern
from obverse.market.series.kinds import INSTRUMENTS
from obverse.market.sources.captures.rows import (
    NANOSECONDS_PER_MICROSECOND,
    Rows,
    at_eight,
    of_milliseconds,
)

COMBINATION = "the name is of no perpetual, future or option"
_NAME = re.compile(
    r"(?P<coin>[A-Z0-9]+)(?:_(?P<settlement>[A-Z0-9]+))?-"
    r"(?:PERPETUAL|(?P<day>\d{1,2}[A-Z]{3}\d{2})(?:-(?P<strike>\d+(?:d\d+)?)-(?P<right>[CP]))?)"
)
_DAY = SymbolPattern("{DMMMYY}")
_RIGHTS = {"C": "call", "P": "put"}
_PLAUSIBLE_GAP_NS = 60 * 10**9
_SECONDS_PER_DAY = 86_400


@dataclass(frozen=True)
class Named:
    """What a name tells; a perpetual has no expiry, and only an option a strike and a right."""

    coin: str
    settlement: str
    expiry_ns: int | None
    strike: float | None
    right: str | None

    @property
    def contract(self) -> str:
        """Perpetual, future or option."""
        if self.expiry_ns is None:
            return "perpetual"
        return "future" if self.right is None else "option"

    @property
    def chain(self) -> str:
        """What options are filed under: the coin, with the settlement where that is another."""
        return self.coin if self.is_inverse else f"{self.coin}_{self.settlement}"

    @property
    def is_inverse(self) -> bool:
        """Whether it settles in its own coin."""
        return self.settlement == self.coin


class Spec(msgspec.Struct):
    """An instrument as the venue lists it, those of its fields that are read."""

    instrument_name: str
    kind: str
    quote_currency: str
    base_currency: str
    tick_size: float
    min_trade_amount: float
    contract_size: float
    maker_commission: float
    taker_commission: float
    creation_timestamp: int
    is_active: bool
    settlement_currency: str | None = None


class Listing(msgspec.Struct):
    """An answer of `get_instruments`."""

    result: list[Spec]
    us_out: int | None = msgspec.field(name="usOut", default=None)


def named(name: str) -> Named | None:
    """Read a name, or return None for a combination and what is no instrument."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    expiry = at_eight(_DAY, found["day"]) if found["day"] else None
    if found["day"] and expiry is None:
        return None
    return Named(
        found["coin"],
        found["settlement"] or found["coin"],
        expiry,
        float(found["strike"].replace("d", ".")) if found["strike"] else None,
        _RIGHTS[found["right"]] if found["right"] else None,
    )


def add_listing(rows: Rows, listing: Listing, local_time_ns: int) -> None:
    """Add the specifications of a list."""
    if listing.us_out is None:
        rows.note("flagged", "", "a list tells no time; the recorder's clock stands for it")
        sent = local_time_ns
    else:
        sent = listing.us_out * NANOSECONDS_PER_MICROSECOND
        gap = abs(sent - local_time_ns)
        if gap > _PLAUSIBLE_GAP_NS:
            days = gap / 10**9 / _SECONDS_PER_DAY
            what = f"a list was sent {days:,.1f} days from the recorder's clock, which is kept"
            rows.note("flagged", "", what)
    for spec in listing.result:
        _add(rows, spec, sent, local_time_ns)


def _add(rows: Rows, spec: Spec, sent_ns: int, local_time_ns: int) -> None:
    told = named(spec.instrument_name)
    if told is None:
        rows.note("dropped", spec.instrument_name, COMBINATION)
        return
    settlement = spec.settlement_currency or told.settlement
    rows.add(
        told.chain if told.contract == "option" else spec.instrument_name,
        INSTRUMENTS,
        time=sent_ns,
        local_time=local_time_ns,
        symbol=spec.instrument_name,
        contract=told.contract,
        payoff="inverse" if settlement == spec.base_currency else "linear",
        underlying=spec.base_currency,
        quote=spec.quote_currency,
        settlement=settlement,
        state="active" if spec.is_active else "inactive",
        listing=of_milliseconds(spec.creation_timestamp),
        expiry=told.expiry_ns,
        contract_size=spec.contract_size,
        tick_size=spec.tick_size,
        lot_size=spec.min_trade_amount,
        maker_fee=spec.maker_commission,
        taker_fee=spec.taker_commission,
    )
