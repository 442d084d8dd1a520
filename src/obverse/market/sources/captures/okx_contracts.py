"""OKX's instruments: what their names tell, and their specifications as listed.

Names are `BTC-USDT` (spot), `BTC-USD-SWAP` (perpetual), `BTC-USD-220930` (delivered at 08:00 UTC of
that day) and `BTC-USD-220930-40000-C` (option). What is quoted in USD is inverse, settled in coin;
USDT, USDC and the like are linear.

- An answer tells no time: `time` is the recorder's clock, and a finding says so.
- A contract is 100 USD of BTC and 10 USD of any other coin where it is inverse; a linear one and an
  option are an amount of coin. `contract_size` is `ctVal`, times `ctMult` where that is told, which
  for options it must be (1 BTC times 0.1). Spot has none.
- `lot_size` is the smallest order, `minSz`. No fees and no margins are listed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import msgspec

from obverse.contracts.symbols import SymbolPattern
from obverse.market.series.kinds import INSTRUMENTS
from obverse.market.sources.captures.rows import Rows, at_eight, of_milliseconds

NO_TIME = "a list of instruments tells no time; the recorder's clock stands for it"
NO_INSTRUMENT = "the name is of no instrument"

_NAME = re.compile(
    r"(?P<coin>[A-Z0-9]+)-(?P<quote>[A-Z0-9]+)"
    r"(?:-(?:(?P<swap>SWAP)|(?P<day>\d{6})(?P<option>-[\d.]+-[CP])?))?"
)
_DAY = SymbolPattern("{YYMMDD}")
_USD_PER_CONTRACT = {"BTC": 100}
_USD_PER_OTHER_CONTRACT = 10


@dataclass(frozen=True)
class Named:
    """What a name tells; only a future and an option have an expiry."""

    coin: str
    quote: str
    contract: Literal["perpetual", "future", "option", "spot"]
    expiry_ns: int | None

    @property
    def payoff(self) -> str:
        """Inverse, linear or spot."""
        if self.contract == "spot":
            return "spot"
        return "inverse" if self.quote == "USD" else "linear"

    @property
    def contract_usd(self) -> int | None:
        """Dollars that an inverse perpetual or future is worth."""
        if self.payoff != "inverse" or self.contract == "option":
            return None
        return _USD_PER_CONTRACT.get(self.coin, _USD_PER_OTHER_CONTRACT)


class Instrument(msgspec.Struct, rename="camel"):
    """An instrument as listed, those of its fields that are read; what is not told is empty."""

    inst_id: str
    settle_ccy: str
    state: str
    exp_time: str
    list_time: str
    ct_val: str
    ct_mult: str
    tick_sz: str
    min_sz: str


class Listing(msgspec.Struct):
    """An answer of `public/instruments`."""

    code: str
    msg: str
    data: list[Instrument]


def named(symbol: str) -> Named | None:
    """Read a name, or return None for what is no instrument's."""
    found = _NAME.fullmatch(symbol)
    if found is None:
        return None
    if found["day"] is None:
        contract: Literal["perpetual", "spot"] = "perpetual" if found["swap"] else "spot"
        return Named(found["coin"], found["quote"], contract, None)
    expiry_ns = at_eight(_DAY, found["day"])
    if expiry_ns is None:
        return None
    return Named(
        found["coin"], found["quote"], "option" if found["option"] else "future", expiry_ns
    )


def add_listing(rows: Rows, listing: Listing, local_time_ns: int) -> None:
    """Add the specifications of a list; a refusal of the venue's is told instead."""
    if listing.code != "0":
        rows.note("dropped", "", f"the venue refused to list: {listing.code} {listing.msg}".strip())
    for each in listing.data:
        told = named(each.inst_id)
        if told is None:
            rows.note("dropped", each.inst_id, NO_INSTRUMENT, INSTRUMENTS)
        else:
            _add(rows, each, told, local_time_ns)


def _add(rows: Rows, each: Instrument, told: Named, local_time_ns: int) -> None:
    rows.note("flagged", "", NO_TIME)
    rows.add(
        each.inst_id,
        INSTRUMENTS,
        time=local_time_ns,
        local_time=local_time_ns,
        symbol=each.inst_id,
        contract=told.contract,
        payoff=told.payoff,
        underlying=told.coin,
        quote=told.quote,
        settlement=each.settle_ccy or None,
        state=each.state,
        listing=_moment(each.list_time),
        expiry=_moment(each.exp_time),
        contract_size=_contract_size(each),
        tick_size=number(each.tick_sz),
        lot_size=number(each.min_sz),
    )


def _contract_size(each: Instrument) -> float | None:
    size, multiplier = number(each.ct_val), number(each.ct_mult)
    return size if size is None or multiplier is None else size * multiplier


def _moment(milliseconds: str) -> int | None:
    return of_milliseconds(int(milliseconds)) if milliseconds.isdecimal() else None


def number(text: str) -> float | None:
    """Read a number; None for one that is not told, and NaN, which is no price, for none."""
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return float("nan")
