"""`obverse data sql`: a query over the store."""

from __future__ import annotations

from obverse.app.data.faces import put_tables
from obverse.app.data.frames import frame_table
from obverse.market.store import open_store
from obverse.market.store.sql import query

MAX_SHOWN = 200


def run(statement: str, store: str, json: bool, csv: bool) -> None:
    """Run a query and print its rows; people see the first 200."""
    frame = query(open_store(store), statement)
    whole = json or csv
    table = frame_table(frame if whole else frame.head(MAX_SHOWN), f"{len(frame):,} rows")
    put_tables({"rows": table}, json=json, csv=csv, extra={"store": store, "query": statement})
