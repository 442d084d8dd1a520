"""Huobi's contracts as its three interfaces list them.

| address | contracts |
|---|---|
| `api/v1/contract_contract_info` | inverse futures, `BTC210924` |
| `swap-api/v1/swap_contract_info` | inverse swaps, `BTC-USD` |
| `linear-swap-api/v1/swap_contract_info` | linear swaps and futures, `BTC-USDT` |

- A list is known from its `ts`. `delivery_time` is the instant of delivery, empty for a swap.
- `contract_size` is dollars of an inverse contract and coins of a linear one.
- `create_date` is a day without an hour, so the first trading is not kept. `settlement_date` is the
  next settlement of profits, not a delivery. No fees and no margins are listed.
- `contract_status` is the venue's number, kept as it is: 1 is trading, 0 delisted.
"""

from __future__ import annotations

import re

import msgspec

from obverse.market.series.kinds import INSTRUMENTS
from obverse.market.sources.captures.rows import Rows, of_milliseconds

_ADDRESS = re.compile(
    r".*/(?P<interface>api|swap-api|linear-swap-api)/v1/(?:contract|swap)_contract_info(?:\?.*)?"
)
_PAYOFFS = {"api": "inverse", "swap-api": "inverse", "linear-swap-api": "linear"}
_USD = "USD"


class Contract(msgspec.Struct):
    """A contract as listed, those of its fields that are read."""

    symbol: str
    contract_code: str
    contract_size: float
    price_tick: float
    contract_status: int
    delivery_time: str = ""


class Listing(msgspec.Struct):
    """An answer of `contract_info`."""

    status: str
    ts: int
    data: list[Contract] = []
    err_msg: str = ""


def payoff_of(address: str) -> str | None:
    """Payoff of the contracts that an address lists; None for an address that lists none."""
    found = _ADDRESS.fullmatch(address)
    return _PAYOFFS[found["interface"]] if found else None


def add_listing(rows: Rows, listing: Listing, payoff: str, local_time_ns: int) -> None:
    """Add the specifications of a list; a refusal of the venue's is told instead."""
    if listing.status != "ok":
        rows.note("dropped", "", f"the venue refused to list: {listing.err_msg or listing.status}")
    for each in listing.data:
        delivered = each.delivery_time
        quote = _quote(each.contract_code)
        rows.add(
            each.contract_code,
            INSTRUMENTS,
            time=of_milliseconds(listing.ts),
            local_time=local_time_ns,
            symbol=each.contract_code,
            contract="future" if delivered else "perpetual",
            payoff=payoff,
            underlying=each.symbol,
            quote=quote,
            settlement=each.symbol if payoff == "inverse" else quote,
            state=str(each.contract_status),
            expiry=of_milliseconds(int(delivered)) if delivered.isdecimal() else None,
            contract_size=each.contract_size,
            tick_size=each.price_tick,
            lot_size=1.0,
        )


def _quote(code: str) -> str:
    """Quote currency of a code; codes of inverse futures do not say theirs, which is USD."""
    return code.split("-")[1] if "-" in code else _USD
