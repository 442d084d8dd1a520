"""`obverse risk`: what a book's margin accounts can bear, before and after a trade."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from obverse.app.book_file import read_book_file
from obverse.app.commands.opening import calibration_at, market_place, open_market
from obverse.app.commands.report import EXAMPLE_TAKEN
from obverse.app.commands.sheet import Faces, Sheet, put
from obverse.app.console import remark
from obverse.app.report.machine import tidy
from obverse.app.report.margin_sections import margin_sections
from obverse.app.report.market_sections import stale
from obverse.app.report.section import Section
from obverse.app.risk.charts import charts
from obverse.app.risk.explain import explained
from obverse.app.risk.histories import recorded_histories, simulated_histories
from obverse.app.risk.order_sections import Bounds, order_sections
from obverse.app.risk.scenario_sections import scenario_sections
from obverse.app.risk.sections import ladder_sections, tail_sections
from obverse.app.risk.state import State
from obverse.app.risk.through import through_paths, through_sections
from obverse.app.risk.venue_sections import side_by_side_sections, side_by_sides
from obverse.app.risk.what_if import read_what_if
from obverse.contracts import exact, instant, iso
from obverse.errors import DataError
from obverse.market import Market, read
from obverse.risk import Book
from obverse.risk.accounts import book_accounts

ALL = "all"
LEVEL, CHANCE, DAYS = "0.99", "0.01", 1


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line."""

    book: Path | None
    market: str | None
    at: str | None
    venue: str | None
    seed: int
    what_if: str | None
    scenario: str | None
    history: str | None
    start: str | None
    beyond: str | None
    chance: str
    level: str
    days: int
    explain: bool

    @property
    def everywhere(self) -> bool:
        """Whether all venues are to be laid side by side."""
        return self.venue == ALL


def run(asked: Request, json: bool, csv: bool, html: Path | None) -> None:
    """Work the accounts out and print what was asked of them."""
    faces = Faces(json, csv, html)
    _check(asked)
    bounds = _bounds(asked)
    level = _fraction(asked.level, "--level")
    venue = None if asked.everywhere else asked.venue
    place = market_place(asked.market, asked.at, venue)
    market = open_market(place, asked.at, venue, asked.seed)
    book = _book(asked.book, market)
    state = _state(asked, place, book, market)
    for words in stale(market, ()):
        remark(f"WARNING: {words}")
    beside = side_by_sides(state) if asked.everywhere and asked.what_if is None else []
    paths = [] if asked.start is None else through_paths(state, instant(asked.start))
    sections = [
        *side_by_side_sections(beside),
        *_asked_for(asked, state, bounds),
        *through_sections(paths),
    ]
    if not sections:
        sections += [
            *margin_sections(state.accounts, state.volatilities_daily, simulated=state.simulated),
            *ladder_sections(state),
            *tail_sections(state, level, asked.days),
        ]
    if asked.explain:
        sections += explained(state)
    put(
        Sheet(
            title=f"Risk of {book.name!r} at {iso(market.asked)}",
            as_of=market.asked,
            venue=market.venue,
            source=market.source,
            simulated=market.simulated,
            sections=tuple(sections),
            flat=tidy(sections),
            charts=lambda: charts(state, beside, paths),
        ),
        faces,
    )


def _check(asked: Request) -> None:
    """Refuse questions that do not go together."""
    if asked.what_if is not None and (asked.scenario is not None or asked.start is not None):
        raise DataError(
            "--what-if is answered by itself: --scenario and --from are of the book as it is. To "
            "see them with the order, write it into the book."
        )
    if asked.what_if is None and asked.beyond is not None:
        raise DataError("--beyond is of an order: give it with --what-if.")


def _asked_for(asked: Request, state: State, bounds: Bounds) -> Iterator[Section]:
    if asked.what_if is not None:
        words = read_what_if(asked.what_if)
        yield from order_sections(state, words, bounds, everywhere=asked.everywhere)
    if asked.scenario is not None:
        yield from scenario_sections(state, asked.scenario)


def _bounds(asked: Request) -> Bounds:
    beyond = None if asked.beyond is None else exact(asked.beyond, "--beyond")
    if asked.days < 1:
        raise DataError(f"--days: {asked.days}; expected a day or more.")
    return Bounds(beyond, float(_fraction(asked.chance, "--chance")), asked.days)


def _fraction(text: str, option: str) -> float:
    """A fraction between 0 and 1: `1%` or `0.01`."""
    number, per_cent = text.strip().removesuffix("%"), text.strip().endswith("%")
    value = exact(number, option) / (100 if per_cent else 1)
    if not 0 < value < 1:
        likely = f"{number}%" if 1 < value < 100 else "1%"
        raise DataError(f"{option}: {text} is not between 0 and 1; write {likely} or a fraction.")
    return float(value)


def _book(path: Path | None, market: Market) -> Book:
    if path is not None:
        return read_book_file(path, market.asked, market.underlyings)[0]
    if not market.simulated:
        raise DataError("--book FILE: give the book whose accounts are to be worked out.")
    remark(EXAMPLE_TAKEN)
    with resources.as_file(resources.files("obverse.app") / "example_book.toml") as example:
        return read_book_file(example, market.asked, market.underlyings)[0]


def _state(asked: Request, place: str, book: Book, market: Market) -> State:
    ordered = asked.what_if is not None  # perhaps on a coin that the book has none of yet
    coins = [one for one in market.underlyings if ordered or one in book.underlyings]
    if asked.history is not None:
        seen = read(asked.history, at=market.asked)
        histories = recorded_histories(asked.history, seen, coins)
    elif market.simulated:
        histories = simulated_histories(asked.seed, coins, market.asked, calibration_at(place))
    else:
        histories = recorded_histories(place, market, coins)
    accounts = book_accounts(book, market)
    return State(book, market, accounts, histories, histories.volatilities(coins))
