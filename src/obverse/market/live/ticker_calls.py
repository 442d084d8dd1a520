"""Which calls of ccxt it takes, at each venue, to know what is shown of its contracts.

=======  =====================================================================================
deribit  the summaries of each coin
binance  24-hour statistics, best quotes, marks with indices and funding; open interest, which
         is told of one contract at a time
bybit    the tickers of inverse contracts: all in one
okx      of perpetuals and of futures each: tickers, marks, open interest; funding rates; indices
kraken   the tickers: all in one
=======  =====================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from obverse.market.live.calls import call
from obverse.market.live.connecting import Connection
from obverse.market.live.contracts import Contract
from obverse.market.live.structures import Structure

Told = Iterator[tuple[str, Structure]]


def ticker_structures(
    connection: Connection, contracts: Sequence[Contract]
) -> dict[str, list[Structure]]:
    """All that a venue shows of some contracts, by ccxt's names."""
    found: dict[str, list[Structure]] = {each.unified: [] for each in contracts}
    for unified, structure in _CALLS[connection.exchange.venue](connection, contracts):
        if unified in found:
            found[unified].append(structure)
    return found


def _deribit(connection: Connection, contracts: Sequence[Contract]) -> Told:
    for coin in dict.fromkeys(each.underlying for each in contracts):
        params = {"code": coin, "kind": "future"}
        yield from call(connection, "fetch_tickers", params=params).items()


def _binance(connection: Connection, contracts: Sequence[Contract]) -> Told:
    for method in ("fetch_tickers", "fetch_bids_asks", "fetch_mark_prices"):
        yield from call(connection, method).items()
    for each in contracts:
        yield each.unified, call(connection, "fetch_open_interest", each.unified)


def _bybit(connection: Connection, contracts: Sequence[Contract]) -> Told:
    params = {"type": "swap", "subType": "inverse"}
    yield from call(connection, "fetch_tickers", params=params).items()


def _okx(connection: Connection, contracts: Sequence[Contract]) -> Told:
    words = {"perpetual": ("swap", "SWAP"), "future": ("future", "FUTURES")}
    for contract in dict.fromkeys(each.contract for each in contracts):
        own, native = words[contract]
        yield from call(connection, "fetch_tickers", params={"type": own}).items()
        yield from call(connection, "fetch_mark_prices", params={"type": own}).items()
        params = {"instType": native}
        yield from call(connection, "fetch_open_interests", params=params).items()
    if any(each.contract == "perpetual" for each in contracts):
        yield from call(connection, "fetch_funding_rates").items()
    yield from _okx_indices(connection, contracts)


def _okx_indices(connection: Connection, contracts: Sequence[Contract]) -> Told:
    """Indices, which ccxt has no unified call for, under the contracts that follow them."""
    answer = call(connection, "public_get_market_index_tickers", {"quoteCcy": "USD"})
    rows: Iterable[Mapping[str, Any]] = answer.get("data") or ()
    indices = {row.get("instId"): row for row in rows}
    for each in contracts:
        row = indices.get(f"{each.underlying}-{each.quote}")
        if row is not None:
            yield each.unified, {"indexPrice": row.get("idxPx"), "timestamp": row.get("ts")}


def _kraken(connection: Connection, contracts: Sequence[Contract]) -> Told:
    yield from call(connection, "fetch_tickers").items()


_CALLS: Mapping[str, Callable[[Connection, Sequence[Contract]], Told]] = {
    "deribit": _deribit,
    "binance": _binance,
    "bybit": _bybit,
    "okx": _okx,
    "kraken": _kraken,
}
