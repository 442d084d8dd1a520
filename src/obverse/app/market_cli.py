"""The commands that analyse a futures market, each put into the command `obverse`."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from obverse.app.guard import guard
from obverse.errors import DataError

MARKET_HELP = (
    "'simulated', or a file, folder or store of recorded data. Default: the store, for a --venue "
    "and an instant that it holds; else simulated."
)
Market = Annotated[str | None, typer.Option(help=MARKET_HELP)]
At = Annotated[str | None, typer.Option(help="Instant: what was known then, and nothing later.")]
Venue = Annotated[str | None, typer.Option(help="Venue.")]
Seed = Annotated[int, typer.Option(help="Seed of the simulated market.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print one tidy CSV table.")]
Html = Annotated[Path | None, typer.Option(help="Write a page with charts.")]
Png = Annotated[Path | None, typer.Option(help="Write the charts as pictures.")]


class Yearly(StrEnum):
    """How a yearly rate is reckoned."""

    CONTINUOUS = "continuous"
    SIMPLE = "simple"


class Method(StrEnum):
    """How a curve runs between expiries; the names of `obverse.curves.interpolation`."""

    LOG_LINEAR = "log-linear"
    MONOTONE_CONVEX = "monotone-convex"
    CUBIC_RATE = "cubic-rate"


class Amounts(StrEnum):
    """Amounts in coin, in dollars, or both."""

    COIN = "coin"
    USD = "usd"
    BOTH = "both"


Convention = Annotated[Yearly, typer.Option(help="ln(F/S)/T or (F/S - 1)/T, act/365.")]
Face = Annotated[Amounts, typer.Option("--in", help="Amounts in which currency.")]


def curve(
    market: Market = None,
    at: At = None,
    venue: Venue = None,
    underlying: Annotated[str | None, typer.Option(help="Coins, such as BTC,ETH.")] = None,
    compare: Annotated[
        str | None, typer.Option(help="Ages of earlier curves to compare with: 1d,7d,30d.")
    ] = None,
    convention: Convention = Yearly.CONTINUOUS,
    face: Face = Amounts.USD,
    seed: Seed = 7,
    json: Json = False,
    csv: Csv = False,
    html: Html = None,
    png: Png = None,
) -> None:
    """Print the futures curve, its basis and yearly rates, beside what they were."""
    from obverse.app.commands import curve as command

    request = command.Request(
        market=market,
        at=at,
        venue=venue,
        underlyings=underlying.split(",") if underlying else None,
        compare=compare,
        convention=convention.value,
        face=face.value,
        seed=seed,
    )
    guard(command.run, request, json, csv, html, png)


def basis(
    market: Market = None,
    at: At = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Start; 60 days before if simulated, else all.")
    ] = None,
    venue: Venue = None,
    underlying: Annotated[str, typer.Option(help="Coins, such as BTC,ETH.")] = "BTC,ETH",
    method: Annotated[
        Method, typer.Option(help="How the curve runs between expiries.")
    ] = Method.LOG_LINEAR,
    synthetic: Annotated[
        bool, typer.Option("--synthetic", help="Also expiries without a listed future.")
    ] = False,
    seed: Seed = 7,
    json: Json = False,
    csv: Csv = False,
    html: Html = None,
    png: Png = None,
) -> None:
    """Print the basis at constant tenors through time, and how fast it converges."""
    from obverse.app.commands import basis as command
    from obverse.curves.interpolation import Interpolation

    request = command.Request(
        market=market,
        at=at,
        start=start,
        venue=venue,
        underlyings=underlying.split(","),
        method=Interpolation(method.value),
        synthetic=synthetic,
        seed=seed,
    )
    guard(command.run, request, json, csv, html, png)


def spreads(
    size: Annotated[str, typer.Option(help="Dollars of each leg.")] = "100000",
    market: Market = None,
    at: At = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Start of the past looked at.")
    ] = None,
    venue: Venue = None,
    underlying: Annotated[str, typer.Option(help="Coins, such as BTC,ETH.")] = "BTC,ETH",
    window: Annotated[
        int | None, typer.Option(min=2, help="Snapshots of the z-score; default all known by then.")
    ] = None,
    seed: Seed = 7,
    json: Json = False,
    csv: Csv = False,
    html: Html = None,
    png: Png = None,
) -> None:
    """Print calendar and perpetual spreads: level, coin delta of equal dollars, z-score."""
    from obverse.app.commands import spreads as command

    request = command.Request(
        market=market,
        at=at,
        start=start,
        venue=venue,
        underlyings=underlying.split(","),
        size=size,
        window=window,
        seed=seed,
    )
    guard(command.run, request, json, csv, html, png)


def analyze(
    venue: Annotated[str, typer.Argument(help="A venue of the store, such as bitmex.")],
    instrument: Annotated[str, typer.Argument(help="Its instrument, such as XBTUSD.")],
    market: Annotated[
        str | None, typer.Option(help="Folder or URL of a store; default obverse-data.")
    ] = None,
    at: At = None,
    start: Annotated[str | None, typer.Option("--from", help="First instant looked at.")] = None,
    sizes: Annotated[
        str, typer.Option(help="Dollars at which margin is reckoned.")
    ] = "10000,1000000,20000000",
    reserves_coin: Annotated[
        float | None, typer.Option(help="Coins that exchanges hold, for estimated leverage.")
    ] = None,
    json: Json = False,
    csv: Csv = False,
    html: Html = None,
    png: Png = None,
) -> None:
    """Analyse a stored instrument: funding, seasons, activity, liquidity, efficiency."""
    from obverse.app.commands import analyze as command

    def run() -> None:
        request = command.Request(
            market=market,
            venue=venue,
            instrument=instrument,
            at=at,
            start=start,
            sizes_usd=dollars(sizes),
            reserves_coin=reserves_coin,
        )
        command.run(request, json, csv, html, png)

    guard(run)


def dollars(words: str) -> tuple[Decimal, ...]:
    """Read sizes in dollars. Raises `DataError` for a word that is none."""
    try:
        found = tuple(Decimal(word.strip().replace("_", "")) for word in words.split(","))
    except InvalidOperation:
        found = ()
    if not found or not all(each.is_finite() and each > 0 for each in found):
        raise DataError(f"{words!r}: expected dollars above zero, such as 10000,1000000.")
    return found


def arbitrage(
    size: Annotated[str, typer.Option(help="Dollars of each leg.")] = "100000",
    market: Market = None,
    at: At = None,
    venue: Annotated[str | None, typer.Option(help="Only this venue; default all.")] = None,
    underlying: Annotated[str | None, typer.Option(help="Coins, such as BTC,ETH.")] = None,
    dollar_rate: Annotated[float, typer.Option(help="What dollars cost, a year.")] = 0.04,
    coin_yield: Annotated[float, typer.Option(help="What a coin held earns, a year.")] = 0.0,
    coin_borrow: Annotated[
        float, typer.Option(help="What a coin sold short costs, a year.")
    ] = 0.03,
    horizon_days: Annotated[
        float, typer.Option(help="How long a trade without an expiry is held.")
    ] = 30.0,
    withdrawal_days: Annotated[
        float, typer.Option(help="How long coins are on their way between venues.")
    ] = 0.05,
    settlement_basis: Annotated[
        float, typer.Option(help="Basis points by which a settlement may miss.")
    ] = 2.0,
    spot_fee: Annotated[float, typer.Option(help="Spot fee, as a fraction.")] = 0.0005,
    spot_half_spread: Annotated[float, typer.Option(help="Half of spot's spread, in bp.")] = 1.0,
    rows: Annotated[int, typer.Option(min=1, help="How many rows to print.")] = 25,
    seed: Seed = 7,
    json: Json = False,
    csv: Csv = False,
    html: Html = None,
    png: Png = None,
) -> None:
    """Screen spot, perpetuals, futures and venues for arbitrage, net of all costs, on margin."""
    from obverse.analysis.arbitrage import Assumptions, SpotTerms
    from obverse.app.commands import arbitrage as command

    def asked() -> command.Request:
        return command.Request(
            market=market,
            at=at,
            venue=venue,
            underlyings=underlying.split(",") if underlying else None,
            size=size,
            seed=seed,
            assumed=Assumptions(
                dollar_rate=dollar_rate,
                coin_yield=coin_yield,
                coin_borrow_rate=coin_borrow,
                settlement_basis_bp=settlement_basis,
                withdrawal_days=withdrawal_days,
                horizon_days=horizon_days,
            ),
            spot=SpotTerms(fee_rate=spot_fee, half_spread_bp=spot_half_spread),
            most=rows,
        )

    guard(lambda: command.run(asked(), json, csv, html, png))


COMMANDS = (curve, basis, spreads, arbitrage, analyze)
"""In the order in which help lists them."""
