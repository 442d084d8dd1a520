"""What was seen: markets recorded by others, and the built-in simulated one.

`read(path, at=...)` reads a recording as it was known at an instant, `history(path, symbol)` every
instant of one instrument, `simulated()` makes the built-in market, `write(market, path)` keeps one
in the documented simple form. `read_constituents` and `constituent_history` read what an index is
made of. `open_store`, `scan` and `query` look into a store of recorded series.
"""

from obverse.market.constituent_files import write_constituents
from obverse.market.constituents import Constituent, ConstituentHistory, Constituents
from obverse.market.files import write
from obverse.market.histories import QuoteHistory
from obverse.market.observations import Finding, Quote
from obverse.market.readers import constituent_history, history, read, read_constituents
from obverse.market.simulation import DEFAULT_INSTANT, simulated
from obverse.market.snapshots import Market, Snapshot
from obverse.market.store import Store, create_store, open_store, scan
from obverse.market.store.sql import query

__all__ = [
    "DEFAULT_INSTANT",
    "Constituent",
    "ConstituentHistory",
    "Constituents",
    "Finding",
    "Market",
    "Quote",
    "QuoteHistory",
    "Snapshot",
    "Store",
    "constituent_history",
    "create_store",
    "history",
    "open_store",
    "query",
    "read",
    "read_constituents",
    "scan",
    "simulated",
    "write",
    "write_constituents",
]
