"""What was seen: markets recorded by others, and the built-in simulated one.

`read(path, at=...)` reads a recording as it was known at an instant, `history(path, symbol)` every
instant of one instrument, `simulated()` makes the built-in market, `write(market, path)` keeps one
in the documented simple form.
"""

from obverse.market.files import write
from obverse.market.histories import QuoteHistory
from obverse.market.observations import Finding, Quote
from obverse.market.readers import history, read
from obverse.market.simulation import DEFAULT_INSTANT, simulated
from obverse.market.snapshots import Market, Snapshot

__all__ = [
    "DEFAULT_INSTANT",
    "Finding",
    "Market",
    "Quote",
    "QuoteHistory",
    "Snapshot",
    "history",
    "read",
    "simulated",
    "write",
]
