"""`obverse funding`: windows and the running one, in each face, and what is refused."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from obverse.market import simulated, write

AT = "2026-03-20T12:34:00Z"
VENUES = ["binance", "bitmex", "bybit", "deribit", "kraken", "okx"]


def _sections(result) -> dict[str, dict]:
    assert result.exit_code == 0, result.output
    return {item["section"]: item for item in json.loads(result.stdout)["sections"]}


@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> Path:
    """Two days of one simulated perpetual, an hour apart, in the simple form."""
    folder = tmp_path_factory.mktemp("recorded")
    lines: list[str] = []
    for day in (1, 2):
        for hour in range(24):
            at = f"2026-02-{day:02d}T{hour:02d}:00:00Z"
            write(simulated(at=at, underlyings=("BTC",)), folder / "one.csv")
            head, *rows = (folder / "one.csv").read_text(encoding="utf-8").splitlines()
            lines = lines or [head]
            lines += rows
    path = folder / "many.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("venue", VENUES)
def test_every_venue_fits_100_columns_and_keeps_paid_apart(obverse, venue: str) -> None:
    until = ("--from", "2026-03-18", "--until", AT)
    result = obverse("funding", "--venue", venue, *until, "--explain")
    assert result.exit_code == 0, result.output
    assert max(map(len, result.stdout.splitlines())) <= 100
    assert "…" not in result.stdout
    for word in ("Accruing, not paid", "predicted, highest", "windows that ended", "source",
                 "in force from", "http", "rule "):  # fmt: skip
        assert word in result.stdout
    found = _sections(obverse("funding", "--venue", venue, *until, "--json"))
    assert set(found) == {"now", "accruing", "paid", "windows"}
    assert not any("paid" in key for key in found["accruing"]["units"])
    assert not any("accru" in row["what"] for row in found["paid"]["rows"])
    assert {"accruing_8h", "paid"} <= set(found["windows"]["units"])


def test_the_default_is_the_week_before_the_default_instant(obverse) -> None:
    found = _sections(obverse("funding", "--json"))
    rows = found["windows"]["rows"]
    assert len(rows) == 21
    assert rows[0]["stamp"] == "2026-11-13T16:00:00Z"
    assert rows[-1]["stamp"] == "2026-11-20T08:00:00Z"
    assert found["now"]["rows"][0]["hours_to_stamp"] == 4


def test_units_are_one_rate_scaled(obverse) -> None:
    accruing = _sections(obverse("funding", "--at", AT, "--json"))["accruing"]
    assert accruing["units"]["rate_8h"] == "fraction"
    for row in accruing["rows"]:
        assert row["rate_1h"] * 8 == pytest.approx(row["rate_8h"])
        assert row["rate_24h"] == pytest.approx(3 * row["rate_8h"])
        assert row["rate_1y"] == pytest.approx(3 * 365 * row["rate_8h"])
    rates = {row["what"]: row["rate_8h"] for row in accruing["rows"]}
    assert (
        rates["predicted, lowest"]
        <= rates["predicted, premium stays"]
        <= rates["predicted, highest"]
    )


def test_the_future_changes_nothing(obverse) -> None:
    early = ("--from", "2026-03-10", "--until", "2026-03-12")
    late = ("--from", "2026-03-10", "--until", "2026-03-20")
    for venue in VENUES:
        one, other = (
            _sections(obverse("funding", "--venue", venue, *over, "--json"))["windows"]["rows"]
            for over in (early, late)
        )
        assert other[: len(one)] == one


def test_csv_of_a_range_and_of_an_instant(obverse) -> None:
    rows = list(csv.DictReader(io.StringIO(obverse("funding", "--csv").stdout)))
    assert len(rows) == 21
    assert (rows[0]["stamp"], rows[0]["simulated"]) == ("2026-11-13T16:00:00Z", "true")
    rows = list(csv.DictReader(io.StringIO(obverse("funding", "--csv", "--at", AT).stdout)))
    assert rows[0]["what"] == "accruing now"


def test_html_has_two_charts_and_needs_nothing_else(obverse, tmp_path) -> None:
    path = tmp_path / "funding.html"
    assert obverse("funding", "--html", path, "--venue", "okx").exit_code == 0
    page = path.read_text(encoding="utf-8")
    assert page.count("<svg") == 2
    assert "<script" not in page
    assert "src=" not in page
    assert "paid, % of value" in page
    assert "accruing, % per 8 h" in page


def test_a_recording_gives_what_the_simulation_gives(obverse, recording: Path) -> None:
    result = obverse("funding", "--market", recording, "--json")
    rows = _sections(result)["windows"]["rows"]
    assert {(row["samples"], row["expected_samples"]) for row in rows} == {(8, 8)}
    made = _sections(
        obverse("funding", "--from", "2026-02-01", "--until", "2026-02-02T23:00:00Z", "--json")
    )["windows"]["rows"]
    for row, same in zip(rows, made, strict=True):
        assert row["stamp"] == same["stamp"]
        assert row["premium_average"] == pytest.approx(same["premium_average"], abs=1e-12)
        assert row["paid"] == pytest.approx(same["paid"], abs=1e-12)
    assert json.loads(result.stdout)["simulated"] is True


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from", "2026-02-02", "--until", "2026-02-01"], ["--from", "is not before --until"]),
        (["--from", "2020-01-01"], ["--from 2020-01-01", "2024-01-01"]),
        (["--at", "2019-01-01"], ["2024-01-01", "2019-01-01"]),
        (["--at", "2026-01-01", "--from", "2025-01-01"], ["--at", "choose one"]),
        (["--instrument", "BTC-25DEC26"], ["is a future: it has no funding rule", "BTC-PERPETUAL"]),
        (["--instrument", "BTC-PERPETUALL"], ["Did you mean BTC-PERPETUAL"]),
        (["--underlying", "DOGE"], ["DOGE", "BTC, ETH"]),
        (["--venue", "bitmex", "--at", "2026-11-20"], ["BitMEX closed on 2026-09-23"]),
        (["--venue", "ftx"], ["No rulebook 'ftx'", "kraken"]),
        (["--at", "yesterday"], ["'yesterday' is not an instant", "2026-02-01T08:00:00Z"]),
        (["--at", "2026-03-01T00:00"], ["no time zone"]),
        (["--seed", "-1"], ["seed: -1"]),
        (["--html", "/no/such/page.html"], ["/no/such/page.html"]),
        (["--market", "/no/such.csv"], ["/no/such.csv"]),
        (["--json", "--csv"], ["choose one"]),
    ],
)
def test_bad_input_ends_in_one_message(obverse, arguments, words) -> None:
    result = obverse("funding", *arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    for word in words:
        assert word in result.stderr


def test_a_range_before_a_file_says_what_the_file_holds(obverse, recording: Path) -> None:
    for arguments in (["--until", "2026-01-01"], ["--from", "2026-01-01"]):
        result = obverse("funding", "--market", recording, *arguments)
        assert result.exit_code == 2, result.output
        assert "2026-02-01T00:00:00Z" in result.stderr
    result = obverse("funding", "--market", recording, "--instrument", "BTC-PERP")
    assert "Did you mean BTC-PERPETUAL" in result.stderr
    result = obverse("funding", "--market", recording, "--instrument", "BTC-27MAR26")
    assert "no funding rule" in result.stderr


def test_a_venue_that_closed_is_shown_as_of_a_day_before(obverse) -> None:
    result = obverse("funding", "--venue", "bitmex", "--json")
    assert json.loads(result.stdout)["as_of"] == "2026-09-22T00:00:00Z"


HEAD = "at,underlying,venue,symbol,kind,expiry,index,mark,bid,ask,last"


def _file(folder: Path, venue: str, symbol: str, rows: list[tuple[str, ...]]) -> Path:
    """A file of one perpetual: instant, index, bid, ask; the mark is the index."""
    lines = [
        f"{at},BTC,{venue},{symbol},perpetual,,{index},{index},{bid},{ask},"
        for at, index, bid, ask in rows
    ]
    path = folder / "recorded.csv"
    path.write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
    return path


def test_okx_by_hand_from_a_file(obverse, tmp_path: Path) -> None:
    """Premiums 0.02 %, 0.04 %, 0.06 % of the middle: a rate of 0.04 % paid at 08:00."""
    rows = [
        (f"2026-02-01T0{hour}:00:00Z", "50000", f"{middle - 1}", f"{middle + 1}")
        for hour, middle in ((6, 50010), (7, 50020), (8, 50030))
    ]
    found = _sections(
        obverse("funding", "--market", _file(tmp_path, "okx", "BTC-USD-SWAP", rows), "--json")
    )
    (window,) = found["windows"]["rows"]
    assert window["stamp"] == "2026-02-01T08:00:00Z"
    assert (window["samples"], window["expected_samples"]) == (3, 8)
    assert window["premium_average"] == window["accruing_8h"] == window["paid"]
    assert window["paid"] == pytest.approx(0.0004, abs=1e-15)
    assert any("fewer samples than fit in: 1" in note for note in found["windows"]["notes"])
    (paid,) = found["paid"]["rows"]
    assert paid["rate_1h"] == pytest.approx(0.00005)
    assert paid["rate_24h"] == pytest.approx(0.0012)
    assert paid["rate_1y"] == pytest.approx(0.0004 * 3 * 365)


def test_kraken_by_hand_from_a_file(obverse, tmp_path: Path) -> None:
    """A premium of 0.24 % over 24 is 0.01 % an hour, paid an hour later as coin a contract."""
    rows = [
        ("2026-02-01T01:00:00Z", "50000", "50119", "50121"),
        ("2026-02-01T02:00:00Z", "40000", "40047", "40049"),
        ("2026-02-01T03:00:00Z", "50000", "49999", "50001"),
    ]
    path = _file(tmp_path, "kraken", "PI_XBTUSD", rows)
    found = _sections(obverse("funding", "--market", path, "--json"))
    second, third = found["windows"]["rows"][-2:]
    assert second["paid"] == pytest.approx(0.0001, abs=1e-15)  # of the first hour
    assert second["paid_coin"] == pytest.approx(0.0001 / 50000, rel=1e-12)  # index at 01:00
    assert third["paid"] == pytest.approx(0.0012 / 24, abs=1e-15)
    assert third["paid_coin"] == pytest.approx(0.00005 / 40000, rel=1e-12)
    due = {row["what"]: row for row in found["accruing"]["rows"]}
    assert due["in force, due at the next stamp"]["rate_8h"] == 0  # the third hour had no premium


def test_one_instant_is_a_history(obverse, tmp_path: Path) -> None:
    rows = [("2026-02-01T01:00:00Z", "50000", "50009", "50011")]
    path = _file(tmp_path, "okx", "BTC-USD-SWAP", rows)
    page = tmp_path / "one.html"
    found = _sections(obverse("funding", "--market", path, "--json", "--html", page))
    assert found["accruing"]["rows"][0]["rate_8h"] == pytest.approx(0.0002)
    assert found["windows"]["rows"] == found["paid"]["rows"] == []
    assert "<svg" in page.read_text(encoding="utf-8")


def test_a_rate_in_force_before_the_data_is_not_made_up(obverse, tmp_path: Path) -> None:
    rows = [("2026-02-01T01:30:00Z", "50000", "50009", "50011")]
    path = _file(tmp_path, "kraken", "PI_XBTUSD", rows)
    found = _sections(obverse("funding", "--market", path, "--json"))["accruing"]
    due = {row["what"]: row for row in found["rows"]}
    assert due["in force, due at the next stamp"]["rate_8h"] is None
    assert "The rate in force when the data begin is not known." in found["notes"]


def test_books_with_one_side_alone_have_no_funding(obverse, tmp_path: Path) -> None:
    rows = [(f"2026-02-01T0{hour}:00:00Z", "50000", "50009", "") for hour in range(3)]
    path = _file(tmp_path, "okx", "BTC-USD-SWAP", rows)
    result = obverse("funding", "--market", path)
    assert result.exit_code == 2, result.output
    assert "no sample has both bid and ask" in result.stderr
    rows += [("2026-02-01T16:00:00Z", "50000", "50009", "50011")]
    path = _file(tmp_path, "okx", "BTC-USD-SWAP", rows)
    found = _sections(obverse("funding", "--market", path, "--json"))["windows"]["rows"]
    assert [row["paid"] for row in found[:-1]] == [None] * (len(found) - 1)
    assert found[-1]["paid"] == pytest.approx(0.0002)


def test_late_rows_are_put_in_order_and_rows_that_differ_are_told(obverse, tmp_path: Path) -> None:
    at = "2026-02-01T0{}:00:00Z"
    rows = [
        (at.format(hour), "50000", str(middle - 1), str(middle + 1))
        for hour, middle in ((1, 50010), (4, 50010), (3, 50010), (2, 50010), (3, 50020))
    ]
    path = _file(tmp_path, "okx", "BTC-USD-SWAP", rows)
    now = _sections(obverse("funding", "--market", path, "--json"))["now"]
    assert now["rows"][0]["samples"] == 3
    assert any("was seen twice at 2026-02-01T03:00:00Z" in note for note in now["notes"])
