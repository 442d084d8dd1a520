"""`obverse data calibrate`: the simulated market fitted to stored history, kept in a TOML file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from obverse.analysis.stored_rows import listed_instrument
from obverse.app.console import remark
from obverse.app.data.faces import put_tables
from obverse.errors import DataError
from obverse.market.calibration import CoinHistory, Series, calibrate, write_calibration
from obverse.market.calibration.files import calibration_text
from obverse.market.store import Store, open_store, scan
from obverse.tables import Table, text

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Request:
    """What was asked for; a series is VENUE/INSTRUMENT/KIND, a curve VENUE."""

    target: Path
    store: str
    underlying: str
    prices: str
    curves: str | None
    funding: str | None
    start: str | None
    until: str | None
    force: bool


def run(asked: Request, json: bool, csv: bool) -> None:
    """Fit, write the file, and print what was fitted and what was not.

    Raises `DataError` where the file exists, and what `calibrate` raises for too little data.
    """
    if asked.target.suffix != ".toml":
        raise DataError(f"{asked.target.name}: expected a name that ends in .toml.")
    if asked.target.exists() and not asked.force:
        raise DataError(f"{asked.target} exists; --force writes over it.")
    store = open_store(asked.store)
    coin = asked.underlying.upper()
    history = CoinHistory(
        prices=_prices(store, asked),
        curves=None if asked.curves is None else _curves(store, asked, coin),
        funding=None if asked.funding is None else _funding(store, asked),
    )
    found = calibrate({coin: history})
    write_calibration(found, asked.target)
    remark(f"Wrote {asked.target}; obverse report --market {asked.target} simulates by it.")
    lines = [line for line in calibration_text(found).splitlines() if line.strip()]
    columns = (text("line", asked.target.name),)
    notes = Table("Notes", (text("note", "Note"),), tuple((note,) for note in found.notes))
    fitted = Table(f"Calibration of {coin}", columns, tuple((line,) for line in lines))
    put_tables({"calibration": fitted, "notes": notes}, json=json, csv=csv)


def _prices(store: Store, asked: Request) -> Series:
    parts = asked.prices.split("/")
    if len(parts) != 3:
        raise DataError(
            f"--prices {asked.prices}: expected VENUE/INSTRUMENT/KIND, as bitmex/XBTUSD/bars_1h."
        )
    venue, instrument, kind = parts
    return Series(" ".join(parts), _rows(store, asked, kind, venue, instrument))


def _curves(store: Store, asked: Request, coin: str) -> Series:
    import polars as pl

    rows = _rows(store, asked, "tickers", asked.curves, None)
    return Series(f"{asked.curves} {coin} tickers", rows.filter(pl.col("underlying") == coin))


def _funding(store: Store, asked: Request) -> Series:
    assert asked.funding is not None
    venue, slash, instrument = asked.funding.partition("/")
    if not slash:
        raise DataError(
            f"--funding {asked.funding}: expected VENUE/INSTRUMENT, as deribit/BTC-PERPETUAL."
        )
    name = f"{venue} {instrument} funding"
    return Series(name, _rows(store, asked, "funding", venue, instrument))


def _rows(
    store: Store, asked: Request, kind: str, venue: str | None, instrument: str | None
) -> pl.DataFrame:
    rows = scan(
        store, kind, venue=venue, instrument=instrument, since=asked.start, until=asked.until
    ).collect()
    if venue is not None and instrument is not None and len(rows):
        _refuse_other_coin(asked, venue, instrument, rows["time"][-1])
    return rows


def _refuse_other_coin(asked: Request, venue: str, instrument: str, at: datetime) -> None:
    """Refuse a contract that its venue's rulebook has on another coin."""
    listed = listed_instrument(venue, instrument, at)
    if listed is not None and listed.underlying != asked.underlying.upper():
        raise DataError(
            f"{instrument} at {venue} is on {listed.underlying}, and {asked.underlying.upper()} is "
            f"calibrated; --underlying {listed.underlying} calibrates that."
        )
