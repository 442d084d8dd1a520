"""The store of recorded series: Parquet files under a log of commits.

`create_store` and `open_store` open one, `append` adds to it, `scan` reads of it.
"""

from obverse.market.store.commits import Commit, Entry, Origin
from obverse.market.store.reading import scan, span
from obverse.market.store.retirement import retire, withdraw
from obverse.market.store.stores import Store, create_store, is_store, open_store
from obverse.market.store.writing import append

__all__ = [
    "Commit",
    "Entry",
    "Origin",
    "Store",
    "append",
    "create_store",
    "is_store",
    "open_store",
    "retire",
    "scan",
    "span",
    "withdraw",
]
