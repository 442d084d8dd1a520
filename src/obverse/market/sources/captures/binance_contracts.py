"""Binance COIN-M contracts: what their names tell, and their specifications as listed.

Names are `BTCUSD_PERP` and `BTCUSD_210924`, which is delivered at 08:00 UTC of that day; the pair,
`BTCUSD`, names the index. A contract is worth 100 USD on BTC and 10 USD on any other coin.

- `serverTime` may be of long before: the list in one capture was 22 hours old when it was answered.
  The specifications are known from it all the same; a finding tells the gap.
- The date of delivery listed for a perpetual, in the year 2100 as long as it trades, is not kept.
- `requiredMarginPercent` and `maintMarginPercent` are 5 % and 2.5 % for every contract, whatever
  its brackets: they are not margins, and left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from obverse.contracts.symbols import SymbolPattern
from obverse.market.series.kinds import INSTRUMENTS
from obverse.market.sources.captures.rows import Rows, at_eight, of_milliseconds

Message = TypeVar("Message")

_NAME = re.compile(r"(?P<pair>(?P<coin>[A-Z0-9]+)USD)(?:_(?:PERP|(?P<day>\d{6})))")
_DAY = SymbolPattern("{YYMMDD}")
_USD_PER_CONTRACT = {"BTCUSD": 100}
_USD_PER_OTHER_CONTRACT = 10
_PLAUSIBLE_GAP_NS = 60 * 10**9
_NS_PER_HOUR = 3_600 * 10**9


@dataclass(frozen=True)
class Named:
    """What a name tells; a perpetual has no expiry."""

    pair: str
    coin: str
    expiry_ns: int | None

    @property
    def contract(self) -> str:
        """Perpetual or future."""
        return "perpetual" if self.expiry_ns is None else "future"

    @property
    def contract_usd(self) -> int:
        """Dollars that a contract is worth."""
        return usd_per_contract(self.pair)


class Filter(msgspec.Struct, rename="camel"):
    """A limit on orders."""

    filter_type: str
    tick_size: float | None = None
    min_qty: float | None = None


class Contract(msgspec.Struct, rename="camel"):
    """A contract as the venue lists it, those of its fields that are read."""

    symbol: str
    contract_status: str
    contract_size: float
    base_asset: str
    quote_asset: str
    margin_asset: str
    onboard_date: int
    filters: list[Filter]


class ExchangeInfo(msgspec.Struct, rename="camel"):
    """An answer of `exchangeInfo`."""

    server_time: int
    symbols: list[Contract]


def usd_per_contract(pair: str) -> int:
    """Dollars that a contract on a pair is worth."""
    return _USD_PER_CONTRACT.get(pair, _USD_PER_OTHER_CONTRACT)


def named(symbol: str) -> Named | None:
    """Read a name, or return None for what is no contract's."""
    found = _NAME.fullmatch(symbol)
    if found is None:
        return None
    expiry = at_eight(_DAY, found["day"]) if found["day"] else None
    if found["day"] and expiry is None:
        return None
    return Named(found["pair"], found["coin"], expiry)


def decoded(type_: type[Message], data: msgspec.Raw) -> Message:
    """Decode a message, in which numbers may be text. Raises `msgspec.DecodeError`."""
    return msgspec.json.decode(data, type=type_, strict=False)


def rate_of(text: str) -> float | None:
    """Return a funding rate, None where a contract that has none says nothing.

    Raises `ValueError` for text that is no number.
    """
    return float(text) if text else None


def add_exchange_info(rows: Rows, info: ExchangeInfo, local_time_ns: int | None) -> None:
    """Add the specifications of a list."""
    sent = of_milliseconds(info.server_time)
    if local_time_ns is not None and abs(local_time_ns - sent) > _PLAUSIBLE_GAP_NS:
        hours = abs(local_time_ns - sent) / _NS_PER_HOUR
        what = f"the list's serverTime is {hours:,.1f} h from the recorder's clock, and kept"
        rows.note("flagged", "", what)
    for contract in info.symbols:
        told = named(contract.symbol)
        if told is None:
            rows.note("dropped", contract.symbol, "the name is of no COIN-M contract")
            continue
        rows.add(
            contract.symbol,
            INSTRUMENTS,
            time=sent,
            local_time=local_time_ns,
            symbol=contract.symbol,
            contract=told.contract,
            payoff="inverse" if contract.margin_asset == contract.base_asset else "quanto",
            underlying=contract.base_asset,
            quote=contract.quote_asset,
            settlement=contract.margin_asset,
            state=contract.contract_status,
            listing=of_milliseconds(contract.onboard_date),
            expiry=told.expiry_ns,
            contract_size=contract.contract_size,
            tick_size=next((each.tick_size for each in contract.filters if each.tick_size), None),
            lot_size=_smallest_order(contract),
        )


def _smallest_order(contract: Contract) -> float | None:
    return next((each.min_qty for each in contract.filters if each.filter_type == "LOT_SIZE"), None)
