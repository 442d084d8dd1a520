"""Binance bars: labelled by their open, with a last millisecond that is not yet the close.

`closeTime` is the last millisecond of the bar; it is known one later, which is `time`. Volume is in
contracts, `baseVolume` in coin; a contract is worth so many dollars whatever the price.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from obverse.market.series.kinds import Kind, bars
from obverse.market.sources.captures.rows import Rows, of_milliseconds

_INTERVAL = re.compile(r"(\d+)([smhdw])")
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


@dataclass(frozen=True)
class Bar:
    """A bar as the venue tells it; one of an index or a mark has no volume and no trades."""

    open_ms: int
    close_ms: int
    open: float
    high: float
    low: float
    close: float
    volume_contracts: float | None = None
    volume_coin: float | None = None
    trades: int | None = None


def bars_of(interval: str) -> Kind | None:
    """Kind of the bars of an interval such as 5m; None for months, which have no one length."""
    found = _INTERVAL.fullmatch(interval)
    return bars(int(found[1]) * _UNITS[found[2]]) if found and int(found[1]) else None


def add_bar(
    rows: Rows,
    instrument: str,
    kind: Kind,
    bar: Bar,
    contract_usd: int | None = None,
    local_time_ns: int | None = None,
) -> None:
    """Add a finished bar; the dollars of a contract give its volume in dollars."""
    contracts = bar.volume_contracts
    in_dollars = None if contracts is None or contract_usd is None else contracts * contract_usd
    rows.add(
        instrument,
        kind,
        time=of_milliseconds(bar.close_ms + 1),
        open_time=of_milliseconds(bar.open_ms),
        local_time=local_time_ns,
        open=bar.open,
        high=bar.high,
        low=bar.low,
        close=bar.close,
        volume_contracts=contracts,
        volume_quote=in_dollars,
        volume_coin=bar.volume_coin,
        trades=bar.trades,
    )
