"""The other commands of the command line, in this process."""

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
from obverse.app.console import WIDTH, console

Run = Callable[..., Result]
VENUES = ["binance", "bitmex", "bybit", "deribit", "kraken", "okx"]


@pytest.fixture
def run() -> Iterator[Run]:
    """Run `obverse` with arguments; stdout and stderr apart."""

    def run(*arguments: object) -> Result:
        console.cache_clear()  # a console keeps the stream it was made with
        return CliRunner().invoke(app, [str(item) for item in arguments])

    yield run
    console.cache_clear()


def _fails(result: Result, *words: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    for word in words:
        assert word in result.stderr


def _fits(result: Result) -> str:
    assert result.exit_code == 0, result.output
    assert "…" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= WIDTH
    return result.stdout


def test_rules_lists_the_six_venues(run: Run) -> None:
    printed = _fits(run("rules"))
    assert [line.split()[0] for line in printed.splitlines() if line[:1].islower()] == VENUES
    listed = json.loads(run("rules", "--json").stdout)
    assert [item["venue"] for item in listed] == VENUES
    assert {item["venue"]: item["until"] for item in listed}["bitmex"] == "2026-09-23"


@pytest.mark.parametrize("venue", VENUES)
def test_rules_of_a_venue_fit_and_say_what_changed(run: Run, venue: str) -> None:
    printed = _fits(run("rules", venue))
    for title in ("products", "Rules in force", "Changes", "Sources"):
        assert title in printed
    assert "changed last" in printed
    assert "No later change is known" in printed


def test_rules_of_a_day_say_what_is_uncertain_and_what_comes_next(run: Run) -> None:
    printed = _fits(run("rules", "deribit", "--as-of", "2021-01-01", "--product", "btc_future"))
    assert "Deribit as of 2021-01-01T00:00:00Z" in printed
    assert "changes next" in printed
    assert "?" in printed
    made = json.loads(run("rules", "bitmex", "--as-of", "2021-06-08", "--json").stdout)
    lots = [item for item in made["next_changes"] if item["rule"] == "specification"]
    assert lots[0]["lot"] == "100"
    assert made["closed"] == "2026-09-23T00:00:00Z"


def test_rules_as_csv_read_back(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("rules", "okx", "--csv").stdout)))
    assert {row["rule"] for row in rows} >= {"specification", "fees", "rounding", "margin"}
    assert all(row["source"] for row in rows)


def test_rules_side_by_side(run: Run) -> None:
    printed = _fits(run("rules", "--compare", "--as-of", "2026-02-01"))
    header = printed.splitlines()[1].split()
    assert header == ["Rule", *VENUES]
    assert "BTC future side by side, 2026-02-01" in printed
    multipliers = next(line for line in printed.splitlines() if line.startswith("multiplier"))
    assert [item.rstrip("?") for item in multipliers.split()[1:]] == [
        "100",
        "1",
        "1",
        "10",
        "1",
        "100",
    ]


def test_a_venue_that_closed_is_left_out_of_the_comparison_aloud(run: Run) -> None:
    result = run("rules", "--compare", "--as-of", "2026-10-01")
    assert "bitmex" not in _fits(result)
    assert result.stderr.startswith("bitmex left out: BitMEX closed on 2026-09-23")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["mtgox"], ["'mtgox'", "deribit"]),
        (["deribbit"], ["Did you mean deribit"]),
        (["bitmex", "--as-of", "2026-09-23"], ["closed on 2026-09-23"]),
        (["deribit", "--as-of", "1999-01-01"], ["no rules before 2016-06-01"]),
        (["deribit", "--as-of", "soon"], ["'soon' is not an instant"]),
        (["deribit", "--product", "moon"], ["--product moon", "btc_perpetual"]),
        (["--compare", "--underlying", "DOGE"], ["DOGE"]),
    ],
)
def test_rules_that_there_are_not(run: Run, arguments, words) -> None:
    _fails(run("rules", *arguments), *words)


def test_a_symbol_at_every_venue_that_knows_it(run: Run) -> None:
    printed = _fits(run("symbol", "BTC/USD:BTC-261225"))
    for name in ("BTCUSD_261225", "XBTZ26", "BTCUSDZ26", "BTC-25DEC26", "FI_XBTUSD_261225",
                 "BTC-USD-261225"):  # fmt: skip
        line = next(line for line in printed.splitlines() if f" {name} " in line)
        assert "BTC/USD:BTC-261225" in line
    assert printed.count("2026-12-25 ") == 6


def test_a_native_symbol_as_json(run: Run) -> None:
    (found,) = json.loads(run("symbol", "XBTM26", "--json").stdout)
    assert found == {
        "venue": "bitmex",
        "symbol": "XBTM26",
        "unified": "BTC/USD:BTC-260626",
        "payoff": "inverse",
        "settlement": "BTC",
        "multiplier": "1",
        "tick": "0.5",
        "lot": "100",
        "expiry": "2026-06-26T12:00:00Z",
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["BTC-PERPETUL"], ["'BTC-PERPETUL'", "Did you mean BTC-PERPETUAL"]),
        (["XBTUDS"], ["Did you mean", "XBTUSD"]),
        (["???"], ["'???' at any venue."]),
        (["BTCUSD", "--venue", "deribit"], ["at deribit"]),
        (["BTCUSD", "--venue", "bitmexx"], ["'bitmexx'"]),
        (["XBTUSD", "--as-of", "2026-10-01"], ["'XBTUSD'"]),
        (["XBTUSD", "--venue", "bitmex", "--as-of", "2026-10-01"], ["closed on 2026-09-23"]),
    ],
)
def test_a_symbol_that_nobody_has(run: Run, arguments, words) -> None:
    _fails(run("symbol", *arguments), *words)


def test_a_calendar(run: Run) -> None:
    printed = _fits(run("calendar", "kraken", "--at", "2021-07-22T20:00:00Z", "--roll-days", "7"))
    lines = [line.split() for line in printed.splitlines() if line.startswith("FI_")]
    assert [(line[0], line[2], line[4]) for line in lines] == [
        ("FI_XBTUSD_210730", "2021-07-30T15:00:00Z", "2021-07-23T15:00:00Z"),
        ("FI_XBTUSD_210924", "2021-09-24T15:00:00Z", "2021-09-17T15:00:00Z"),
        ("FI_XBTUSD_211231", "2021-12-31T16:00:00Z", "2021-12-24T16:00:00Z"),
    ]
    made = json.loads(run("calendar", "deribit", "--at", "2026-02-01", "--json").stdout)
    assert (made[0]["symbol"], made[0]["expiry"]) == ("BTC-PERPETUAL", None)
    assert made[1]["days"] == pytest.approx(5 + 8 / 24)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["deribit", "--at", "soon"], ["'soon'"]),
        (["bitmex", "--at", "2026-09-23"], ["closed on 2026-09-23"]),
        (["deribit", "--at", "2026-02-01", "--underlying", "DOGE"], ["DOGE", "BTC, ETH"]),
        (["deribit", "--at", "2026-02-01", "--roll-days", "-1"], ["-1"]),
    ],
)
def test_a_calendar_that_there_is_not(run: Run, arguments, words) -> None:
    _fails(run("calendar", *arguments), *words)


ROW = {
    "id": "A", "venue": "generic", "as_of": "2026-02-01", "instrument": None,
    "contract": {"payoff": "inverse", "multiplier": "1", "settlement_currency": "BTC"},
    "quantity": "contract_value", "given": {"contracts": "100", "price": "20000"},
    "expect": {"contract_value": "0.005"}, "tolerance": {"kind": "exact"},
}  # fmt: skip


def _file(folder: Path, *rows: object) -> Path:
    path = folder / "rows.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_conformance_prints_counts_and_passes(run: Run, tmp_path: Path) -> None:
    waiting = ROW | {"quantity": "moon_price"}
    printed = _fits(run("conformance", _file(tmp_path, ROW, ROW, waiting)))
    lines = [line.split() for line in printed.splitlines()]
    assert ["rows.jsonl", "generic", "2", "0", "1"] in lines
    assert ["contract_value", "2", "0", "0"] in lines
    assert printed.splitlines()[-1] == "2 passed, 0 failed, 1 not yet supported"


def test_conformance_fails_with_expected_got_and_difference(run: Run, tmp_path: Path) -> None:
    wrong = ROW | {"id": "B", "expect": {"contract_value": "0.006"}}
    result = run("conformance", _file(tmp_path, ROW, "not json", wrong))
    assert result.exit_code == 1
    for word in ("FAIL rows.jsonl B contract_value", "'0.006'", "0.005", "off by -0.001",
                 "rows.jsonl:2", "not a row", "1 passed, 2 failed"):  # fmt: skip
        assert word in result.stdout


def test_conformance_lists_what_waits_when_asked(run: Run, tmp_path: Path) -> None:
    path = _file(tmp_path, ROW | {"given": ROW["given"] | {"phase": "full"}})  # type: ignore[operator]
    assert "given 'phase'" in _fits(run("conformance", "-v", path))
    assert "given 'phase'" not in _fits(run("conformance", path))


def test_conformance_json_is_one_object_with_the_same_exit_codes(run: Run, tmp_path: Path) -> None:
    result = run("conformance", "--json", _file(tmp_path, ROW, "{"))
    assert result.exit_code == 1
    made = json.loads(result.stdout)
    assert (made["passed"], made["failed"], made["unsupported"]) == (1, 1, 0)
    assert run("conformance", "--json", _file(tmp_path, ROW)).exit_code == 0


def test_conformance_of_a_file_that_is_not_there(run: Run, tmp_path: Path) -> None:
    _fails(run("conformance", tmp_path / "none.jsonl"), "none.jsonl: cannot be read")
    assert run("conformance").exit_code == 2


def test_the_visible_files_pass(run: Run, conformance_dir: Path) -> None:
    printed = _fits(run("conformance", *sorted(conformance_dir.glob("*.jsonl"))))
    assert ", 0 failed, " in printed.splitlines()[-1]
