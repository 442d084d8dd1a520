"""The commands under `obverse data`: recorded series brought in, kept, looked at and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obverse.app.defaults import DEFAULT_STORE
from obverse.app.guard import guard

data = typer.Typer(
    help="Market data: import, fetch, list, show, check, export and query the store.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Store = Annotated[
    str,
    typer.Option(
        "--store", envvar="OBVERSE_STORE", help="Folder of the store, or a URL that fsspec knows."
    ),
]
Venue = Annotated[str | None, typer.Option(help="Only this venue.")]
Instrument = Annotated[str | None, typer.Option(help="Only this instrument.")]
Kind = Annotated[str | None, typer.Option(help="Only this kind of series, such as bars_1m.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print one CSV table.")]
Start = Annotated[str | None, typer.Option("--from", help="First instant.")]
Until = Annotated[str | None, typer.Option(help="Last instant.")]


@data.command("import")
def import_(
    files: Annotated[list[Path] | None, typer.Argument(help="Files, or folders of files.")] = None,
    store: Store = DEFAULT_STORE,
    format_: Annotated[
        str | None, typer.Option("--format", help="Read every file as this format.")
    ] = None,
    columns: Annotated[
        Path | None,
        typer.Option(help="Column map (TOML) for CSV and Parquet tables of your own."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and check the files, and keep nothing.")
    ] = False,
    formats: Annotated[bool, typer.Option("--formats", help="List the known formats.")] = False,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Import recorded files; exit 1 if one was broken. Run again to go on where it stopped."""
    from obverse.app.data import importing

    if formats:
        guard(importing.run_formats, json, csv)
        return
    request = importing.Request(tuple(files or ()), store, format_, columns, dry_run)
    raise typer.Exit(guard(importing.run, request, json, csv))


@data.command()
def fetch(
    venue: Annotated[
        str | None, typer.Argument(help="A venue that is read live; without one they are listed.")
    ] = None,
    names: Annotated[
        list[str] | None, typer.Argument(help="Coins or instruments, such as BTC.")
    ] = None,
    what: Annotated[
        str,
        typer.Option(help="instruments, tickers, curve, funding, bars, book or trades."),
    ] = "curve",
    store: Store = DEFAULT_STORE,
    start: Annotated[
        str | None,
        typer.Option("--from", help="First instant of a history; default: where the store ends."),
    ] = None,
    until: Annotated[str | None, typer.Option(help="Last instant; default now.")] = None,
    interval: Annotated[str, typer.Option(help="Of bars: 1m, 1h, 1d.")] = "1m",
    depth: Annotated[int | None, typer.Option(min=1, help="Levels of a side of a book.")] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Do not go on where the store ends.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List the contracts meant, and fetch nothing.")
    ] = False,
    url: Annotated[
        str | None, typer.Option(help="Another host that stands for the venue's, such as a proxy.")
    ] = None,
    attempts: Annotated[int, typer.Option(min=1, help="How often a call is tried.")] = 5,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for an answer.")] = 20.0,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Fetch from a venue, live, into the store. Needs ccxt: pip install "obverse[live]"."""
    from obverse.app.data import fetching

    if venue is None:
        guard(fetching.run_venues, json, csv)
        return
    request = fetching.Request(
        venue=venue,
        names=tuple(names or ()),
        what=what,
        store=store,
        start=start,
        until=until,
        interval=interval,
        depth=depth,
        anew=anew,
        dry_run=dry_run,
        url=url,
        attempts=attempts,
        timeout=timeout,
    )
    guard(fetching.run, request, json, csv)


@data.command("list")
def list_(
    store: Store = DEFAULT_STORE,
    venue: Venue = None,
    instrument: Instrument = None,
    kind: Kind = None,
    every: Annotated[bool, typer.Option("--all", help="A row an instrument.")] = False,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """List what is stored: series, their span, rows and size."""
    from obverse.app.data import listing

    guard(listing.run, listing.Request(store, venue, instrument, kind, every), json, csv)


@data.command()
def show(
    venue: Annotated[str, typer.Argument(help="A venue, such as deribit.")],
    instrument: Annotated[str, typer.Argument(help="An instrument, such as BTC-PERPETUAL.")],
    kind: Annotated[str | None, typer.Argument(help="A kind, such as bars_1m.")] = None,
    store: Store = DEFAULT_STORE,
    start: Start = None,
    until: Until = None,
    rows: Annotated[int, typer.Option(min=1, help="How many of the last rows.")] = 10,
    json: Json = False,
    csv: Csv = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with a chart.")] = None,
) -> None:
    """Show one series: its columns, last rows, and where it came from."""
    from obverse.app.data import showing

    request = showing.Request(store, venue, instrument, kind, start, until, rows)
    guard(showing.run, request, json, csv, html)


@data.command()
def check(
    store: Store = DEFAULT_STORE,
    venue: Venue = None,
    instrument: Instrument = None,
    kind: Kind = None,
    against: Annotated[
        str | None,
        typer.Option(help="Compare with a second series: VENUE/INSTRUMENT of the same kind."),
    ] = None,
    notes: Annotated[bool, typer.Option("--notes", help="Also what is merely worth knowing.")] = (
        False
    ),
    repair: Annotated[
        bool, typer.Option("--repair", help="Take lost and damaged files out of the store.")
    ] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Do not read the files anew.")] = False,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Check files and series: gaps, repeats, stale runs, outliers, clocks; exit 1 on errors."""
    from obverse.app.data import checking

    request = checking.Request(store, venue, instrument, kind, against, quick, notes, repair)
    raise typer.Exit(guard(checking.run, request, json, csv))


@data.command()
def imports(store: Store = DEFAULT_STORE, json: Json = False, csv: Csv = False) -> None:
    """List what was imported: number, file, format, rows, and what was withdrawn since."""
    from obverse.app.data import withdrawing

    guard(withdrawing.run_imports, store, json, csv)


@data.command()
def withdraw(
    numbers: Annotated[list[int], typer.Argument(help="Imports, by `obverse data imports`.")],
    store: Store = DEFAULT_STORE,
) -> None:
    """Take imports out of the store, such as those read by a wrong column map."""
    from obverse.app.data import withdrawing

    guard(withdrawing.run, numbers, store)


@data.command()
def export(
    target: Annotated[Path, typer.Argument(help="File to write: .csv, .parquet or .ndjson.")],
    kind: Annotated[str, typer.Option(help="Kind of series, such as bars_1m.")],
    store: Store = DEFAULT_STORE,
    venue: Venue = None,
    instrument: Instrument = None,
    start: Start = None,
    until: Until = None,
    columns: Annotated[str | None, typer.Option(help="Columns, such as time,close.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
) -> None:
    """Write stored rows of a kind to a file."""
    from obverse.app.data import exporting

    names = tuple(c.strip() for c in columns.split(",")) if columns else None
    request = exporting.Request(target, kind, store, venue, instrument, start, until, names, force)
    guard(exporting.run, request)


@data.command()
def sql(
    query: Annotated[str, typer.Argument(help="A query; each kind of series is a table.")],
    store: Store = DEFAULT_STORE,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Query the store with DuckDB."""
    from obverse.app.data import querying

    guard(querying.run, query, store, json, csv)


@data.command()
def calibrate(
    target: Annotated[Path, typer.Argument(help="File to write, such as btc.toml.")],
    prices: Annotated[str, typer.Option(help="Bars of an hour or less: VENUE/INSTRUMENT/KIND.")],
    underlying: Annotated[str, typer.Option(help="Coin.")] = "BTC",
    curves: Annotated[str | None, typer.Option(help="Venue whose tickers are the curve.")] = None,
    funding: Annotated[str | None, typer.Option(help="Funding rates: VENUE/INSTRUMENT.")] = None,
    store: Store = DEFAULT_STORE,
    start: Start = None,
    until: Until = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Fit the simulated market to stored history; --market FILE then simulates by it."""
    from obverse.app.data import calibrating

    request = calibrating.Request(
        target=target,
        store=store,
        underlying=underlying,
        prices=prices,
        curves=curves,
        funding=funding,
        start=start,
        until=until,
        force=force,
    )
    guard(calibrating.run, request, json, csv)
