"""`obverse marks` of an index's sources: who makes it, and an outage of some of them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from obverse.market import simulated, write

SOURCES = """\
at,underlying,source,price,weight,age_seconds
2021-01-15T12:00:00Z,BTC,Bitstamp,36990,0.2,2
2021-01-15T12:00:00Z,BTC,Coinbase,37010,0.4,1
2021-01-15T12:00:00Z,BTC,Kraken,37004,0.4,1200
2021-01-15T12:00:00Z,BTC,Gemini,,0.1,0
2021-01-15T12:01:00Z,BTC,Bitstamp,37000,0.5,2
2021-01-15T12:01:00Z,BTC,Coinbase,37100,0.5,1
2021-01-15T12:02:00Z,BTC,Coinbase,37020,0.5,1
"""
FIRST = "2021-01-15T12:00:00Z"


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Three minutes of BitMEX's sources; in the last one Coinbase is alone."""
    path = tmp_path / "sources.csv"
    path.write_text(SOURCES, encoding="utf-8")
    return path


def _sections(result) -> dict[str, list[dict]]:
    assert result.exit_code == 0, result.output
    return {item["section"]: item["rows"] for item in json.loads(result.stdout)["sections"]}


def _table(result) -> list[dict[str, str]]:
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.stdout)))


def _fits(text: str) -> None:
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("venue", ["binance", "bybit", "deribit", "kraken", "okx"])
def test_simulated_sources_make_the_index_shown(obverse, venue: str) -> None:
    result = obverse("marks", "--venue", venue, "--without", "source A", "--without", "Source b")
    assert result.exit_code == 0, result.output
    _fits(result.stdout)
    assert "index: who makes it" in result.stdout
    assert "these are simulated stand-ins" in result.stdout
    found = _sections(obverse("marks", "--venue", venue, "--underlying", "BTC", "--json"))
    total = sum(row["contribution_usd"] for row in found["index"])
    assert f"{total:.2f}" == f"{simulated(venue=venue)['BTC'].index:.2f}"


def test_an_outage_moves_an_averaged_mark_at_once_and_back(obverse) -> None:
    found = _sections(
        obverse("marks", "--underlying", "BTC", "--without", "source A,source C", "--json")
    )
    (index,) = found["outage_index"]
    before, at_once, averaged = found["consequences"]
    assert [row["when"] for row in found["consequences"]] == ["before", "at once", "once averaged"]
    assert at_once["mark_change_usd"] == pytest.approx(index["index_change_usd"], abs=0.011)
    assert averaged["mark_change_usd"] == pytest.approx(0, abs=0.011)
    assert averaged["premium_rate"] - before["premium_rate"] == pytest.approx(
        -index["index_change_bp"] / 10_000, rel=0.01
    )


def test_a_mark_of_index_and_funding_moves_with_the_index(obverse) -> None:
    arguments = ("--venue", "bitmex", "--at", "2026-02-01", "--underlying", "BTC")
    found = _sections(obverse("marks", *arguments, "--without", "source A", "--json"))
    (index,) = found["outage_index"]
    _, after = found["consequences"]
    assert after["mark_change_bp"] == pytest.approx(index["index_change_bp"], abs=0.01)


def test_an_outage_of_all_sources_is_a_state_and_no_number(obverse) -> None:
    everyone = ",".join(f"source {letter}" for letter in "ABCDE")
    result = obverse("marks", "--underlying", "BTC", "--without", everyone)
    assert "no index: too few sources. 0 of 5" in result.stdout
    assert "the rule makes no mark" in result.stdout
    found = _sections(obverse("marks", "--underlying", "BTC", "--without", everyone, "--json"))
    (index,) = found["outage_index"]
    assert index["state"] == "too few sources"
    assert index["index_without_usd"] is index["index_change_usd"] is None
    assert found["consequences"][-1]["mark_usd"] is None


def test_a_file_says_what_became_of_each_source(obverse, sources: Path) -> None:
    arguments = ("--sources", sources, "--venue", "bitmex", "--at", FIRST)
    result = obverse("marks", *arguments)
    _fits(result.stdout)
    assert "weighted mean of the sources" in result.stdout
    rows = {
        row["source"]: row for row in _sections(obverse("marks", *arguments, "--json"))["index"]
    }
    assert rows["Kraken"]["outcome"] == "dropped, silent too long"
    assert rows["Gemini"]["outcome"] == "dropped, no price"
    assert rows["Coinbase"]["share"] == pytest.approx(2 / 3)
    assert rows["Coinbase"]["contribution_usd"] == pytest.approx(37010 * 2 / 3)
    assert rows["Coinbase"]["median_gap_bp"] == pytest.approx((37010 / 37000 - 1) * 10_000)


def test_an_outage_over_a_range_of_a_file(obverse, sources: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    arguments = ("--sources", sources, "--venue", "bitmex", "--from", FIRST)
    result = obverse("marks", *arguments, "--without", "coinbase", "--html", page)
    _fits(result.stdout)
    found = _sections(obverse("marks", *arguments, "--without", "coinbase", "--json"))
    moments = {row["moment"]: row for row in found["outage"]}
    assert moments["worst"]["at"] == "2021-01-15T12:01:00Z"
    assert moments["worst"]["index_change_usd"] == -50
    assert moments["first"]["index_change_usd"] == pytest.approx(-40 / 3)
    (steps,) = found["outage_steps"]
    assert (steps["steps"], steps["steps_without_index_in_outage"]) == (3, 1)
    drawn = page.read_text(encoding="utf-8")
    assert drawn.count("<svg") == 1
    assert "BTC index without Coinbase" in drawn


def test_a_range_as_csv_is_one_row_a_step(obverse, sources: Path) -> None:
    arguments = ("--sources", sources, "--venue", "bitmex", "--until", "2021-01-15T12:02:00Z")
    rows = _table(obverse("marks", *arguments, "--without", "Coinbase", "--csv"))
    assert [row["at"][11:16] for row in rows] == ["12:00", "12:01", "12:02"]
    assert [row["index_without_usd"] for row in rows] == ["36990.0", "37000.0", ""]
    assert {row["underlying"] for row in rows} == {"BTC"}


def test_a_range_of_the_simulation_is_hourly(obverse) -> None:
    arguments = ("--from", "2026-11-01T00:30:00Z", "--until", "2026-11-02", "--underlying", "ETH")
    rows = _table(obverse("marks", *arguments, "--without", "source B", "--csv"))
    assert [row["at"][11:16] for row in rows] == [f"{hour:02d}:00" for hour in (*range(1, 24), 0)]
    assert {row["simulated"] for row in rows} == {"true"}


def test_csv_carries_sources_and_outage_beside_the_instruments(obverse) -> None:
    rows = _table(obverse("marks", "--underlying", "BTC", "--without", "source A", "--csv"))
    kinds = [row["row"] for row in rows]
    assert kinds.count("index") == kinds.count("outage") == 5
    assert kinds.count("outage_index") == 1
    assert kinds.count("consequences") == 3
    assert {row["underlying"] for row in rows} == {"BTC"}


def test_a_market_file_and_its_sources_are_shown_together(
    obverse, sources: Path, tmp_path: Path
) -> None:
    path = tmp_path / "market.csv"
    path.write_text(
        "at,underlying,venue,symbol,kind,expiry,index,mark,bid,ask,funding_rate_8h\n"
        f"{FIRST},BTC,bitmex,XBTUSD,perpetual,,37000,37001,37000,37001,0.0001\n",
        encoding="utf-8",
    )
    result = obverse("marks", "--market", path, "--sources", sources, "--without", "Coinbase")
    assert result.exit_code == 0, result.output
    assert "The market shows 37,000.00 USD" in result.stdout
    found = _sections(
        obverse("marks", "--market", path, "--sources", sources, "--without", "Coinbase", "--json")
    )
    (index,) = found["outage_index"]
    assert index["index_change_usd"] == pytest.approx(-40 / 3)
    assert found["consequences"][1]["mark_change_bp"] == pytest.approx(
        index["index_change_bp"], abs=0.01
    )


def test_what_cannot_be_is_told_in_one_line(obverse, sources: Path, tmp_path: Path) -> None:
    market = tmp_path / "market.csv"
    write(simulated(at="2026-02-01", underlyings=("BTC",)), market)
    file = ("--sources", sources)
    venue = ("--venue", "bitmex")
    cases = [
        ((*file, *venue, "--at", FIRST, "--without", "Conbase"), "Did you mean Coinbase?"),
        (("--without", "sauce A"), "Did you mean source A"),
        (file, "give --venue"),
        ((*file, *venue, "--underlying", "BTX"), "Did you mean BTC?"),
        ((*file, *venue, "--at", "2020-01-01"), "nothing at or before 2020-01-01"),
        ((*file, *venue, "--from", "2022-01-01"), "nothing at or after 2022-01-01"),
        ((*file, *venue, "--from", "2022-01-01", "--until", "2021-01-01"), "is after --until"),
        ((*file, *venue, "--from", "2021-01-01", "--at", "2021-01-02"), "choose one instant"),
        ((*file, *venue, "--instrument", "XBTUSD"), "leave it out"),
        (("--market", market, "--without", "Kraken"), "give --sources FILE"),
        (("--market", market, "--from", "2026-01-01"), "give --sources FILE"),
        (("--sources", tmp_path / "none.csv"), "No source prices at"),
    ]
    for arguments, words in cases:
        result = obverse("marks", *arguments)
        assert result.exit_code == 2, (arguments, result.output)
        assert result.stdout == ""
        assert len(result.stderr.strip().splitlines()) == 1
        assert words in result.stderr
