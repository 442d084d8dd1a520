"""Kraken Futures' instruments: what their names tell, and their specifications as listed.

Names begin with P for a perpetual and F for a future, then I for inverse, V for vanilla (linear,
in coin) and F for flexible (linear, any collateral): `PI_XBTUSD`, `FI_XBTUSD_210924`. The interface
lists them in lower case, the feeds write upper case, as here. Indices (`in_`, `rr_`) are listed
too; they are no contracts, and told.

- The list is known from its `serverTime`. `lastTradingTime` is the instant of delivery: 16:00 in
  London, so 15:00 UTC in summer.
- The margins are those of the first tier, without the other schedule for retail clients.
- `contractSize` is in USD for an inverse contract. No smallest order and no fees are listed.
- Coins are spelt in common: BTC for XBT.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import msgspec

from obverse.contracts.symbols import common_code
from obverse.market.series.kinds import INSTRUMENTS
from obverse.market.sources.captures.rows import Rows, of_instant

NO_CONTRACT = "the name is of no contract"
_NAME = re.compile(
    r"(?P<contract>[PF])(?P<payoff>[IVF])_(?P<coin>[A-Z0-9]+)(?P<quote>USD|XBT|EUR)(?:_\d{6})?"
)
_CONTRACTS = {"P": "perpetual", "F": "future"}
_PAYOFFS = {"I": "inverse", "V": "linear", "F": "linear"}


@dataclass(frozen=True)
class Named:
    """What a name tells."""

    contract: str
    payoff: str
    coin: str
    quote: str

    @property
    def is_in_dollars(self) -> bool:
        """Whether its contracts are dollars."""
        return self.payoff == "inverse" and self.quote == "USD"


class Tier(msgspec.Struct, rename="camel"):
    """Margins from some number of contracts on."""

    initial_margin: float
    maintenance_margin: float


class Spec(msgspec.Struct, rename="camel"):
    """An instrument as listed, those of its fields that are read."""

    symbol: str
    type: str
    tradeable: bool
    last_trading_time: datetime | None = None
    opening_date: datetime | None = None
    tick_size: float | None = None
    contract_size: float | None = None
    margin_levels: list[Tier] = []


class Listing(msgspec.Struct, rename="camel"):
    """An answer of `instruments`."""

    instruments: list[Spec]
    server_time: datetime


def named(symbol: str) -> Named | None:
    """Read a name in upper case, or return None for what is no contract's."""
    found = _NAME.fullmatch(symbol)
    if found is None:
        return None
    return Named(
        _CONTRACTS[found["contract"]],
        _PAYOFFS[found["payoff"]],
        common_code(found["coin"]),
        common_code(found["quote"]),
    )


def add_listing(rows: Rows, listing: Listing, local_time_ns: int) -> None:
    """Add the specifications of a list."""
    for spec in listing.instruments:
        symbol = spec.symbol.upper()
        told = named(symbol)
        if told is None:
            rows.note("dropped", "", f"a {spec.type} is listed, which is no contract")
        else:
            _add(rows, symbol, told, spec, of_instant(listing.server_time), local_time_ns)


def _add(
    rows: Rows, symbol: str, told: Named, spec: Spec, sent_ns: int, local_time_ns: int
) -> None:
    tier = spec.margin_levels[0] if spec.margin_levels else None
    rows.add(
        symbol,
        INSTRUMENTS,
        time=sent_ns,
        local_time=local_time_ns,
        symbol=symbol,
        contract=told.contract,
        payoff=told.payoff,
        underlying=told.coin,
        quote=told.quote,
        settlement=told.coin if told.payoff == "inverse" else None,
        state="tradeable" if spec.tradeable else "not tradeable",
        listing=None if spec.opening_date is None else of_instant(spec.opening_date),
        expiry=None if spec.last_trading_time is None else of_instant(spec.last_trading_time),
        contract_size=spec.contract_size,
        tick_size=spec.tick_size,
        initial_margin=None if tier is None else tier.initial_margin,
        maintenance_margin=None if tier is None else tier.maintenance_margin,
    )
