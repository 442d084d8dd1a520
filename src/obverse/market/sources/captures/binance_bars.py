"""Binance bars: labelled by their open, with a last millisecond that is not yet the close.

`closeTime` is the last millisecond of the bar; it is known one later, which is `time`. Volume is in
contracts and in coin; a contract is worth so many dollars whatever the price.

Bars of an index or a mark count samples as trades and have no volume: both are left out. The last
bar of an answer may not have been finished when it was given, and is left out too. Bars of a month
have no one length, and so no kind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from obverse.market.series.kinds import Kind, bars
from obverse.market.sources.captures.binance_contracts import decoded, usd_per_contract
from obverse.market.sources.captures.rows import Rows, of_milliseconds

_INTERVAL = re.compile(r"(\d+)([smhdw])")
_KLINE = tuple[
    int, float, float, float, float, float, int, float, int, float, float, float
]  # fmt: skip
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


def klines(rows: Rows, query: dict[str, str], data: msgspec.Raw) -> None:
    """Add the bars of `klines`, of a contract."""
    usd = usd_per_contract(query["symbol"].split("_")[0])
    _add_bars(rows, query["symbol"], query["interval"], data, usd)


def continuous_klines(rows: Rows, query: dict[str, str], data: msgspec.Raw) -> None:
    """Add the bars of `continuousKlines`, such as those of `BTCUSD@current_quarter`."""
    name = f"{query['pair']}@{query['contractType'].lower()}"
    _add_bars(rows, name, query["interval"], data, usd_per_contract(query["pair"]))


def index_klines(rows: Rows, query: dict[str, str], data: msgspec.Raw) -> None:
    """Add the bars of `indexPriceKlines`, those of `BTCUSD@index`."""
    _add_bars(rows, f"{query['pair']}@index", query["interval"], data, None)


def mark_klines(rows: Rows, query: dict[str, str], data: msgspec.Raw) -> None:
    """Add the bars of `markPriceKlines`, those of `BTCUSD_PERP@mark`."""
    _add_bars(rows, f"{query['symbol']}@mark", query["interval"], data, None)


def _add_bars(
    rows: Rows, instrument: str, interval: str, data: msgspec.Raw, usd: int | None
) -> None:
    """Add all bars of an answer but its last; an index or a mark (no dollars) has no volume."""
    kind = bars_of(interval)
    if kind is None:
        rows.note("dropped", instrument, f"bars of {interval} have no one length")
        return
    klines = decoded(list[_KLINE], data)
    if klines:
        rows.note("dropped", instrument, "the last bar of an answer may be unfinished", kind)
    for kline in klines[:-1]:
        start, first, high, low, last, contracts, end, coins, count, *_ = kline
        traded = usd is not None
        bar = Bar(
            start, end, first, high, low, last,
            contracts if traded else None, coins if traded else None, count if traded else None,
        )  # fmt: skip
        add_bar(rows, instrument, kind, bar, usd)
