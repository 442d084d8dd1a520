"""The command line in this process: what each command prints, where, and with which exit code."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from obverse.app.cli import app
from obverse.app.console import console
from obverse.market import simulated, write

Run = Callable[..., Result]


@pytest.fixture
def run() -> Iterator[Run]:
    """Run `obverse` with arguments; stdout and stderr apart."""

    def run(*arguments: object) -> Result:
        console.cache_clear()  # a console keeps the stream it was made with
        return CliRunner().invoke(app, [str(item) for item in arguments])

    yield run
    console.cache_clear()


def _fails(result: Result, *words: str) -> None:
    """One clear message on stderr, exit code 2, no traceback, nothing on stdout."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr


def _refuses(result: Result, word: str) -> None:
    """A wrong option: usage and what is wrong with it."""
    assert result.exit_code == 2
    assert "Usage:" in result.stderr
    assert word in result.stderr


COMMANDS = [
    "report", "rules", "conformance", "symbol", "calendar", "marks", "funding", "risk",
    "curve", "basis", "spreads", "arbitrage", "analyze",
]  # fmt: skip


def test_help_names_every_command(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert all(f"\n  {name} " in result.stdout for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_each_command_has_help_for_each_option(run: Run, command: str, flag: str) -> None:
    result = run(command, flag)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    options = [n for n, line in enumerate(lines) if line.startswith("  --")]
    assert options
    for n in options:
        beside = len(lines[n].split("  ")) > 2  # else the help of a long option is the next line
        assert beside or lines[n + 1].startswith(" " * 10), lines[n]


def test_the_version(run: Run) -> None:
    result = run("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("obverse")


def test_an_unknown_command_or_option_is_refused(run: Run) -> None:
    _refuses(run("reprot"), "reprot")
    _refuses(run("report", "--boook", "x"), "--boook")
    _refuses(run("report", "--in", "eur"), "eur")
    _refuses(run("calendar", "deribit"), "--at")


def test_a_report_needs_no_arguments(run: Run) -> None:
    result = run("report")
    assert result.exit_code == 0
    for title in ("SIMULATED market at deribit", "BTC curve", "fair prices", "price ladder",
                  "hedge to a synthetic dollar", "Miner with 100 BTC"):  # fmt: skip
        assert title in result.stdout
    assert result.stderr.startswith("No book given: used the built-in example, a miner")
    assert "assumed" not in result.stdout


def test_the_report_of_the_issue_on_recorded_data(run: Run, deribit_data, examples) -> None:
    result = run("report", "--market", deribit_data, "--at", "2026-02-01T00:00:00Z",
                 "--book", examples / "miner.toml")  # fmt: skip
    assert result.exit_code == 0
    assert result.stderr == ""
    # As the file has them: index, the last forward, and their basis in dollars and per cent.
    line = next(line for line in result.stdout.splitlines() if line.startswith("BTC-25DEC26"))
    assert line.split()[2:5] == ["80,942.72", "+3,577.48", "+4.624"]
    assert "SIMULATED" not in result.stdout


def test_recorded_data_without_a_book_is_the_market_alone(run: Run, deribit_data: Path) -> None:
    result = run("report", "--market", deribit_data, "--at", "2026-02-01", "--underlying", "btc")
    assert result.exit_code == 0
    assert "ladder" not in result.stdout
    assert "ETH" not in result.stdout
    assert result.stderr.startswith("No book given: add --book FILE")


def test_json_is_the_only_thing_on_stdout(run: Run, examples: Path) -> None:
    result = run("report", "--json", "--in", "coin", "--book", examples / "leveraged_long.toml")
    assert result.exit_code == 0
    made = json.loads(result.stdout)
    assert made["book"] == "Leveraged long"
    assert "NaN" not in result.stdout


def test_csv_is_the_only_thing_on_stdout(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("report", "--csv", "--no-book").stdout)))
    assert {row["section"] for row in rows} == {"market", "perpetual", "curve", "fair", "trades"}


def test_html_is_written_to_its_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    result = run("report", "--html", path, "--underlying", "BTC")
    assert result.exit_code == 0
    assert f"Wrote {path}." in result.stderr
    assert result.stdout == ""
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def _tables(printed: str) -> list[list[str]]:
    """The tables of a terminal, each as its lines."""
    return [table.splitlines() for table in printed.split("\n\n") if table.strip()]


def _unit_under(table: list[str], header: str) -> str:
    """The unit that stands under a header; none where the table has no such column."""
    if header not in table[1]:
        return ""
    end = table[1].index(header) + len(header)
    return table[2][:end].split()[-1]


def test_html_and_json_may_be_asked_for_at_once(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    result = run("report", "--html", path, "--json", "--no-book")
    assert json.loads(result.stdout)["venue"] == "deribit"
    assert path.exists()
    assert run("report", "--html", path, "--csv", "--no-book").stdout.startswith("section,")


def test_a_stale_snapshot_is_warned_of_on_stderr(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "market.csv"
    write(simulated(at="2026-02-05T12:00:00Z"), path)
    asked = ("report", "--market", path, "--underlying", "BTC", "--at")
    fresh, old = run(*asked, "2026-02-06T12:00:00Z"), run(*asked, "2026-02-09T12:00:00Z")
    assert fresh.exit_code == old.exit_code == 0
    assert "WARNING" not in fresh.stdout + fresh.stderr
    words = "WARNING: the BTC snapshot is 4 days old; nothing later is in "
    assert words in old.stderr
    assert words in old.stdout
    machine = run(*asked, "2026-02-09T12:00:00Z", "--json")
    assert words in machine.stderr
    market = json.loads(machine.stdout)["sections"][0]
    assert any(note.startswith(words) for note in market["notes"])


def test_blank_coins_are_as_if_not_given(run: Run) -> None:
    everything = run("report", "--no-book", "--csv").stdout
    assert run("report", "--no-book", "--csv", "--underlying", " ").stdout == everything
    alone = run("report", "--no-book", "--csv", "--underlying", "", "--underlying", "eth").stdout
    assert {row["underlying"] for row in csv.DictReader(io.StringIO(alone))} == {"", "ETH"}


def test_faces(run: Run) -> None:
    coin = run("report", "--in", "coin", "--underlying", "BTC").stdout
    usd = run("report", "--in", "usd", "--underlying", "BTC").stdout
    header = "Move       Price"
    assert header in coin
    assert header in usd
    units = {
        face: [_unit_under(shown, "Unreal. PnL") for shown in _tables(text)]
        for face, text in (("coin", coin), ("usd", usd))
    }
    assert {unit for unit in units["coin"] if unit} == {"(BTC)"}
    assert {unit for unit in units["usd"] if unit} == {"(USD)"}
    assert "Whole book" in usd
    assert "Whole book" not in coin


def test_a_dollar_rate_moves_fair_prices(run: Run) -> None:
    percent = run("report", "--no-book", "--dollar-rate", "5%").stdout
    assert "dollar rate r 5.00%" in percent
    assert percent == run("report", "--no-book", "--dollar-rate", "0.05").stdout


def test_one_seed_is_one_market(run: Run) -> None:
    one, again, other = (run("report", "--no-book", "--seed", n).stdout for n in (3, 3, 4))
    assert one == again
    assert one != other


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--market", "/no/such/place"], ["/no/such/place"]),
        (["--market", "pyproject.toml"], ["pyproject.toml"]),
        (["--at", "yesterday"], ["'yesterday' is not an instant", "2026-02-01T08:00:00Z"]),
        (["--at", "2026-02-01T00:00:00"], ["no time zone; add Z"]),
        (["--at", "1990-01-01"], ["1990-01-01"]),
        (["--underlying", "DOGE"], ["'DOGE'", "BTC, ETH"]),
        (["--venue", "mtgox"], ["'mtgox'", "deribit"]),
        (["--venue", "bitmex", "--at", "2026-11-20"], ["BitMEX closed on 2026-09-23"]),
        (["--json", "--csv"], ["--json and --csv: choose one"]),
        (["--book", "b.toml", "--no-book"], ["--book and --no-book: choose one"]),
        (["--book", "/no/book.toml"], ["/no/book.toml"]),
        (["--book", "/"], ["/: the book cannot be read"]),
        (["--dollar-rate", "abc"], ["--dollar-rate", "'abc'"]),
        (["--dollar-rate", "12"], ["1200%", "write 12% or 0.12"]),
        (["--dollar-rate", "nan"], ["not finite"]),
        (["--seed", "-1"], ["-1"]),
    ],
)
def test_a_report_that_cannot_be_made_says_why(run: Run, arguments, words) -> None:
    _fails(run("report", *arguments), *words)


def test_an_instant_before_the_data_says_what_there_is(run: Run, deribit_data: Path) -> None:
    result = run("report", "--market", deribit_data, "--at", "2020-01-01")
    _fails(result, "2020-01-01", "2025-12-30T17:31:15.944181Z")


def test_faults_of_a_book_each_have_a_line(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(
        '[[holdings]]\ncurrency = "btc"\namount = 1\n\n[index.BTC]\nA = 0.5\n', encoding="utf-8"
    )
    result = run("report", "--book", path)
    assert result.exit_code == 2
    assert result.stdout == ""
    first, second = result.stderr.splitlines()
    assert first.startswith(f"{path}:2: holdings[0].currency: ")
    assert second.startswith(f"{path}:5: index.BTC: ")


@pytest.mark.parametrize("spoiled", ["--underlying=DOGE", "--dollar-rate=4", "--json --csv"])
def test_nothing_is_half_written(run: Run, tmp_path: Path, spoiled: str) -> None:
    path = tmp_path / "report.html"
    assert run("report", "--html", path, *spoiled.split()).exit_code == 2
    assert not path.exists()
    _fails(run("report", "--no-book", "--market", "/no", "--html", path), "/no")


def test_a_page_that_cannot_be_written_is_named(run: Run, tmp_path: Path) -> None:
    result = run("report", "--html", tmp_path / "none" / "x.html", "--no-book")
    _fails(result, "none/x.html", "No such file or directory")
