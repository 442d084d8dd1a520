"""`obverse marks`: what is printed for each venue, in each face, and what is refused."""

from __future__ import annotations

import csv
import io
import json

import pytest

from obverse.market import simulated, write

AT = "2026-03-27T07:45:00Z"
VENUES = ["binance", "bitmex", "bybit", "deribit", "kraken", "okx"]


def _fits(text: str) -> None:
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("venue", VENUES)
def test_every_venue_fits_100_columns_and_says_what_stands_in(obverse, venue: str) -> None:
    result = obverse("marks", "--venue", venue, "--at", AT)
    assert result.exit_code == 0, result.output
    _fits(result.stdout)
    assert "SIMULATED market" in result.stdout
    assert "Stands in for what a snapshot does not show" in result.stdout
    assert "Mark by rule" in result.stdout


@pytest.mark.parametrize("venue", VENUES)
def test_explain_names_rule_source_and_day(obverse, venue: str) -> None:
    result = obverse("marks", "--venue", venue, "--at", AT, "--underlying", "BTC", "--explain")
    assert result.exit_code == 0, result.output
    _fits(result.stdout)
    for word in ("rule ", "source", "in force from", "http", "index", "from the numbers"):
        assert word in result.stdout
    rules = json.loads(
        obverse("marks", "--venue", venue, "--at", AT, "--explain", "--json").stdout
    )["sections"]
    tables = [item["rows"] for item in rules if item["section"] == "rules"]
    assert tables
    for rows in tables:
        kinds = [row["rule"] for row in rows if row["rule"]]
        assert {"index", "mark"} <= set(kinds)
        assert sum(row["what"] == "rule" for row in rows) == len(kinds)
        assert sum(row["what"] == "in force from" for row in rows) == len(kinds)
        assert sum(row["what"] == "source" for row in rows) >= len(kinds)


def test_doubts_of_a_rule_are_told(obverse) -> None:
    shown = obverse("marks", "--instrument", "BTC-PERPETUAL", "--explain").stdout
    assert "uncertain" in shown


def test_a_future_in_its_window_shows_what_is_left(obverse) -> None:
    made = json.loads(obverse("marks", "--at", AT, "--underlying", "BTC", "--json").stdout)
    (near,) = [item for item in made["sections"] if item["section"] == "delivery"]
    first = near["rows"][0]
    assert first["window_start"] == "2026-03-27T07:30:00Z"
    assert (first["elapsed_share"], first["remaining_exposure"]) == (0.5, 0.5)
    assert near["units"]["elapsed_share"] == "fraction"


def test_json_has_units_and_raw_numbers(obverse) -> None:
    result = obverse("marks", "--json", "--underlying", "ETH")
    made = json.loads(result.stdout)
    assert (made["venue"], made["simulated"]) == ("deribit", True)
    section = made["sections"][0]
    assert section["units"]["mark_usd"] == "USD"
    assert section["units"]["premium_rate"] == "fraction"
    assert set(section["units"]) == set(section["rows"][0])
    row = section["rows"][0]
    basis = row["mark_usd"] - float(row["index_usd"])
    assert row["fair_basis_usd"] == pytest.approx(basis)


def test_csv_is_one_row_an_instrument(obverse) -> None:
    table = list(csv.DictReader(io.StringIO(obverse("marks", "--csv", "--at", AT).stdout)))
    rows = [row for row in table if row["row"] == "instrument"]
    market = simulated(at=AT)
    assert [row["symbol"] for row in rows] == [
        quote.symbol for code in market for quote in market[code].quotes
    ]
    assert all(float(row["mark_usd"]) > 0 for row in rows)
    assert {row["simulated"] for row in rows} == {"true"}
    assert rows[0]["stand_ins"].startswith("the basis of this instant")


def test_html_needs_nothing_else(obverse, tmp_path) -> None:
    path = tmp_path / "marks.html"
    assert obverse("marks", "--html", path, "--underlying", "BTC", "--explain").exit_code == 0
    page = path.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert page.count("<svg") == 2
    assert "<script" not in page
    assert "src=" not in page
    assert "simulated market" in page


def test_a_file_is_read_and_unified_names_will_do(obverse, tmp_path) -> None:
    path = tmp_path / "market.csv"
    write(simulated(venue="bitmex", at="2026-02-01", underlyings=("BTC",)), path)
    result = obverse("marks", "--market", path, "--instrument", "BTC/USD:BTC", "--explain")
    assert result.exit_code == 0, result.output
    assert "XBTUSD" in result.stdout
    assert "the accruing rate, for the rate in force" in result.stdout


def test_a_file_without_book_or_rate_says_what_is_missing(obverse, tmp_path) -> None:
    path = tmp_path / "market.csv"
    path.write_text(
        "at,underlying,venue,symbol,kind,expiry,index,mark\n"
        "2026-02-01T00:00:00Z,BTC,bitmex,XBTUSD,perpetual,,100,101\n"
        "2026-02-01T00:00:00Z,BTC,bitmex,XBTH26,future,2026-03-27T12:00:00Z,100,102\n",
        encoding="utf-8",
    )
    result = obverse("marks", "--market", path)
    assert result.exit_code == 0, result.output
    assert "for want of the funding rate in force (XBTUSD)" in result.stdout
    assert "for want of a book with two sides (all)" in result.stdout
    row = result.stdout.split("XBTUSD")[1].split()
    assert row[1] == "—"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--instrument", "BTC-PERPETUALL"], ["'BTC-PERPETUALL'", "Did you mean BTC-PERPETUAL"]),
        (["--underlying", "DOGE"], ["'DOGE'", "BTC, ETH"]),
        (["--at", "yesterday"], ["'yesterday' is not an instant"]),
        (["--at", "2019-01-01"], ["2024-01-01", "2019-01-01"]),
        (["--venue", "mtgox"], ["'mtgox'"]),
        (["--market", "/no/such"], ["/no/such"]),
        (["--json", "--csv"], ["choose one"]),
    ],
)
def test_bad_input_ends_in_one_message(obverse, arguments, words) -> None:
    result = obverse("marks", *arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    for word in words:
        assert word in result.stderr
