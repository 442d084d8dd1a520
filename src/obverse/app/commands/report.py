"""`obverse report`: read the market and the book, value them, print."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import typer

from obverse.app.commands.opening import market_place, open_market
from obverse.app.commands.output import print_json
from obverse.app.console import remark, show
from obverse.app.report import report
from obverse.app.report.market_sections import stale
from obverse.contracts import exact
from obverse.contracts.units import plain
from obverse.errors import DataError
from obverse.market import Market
from obverse.tables import Face

EXAMPLE_TAKEN = "No book given: used the built-in example, a miner; --book FILE for your own."
NO_BOOK = "No book given: add --book FILE for positions, ladder and hedge."


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line."""

    market: str | None
    at: str | None
    book: Path | None
    no_book: bool
    underlyings: list[str] | None
    face: Face
    venue: str | None
    seed: int
    dollar_rate: str | None
    json: bool
    csv: bool
    html: Path | None


def run(asked: Request) -> None:
    """Value and print."""
    if asked.json and asked.csv:
        raise DataError("--json and --csv: choose one.")
    if asked.book and asked.no_book:
        raise DataError("--book and --no-book: choose one.")
    rate = None if asked.dollar_rate is None else parse_rate(asked.dollar_rate)
    place = market_place(asked.market, asked.at, asked.venue)
    market = open_market(place, asked.at, asked.venue, asked.seed)
    with _book(asked, market) as book:
        made = report(
            market, book, underlyings=asked.underlyings, dollar_rate=rate, face=asked.face
        )
    if asked.book is None and not asked.no_book:
        remark(EXAMPLE_TAKEN if market.simulated else NO_BOOK)
    if asked.html is not None:
        made.to_html(asked.html)
        remark(f"Wrote {asked.html}.")
    for words in stale(market, made.curves):
        remark(f"WARNING: {words}")
    if asked.json:
        print_json(made.to_json())
    elif asked.csv:
        typer.echo(made.to_csv(), nl=False)
    elif asked.html is None:
        show(item.table for item in made.sections)


def parse_rate(text: str) -> float:
    """Read a yearly rate: `4%` or `0.04`; a bare number of 1 or more is refused as ambiguous."""
    number, per_cent = text.strip().removesuffix("%"), text.strip().endswith("%")
    value = exact(number, "--dollar-rate")
    if per_cent:
        return float(value / 100)
    if abs(value) >= 1:
        fraction = f"{plain(value / 100):f}"
        raise DataError(
            f"--dollar-rate: {text} is {value:.0%} a year; write {text}% or {fraction}."
        )
    return float(value)


def _book(asked: Request, market: Market) -> AbstractContextManager[Path | None]:
    if asked.book is None and market.simulated and not asked.no_book:
        return resources.as_file(resources.files("obverse.app") / "example_book.toml")
    return nullcontext(asked.book)
