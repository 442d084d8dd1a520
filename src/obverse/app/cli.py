"""The command `obverse`. Each command imports what it needs when it runs, so that help is quick."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from obverse.app.data_cli import data
from obverse.app.guard import FAILED, guard
from obverse.app.market_cli import COMMANDS, MARKET_HELP

app = typer.Typer(
    name="obverse",
    help="Inverse futures, exactly: what they are worth, cost and risk, in coin and in dollars.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(data, name="data")


class Faces(StrEnum):
    """Amounts in coin, in dollars, or both."""

    COIN = "coin"
    USD = "usd"
    BOTH = "both"


def version(asked: bool) -> None:
    """Print the version and stop."""
    if asked:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"obverse {version('obverse')}")
        except PackageNotFoundError:
            typer.echo("obverse, run from its source without being installed")
        raise typer.Exit


@app.callback()
def top(
    _: Annotated[
        bool, typer.Option("--version", callback=version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Inverse futures, exactly: what they are worth, cost and risk, in coin and in dollars."""


@app.command()
def report(
    market: Annotated[str | None, typer.Option(help=MARKET_HELP)] = None,
    at: Annotated[
        str | None, typer.Option(help="Instant: the last snapshot not after it is used.")
    ] = None,
    book: Annotated[
        Path | None, typer.Option(help="Book file (TOML). The simulated market has an example.")
    ] = None,
    no_book: Annotated[bool, typer.Option("--no-book", help="The market alone.")] = False,
    underlying: Annotated[
        str | None, typer.Option(help="Coins to report on, such as BTC,ETH.")
    ] = None,
    face: Annotated[Faces, typer.Option("--in", help="Amounts in which currency.")] = Faces.BOTH,
    venue: Annotated[
        str | None, typer.Option(help="Venue to simulate, or that a file's rows are of.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the simulated market.")] = 7,
    dollar_rate: Annotated[
        str | None, typer.Option(help="Dollar rate a year, continuous: 4% or 0.04.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print one tidy CSV table.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page that opens offline.")] = None,
) -> None:
    """Print what a market and a book are worth and risk, in coin and in dollars."""
    from obverse.app.commands import report as command

    guard(
        command.run,
        command.Request(
            market=market,
            at=at,
            book=book,
            no_book=no_book,
            underlyings=underlying.split(",") if underlying else None,
            face=face.value,
            venue=venue,
            seed=seed,
            dollar_rate=dollar_rate,
            json=json,
            csv=csv,
            html=html,
        ),
    )


@app.command()
def rules(
    venue: Annotated[str | None, typer.Argument(help="A venue, or the path of a rulebook.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Day or instant; default the newest.")] = None,
    product: Annotated[str | None, typer.Option(help="Only this product id or coin.")] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Lay all venues side by side.")
    ] = False,
    underlying: Annotated[str, typer.Option(help="Coin to compare on.")] = "BTC",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Print a venue's rules in force, what changed last, and what changes next."""
    from obverse.app.commands import rules as command

    if compare:
        guard(command.run_compare, as_of, underlying, json, csv)
    elif venue is None:
        guard(command.run_list, json)
    else:
        guard(command.run_venue, venue, as_of, product, json, csv)


@app.command()
def conformance(
    files: Annotated[list[Path], typer.Argument(help="Files of worked examples (JSON lines).")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="List rows that are not supported too.")
    ] = False,
) -> None:
    """Compute published worked examples and compare; exit 1 if any fails."""
    from obverse.app.commands import conformance as command

    raise typer.Exit(guard(command.run, files, json, verbose))


@app.command()
def symbol(
    name: Annotated[str, typer.Argument(help="A native or unified name, such as XBTM26.")],
    venue: Annotated[str | None, typer.Option(help="Only at this venue.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Day of the rules; default the newest.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell what an instrument's name means, at each venue that knows it."""
    from obverse.app.commands import symbols as command

    guard(command.run_symbol, name, venue, as_of, json)


@app.command()
def calendar(
    venue: Annotated[str, typer.Argument(help="A venue.")],
    at: Annotated[str, typer.Option(help="Instant.")],
    underlying: Annotated[str, typer.Option(help="Coin.")] = "BTC",
    roll_days: Annotated[int, typer.Option(help="Days before expiry to roll.")] = 3,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print what is listed at an instant: expiries, days left, roll dates, names."""
    from obverse.app.commands import symbols as command

    guard(command.run_calendar, venue, at, underlying, roll_days, json)


@app.command()
def marks(
    market: Annotated[
        str | None,
        typer.Option(help=f"{MARKET_HELP} With --sources alone no market."),
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="Instant: the last snapshot not after it is used.")
    ] = None,
    venue: Annotated[
        str | None, typer.Option(help="Venue to simulate, or that a file's rows are of.")
    ] = None,
    underlying: Annotated[str | None, typer.Option(help="Coins, such as BTC,ETH.")] = None,
    instrument: Annotated[str | None, typer.Option(help="Only this instrument.")] = None,
    sources: Annotated[
        Path | None, typer.Option(help="File of source prices: who makes the index.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(help="Sources taken out of the index, such as Coinbase,Kraken."),
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Start of a range of source prices.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="End of that range.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the simulated market.")] = 7,
    explain: Annotated[
        bool, typer.Option("--explain", help="Each rule in words, its source, and the numbers.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print one CSV table.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page that opens offline.")] = None,
) -> None:
    """Print index and its sources, mark by the venue's rule, premium, limits and delivery."""
    from obverse.app.commands import marks as command

    coins = underlying.split(",") if underlying else None
    named = [name.strip() for words in without or () for name in words.split(",")]
    request = command.Request(
        market,
        at,
        venue,
        coins,
        instrument,
        seed,
        explain,
        sources=sources,
        without=tuple(name for name in named if name),
        start=start,
        until=until,
    )
    guard(command.run, request, json, csv, html)


@app.command()
def funding(
    market: Annotated[
        str | None,
        typer.Option(help="'simulated' (the default), or a file or store of many instants."),
    ] = None,
    at: Annotated[str | None, typer.Option(help="One instant, instead of a range.")] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Start; 7 days before the end if simulated.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="End; default the end of the data.")] = None,
    venue: Annotated[
        str | None, typer.Option(help="Whose rules to simulate, or that a file's rows are of.")
    ] = None,
    underlying: Annotated[str, typer.Option(help="Coin.")] = "BTC",
    instrument: Annotated[str | None, typer.Option(help="Which perpetual.")] = None,
    paid: Annotated[
        bool,
        typer.Option(
            "--paid", help="What a store's perpetual paid: distribution, persistence, sums."
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the simulated market.")] = 7,
    explain: Annotated[
        bool, typer.Option("--explain", help="The rules in words, their source, and the numbers.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print one CSV table.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with charts.")] = None,
    png: Annotated[Path | None, typer.Option(help="Write the charts as pictures.")] = None,
) -> None:
    """Print what a perpetual accrues and, apart, what it paid, by its venue's rules."""
    from obverse.app.commands import funding as command

    request = command.Request(
        market, at, start, until, venue, underlying, instrument, seed, explain, paid
    )
    guard(command.run, request, json, csv, html, png)


@app.command()
def risk(
    book: Annotated[
        Path | None, typer.Option(help="Book file (TOML). The simulated market has an example.")
    ] = None,
    market: Annotated[str | None, typer.Option(help=MARKET_HELP)] = None,
    at: Annotated[
        str | None, typer.Option(help="Instant: the last snapshot not after it is used.")
    ] = None,
    venue: Annotated[
        str | None,
        typer.Option(
            help="Venue to simulate, or that a file's rows are of; 'all' lays each position, or "
            "the order of --what-if, side by side at every venue."
        ),
    ] = None,
    what_if: Annotated[
        str | None,
        typer.Option(
            help="An order before it is sent: 'sell 100000 BTC-PERPETUAL @ 65000' (a size is "
            "dollars), or 'buy 500 contracts BTCUSD_PERP isolated 10x at binance'."
        ),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(
            help="A built-in scenario, 'all' of them, 'worst day' of the history, or a file."
        ),
    ] = None,
    history: Annotated[
        str | None,
        typer.Option(
            help="File of many instants for tail risk, worst days and --from; default the market's."
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="Margin calls and top-ups that the time since then asks."),
    ] = None,
    beyond: Annotated[
        str | None, typer.Option(help="With --what-if: price that liquidation is to stay beyond.")
    ] = None,
    chance: Annotated[
        str, typer.Option(help="With --what-if: chance of liquidation that leverage may have.")
    ] = "1%",
    level: Annotated[str, typer.Option(help="Level of value at risk.")] = "0.99",
    days: Annotated[int, typer.Option(help="Horizon of value at risk and of --chance.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of the simulated market.")] = 7,
    explain: Annotated[
        bool, typer.Option("--explain", help="Where each number comes from, and the rules.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print one tidy CSV table.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with charts.")] = None,
) -> None:
    """Print margin accounts, liquidation prices, ladders and tail risk; orders and scenarios."""
    from obverse.app.commands import risk as command

    request = command.Request(
        book=book,
        market=market,
        at=at,
        venue=venue,
        seed=seed,
        what_if=what_if,
        scenario=scenario,
        history=history,
        start=start,
        beyond=beyond,
        chance=chance,
        level=level,
        days=days,
        explain=explain,
    )
    guard(command.run, request, json, csv, html)


for _command in COMMANDS:
    app.command()(_command)


def main() -> None:
    """Run the command line."""
    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(FAILED) from None


if __name__ == "__main__":
    main()
