"""Venues read live, through ccxt: the optional extra `obverse[live]`."""

from obverse.market.live.connecting import Clock, Connection, Patience, connect
from obverse.market.live.exchanges import EXCHANGES, Exchange, exchange_named
from obverse.market.live.fetching import WHATS, Request, contracts, fetch

__all__ = [
    "EXCHANGES",
    "WHATS",
    "Clock",
    "Connection",
    "Exchange",
    "Patience",
    "Request",
    "connect",
    "contracts",
    "exchange_named",
    "fetch",
]
