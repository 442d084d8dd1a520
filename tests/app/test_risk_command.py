"""`obverse risk` in this process: every face, every question, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from obverse.app.cli import app
from obverse.app.console import WIDTH, console

Run = Callable[..., Result]


@pytest.fixture
def risk() -> Iterator[Run]:
    """Run `obverse risk` with arguments."""

    def run(*arguments: object) -> Result:
        console.cache_clear()  # a console keeps the stream it was made with
        return CliRunner().invoke(app, ["risk", *(str(item) for item in arguments)])

    yield run
    console.cache_clear()


@pytest.fixture
def leveraged(examples: Path) -> tuple[str, Path]:
    return ("--book", examples / "leveraged_long.toml")


def _sections(result: Result) -> dict[str, list[dict[str, object]]]:
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    return {item["section"]: item["rows"] for item in found["sections"]}


def _number(value: object) -> float:
    return float(str(value))


def test_the_default_has_accounts_positions_ladder_and_tail_risk(risk: Run, leveraged) -> None:
    rows = _sections(risk(*leveraged, "--json"))
    assert list(rows) == [
        "accounts", "account", "margin_positions", "liquidation", "orders", "ladder",
        "tail_historical", "tail_filtered",
    ]  # fmt: skip
    words = [row["what"] for row in rows["account"]]
    assert words == [
        "wallet balance", "unrealised PnL", "margin balance", "initial margin", "order margin",
        "available", "maintenance margin",
    ]  # fmt: skip


def test_a_deribit_longs_prices_by_an_independent_formula(risk: Run, leveraged) -> None:
    rows = _sections(risk(*leveraged, "--json"))
    (position,), (account,) = rows["liquidation"], rows["accounts"]
    cost = 300_000 / 78_000 + 300_000 / 86_000
    # equity 1 + C − V meets 0.01·V + 0.00005·V²
    b, c = 1.01, 1 + cost
    value = (-b + (b * b + 4 * 0.00005 * c) ** 0.5) / (2 * 0.00005)
    assert _number(position["liquidation_usd"]) == pytest.approx(600_000 / value, rel=1e-8)
    basis = _number(account["price_usd"]) / _number(position["mark_usd"])
    assert _number(account["falls_to_usd"]) == pytest.approx(600_000 / value * basis, rel=1e-7)
    assert _number(position["bankruptcy_usd"]) == pytest.approx(600_000 / (1 + cost), rel=1e-8)


def test_the_ladder_turns_where_the_account_fails(risk: Run, leveraged) -> None:
    rows = _sections(risk(*leveraged, "--json"))
    end = _number(rows["accounts"][0]["falls_to_usd"])
    for row in rows["ladder"]:
        healthy = row["status"] in ("healthy", "margin call")
        assert healthy == (_number(row["price_usd"]) > end)
        assert (_number(row["margin_ratio"]) > 1) == healthy


def test_resting_orders_are_followed_to_where_the_account_fails(risk: Run, leveraged) -> None:
    result = risk(*leveraged)
    (found,) = re.findall(
        r"resting buys fill on the way down, it fails below ([\d,.]+)\.\n", result.stdout
    )
    # 700,000 dollars at a cost with the order's, less its fee of 0.05 %
    cost = 300_000 / 78_000 + 300_000 / 86_000 + 100_000 / 84_000
    b, c = 1.01, 1 + cost - 100_000 / 84_000 * 0.0005
    value = (-b + (b * b + 4 * 0.00005 * c) ** 0.5) / (2 * 0.00005)
    assert float(found.replace(",", "")) == pytest.approx(700_000 / value, rel=1e-3)


@pytest.mark.parametrize("book", ["miner", "basis_desk", "leveraged_long"])
@pytest.mark.parametrize(
    "asked",
    [(), ("--venue", "all"), ("--scenario", "all"), ("--from", "2026-11-01"), ("--explain",)],
)
def test_every_screen_fits_and_says_that_it_is_simulated(
    risk: Run, examples: Path, book: str, asked: tuple[str, ...]
) -> None:
    result = risk("--book", examples / f"{book}.toml", *asked)
    assert result.exit_code == 0, result.output
    assert "Traceback" not in result.output
    assert "SIMULATED market" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= WIDTH
    assert "NaN" not in result.stdout
    assert "nan" not in result.stdout.split()


def test_venue_all_is_one_screen_that_explains_itself(risk: Run, leveraged) -> None:
    result = risk(*leveraged, "--venue", "all")
    lines = result.stdout.strip().splitlines()
    assert len(lines) < 40
    for venue in ("binance", "bitmex", "bybit", "deribit", "kraken", "okx"):
        assert any(line.startswith(venue) for line in lines)
    gaps = re.search(r"binance: maintenance .* instead of .*: ([+-][\d.]+)\.", result.stdout)
    row = next(line for line in lines if line.startswith("binance"))
    assert gaps is not None
    assert gaps[1] in row


def test_an_order_before_it_is_sent(risk: Run, leveraged) -> None:
    rows = _sections(risk(*leveraged, "--what-if", "sell 100000 BTC-PERPETUAL @ 95000", "--json"))
    assert list(rows) == ["ticket", "after", "leverage"]
    said = {row["item"]: (row["before"], row["after"]) for row in rows["ticket"]}
    assert said["position (contracts)"] == ("+60,000", "+50,000")
    assert said["taken by the venue"][1] == "yes"
    before, after = rows["after"]
    assert _number(after["falls_to_usd"]) < _number(before["falls_to_usd"])


def test_an_order_at_every_venue(risk: Run, leveraged) -> None:
    order = "buy 100000 BTC-PERPETUAL isolated 10x"
    result = risk(*leveraged, "--what-if", order, "--venue", "all", "--beyond", 80000, "--json")
    rows = _sections(result)
    assert len(rows["tickets"]) == len(rows["leverage"]) == 6
    for row in rows["leverage"]:
        assert 1 < _number(row["beyond_price"]) < _number(row["most"])


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("buy 50000 BTC-PERPETUAL @ 80000", "It would rest"),
        ("sell 50000 BTC-PERPETUAL @ 65000", "Marketable: the mark is"),
        ("buy 50000 BTC-PERPETUAL", "with the mark where it is"),
        ("buy 500 contracts BTCUSD_PERP isolated 20x at binance", "Not taken: the available"),
    ],
)
def test_a_ticket_says_how_it_would_fill(risk: Run, leveraged, order: str, words: str) -> None:
    assert words in risk(*leveraged, "--what-if", order).stdout


def test_a_scenario_by_its_name_and_the_worst_day(risk: Run, examples: Path) -> None:
    book = ("--book", examples / "miner.toml")
    rows = _sections(risk(*book, "--scenario", "FALL 30", "--json"))
    now, then = rows["scenario_accounts"]
    assert (now["scenario"], then["scenario"]) == ("now", "fall 30")
    assert _number(then["equity_coin"]) > _number(now["equity_coin"])  # a short gains coins
    rows = _sections(risk(*book, "--scenario", "worst day", "--json"))
    assert len(rows["scenarios"]) == 25


def test_a_scenario_file_has_its_cascade_too(risk: Run, examples: Path) -> None:
    result = risk("--book", examples / "miner.toml", "--scenario", examples / "scenarios.toml")
    assert result.exit_code == 0
    assert "bankrupt" in result.stdout
    assert "The fund went from 3.00000000 BTC" in result.stdout


def test_margin_calls_of_a_past_period(risk: Run, tmp_path: Path) -> None:
    path = tmp_path / "thin.toml"
    path.write_text(
        '[[holdings]]\ncurrency = "BTC"\namount = "0.2"\nplace = "deribit"\n'
        '[[positions]]\nvenue = "deribit"\ninstrument = "BTC-PERPETUAL"\nside = "long"\n'
        "usd_amount = 600_000\nentry_price = 90_000\n",
        encoding="utf-8",
    )
    rows = _sections(risk("--book", path, "--from", "2026-11-01", "--json"))
    calls = rows["margin_calls"]
    totals = [_number(row["total"]) for row in calls]
    assert totals == sorted(totals)
    assert totals[0] > 0
    asked = [_number(row["top_up"]) for row in calls]
    assert totals == pytest.approx([sum(asked[: place + 1]) for place in range(len(asked))])


def test_a_book_with_room_had_no_margin_call(risk: Run, examples: Path) -> None:
    result = risk("--book", examples / "miner.toml", "--from", "2026-10-01")
    assert result.exit_code == 0
    assert "No margin call" in result.stdout


def test_explain_adds_lines_and_rules_with_their_sources(risk: Run, leveraged) -> None:
    rows = _sections(risk(*leveraged, "--explain", "--json"))
    names = [row["name"] for row in rows["lines"]]
    assert "BTC-PERPETUAL liquidation price" in names
    assert any(row["what"] == "source" for row in rows["rules"])


def test_the_csv_is_tidy(risk: Run, leveraged) -> None:
    result = risk(*leveraged, "--csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert {"accounts", "liquidation", "ladder", "tail_filtered"} <= {r["section"] for r in rows}
    assert {row["simulated"] for row in rows} == {"true"}
    (price,) = [
        row for row in rows if (row["section"], row["field"]) == ("liquidation", "liquidation_usd")
    ]
    assert price["unit"] == "USD"
    assert float(price["value"]) > 0


def test_the_page_has_its_charts_and_needs_nothing_else(risk: Run, leveraged, tmp_path) -> None:
    path = tmp_path / "risk.html"
    result = risk(*leveraged, "--venue", "all", "--html", path)
    assert result.exit_code == 0
    page = path.read_text(encoding="utf-8")
    assert page.count("<svg") == 2
    assert "liquidation 72,7" in page
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", page)


def test_a_recorded_market_without_a_history_says_what_to_give(
    risk: Run, deribit_data: Path, examples: Path
) -> None:
    book = ("--book", examples / "miner.toml", "--market", deribit_data, "--at", "2026-02-01")
    result = risk(*book)
    assert result.exit_code == 0
    assert "--history FILE gives another one" in " ".join(result.stdout.split())
    assert "SIMULATED" not in result.stdout


FAULTS = [
    (("--what-if", "sell BTC"), "expected buy|sell SIZE"),
    (("--what-if", "sell 100001 BTC-PERPETUAL"), "not a whole number of BTC-PERPETUAL contracts"),
    (("--what-if", "sell 100000 BTC-PERPETUAL @ 0"), "price 0 is not above zero"),
    (("--what-if", "buy 100000 BTC-PERPETUAL @ 80000.33"), "not a multiple of the tick 0.5"),
    (("--what-if", "sell 100000 BTC-PERP"), "Did you mean BTC-PERPETUAL"),
    (("--what-if", "sell 100000 BTC-PERPETUAL fast"), "'fast' is not understood"),
    (("--what-if", "sell 1000 BTC-PERPETUAL", "--scenario", "all"), "answered by itself"),
    (("--beyond", "5"), "--beyond is of an order"),
    (("--scenario", "fal 30"), "Did you mean 'fall 30'"),
    (("--scenario", "nope.toml"), "nope.toml"),
    (("--book", "nope.toml"), "nope.toml: the book cannot be read"),
    (("--level", "95"), "write 95% or a fraction"),
    (("--chance", "0"), "not between 0 and 1"),
    (("--days", "0"), "--days: 0"),
    (("--from", "2030-01-01"), "no two prices after it"),
    (("--venue", "foo"), "No rulebook 'foo'"),
    (("--json", "--csv"), "choose one"),
    (("--at", "2020-01-01"), "simulated market runs from"),
]


@pytest.mark.parametrize(("asked", "words"), FAULTS)
def test_what_is_refused_is_one_clear_line(risk: Run, examples: Path, asked, words) -> None:
    book = () if "--book" in asked else ("--book", examples / "miner.toml")
    result = risk(*book, *asked)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_scenario_file_that_is_no_text_is_one_clear_line(
    risk: Run, leveraged, tmp_path: Path
) -> None:
    path = tmp_path / "scenarios.toml"
    path.write_bytes(b"name = '\xc2\x20'")
    result = risk(*leveraged, "--scenario", path)
    assert result.exit_code == 2
    assert result.stderr.strip() == f"{path}: not text in UTF-8; expected a TOML file of scenarios."


def test_an_order_on_a_coin_that_the_book_has_not_is_worked_out_with_its_history(
    risk: Run, leveraged
) -> None:
    result = risk(*leveraged, "--what-if", "sell 1000 ETH-PERPETUAL")
    assert result.exit_code == 0
    assert "no history of ETH" not in " ".join(result.stdout.split())
    assert "periods of simulated hours" in " ".join(result.stdout.split())


def test_leverage_above_the_venues_is_not_taken(risk: Run, leveraged) -> None:
    result = risk(*leveraged, "--what-if", "buy 1000 BTC-PERPETUAL isolated 2000x")
    assert result.exit_code == 0
    assert "Not taken" in result.stdout


@pytest.mark.parametrize(
    "asked", [(), ("--venue", "all"), ("--what-if", "sell 100000 BTC-PERPETUAL"), ("--explain",)]
)
def test_no_cell_is_cut(risk: Run, leveraged, asked: tuple[str, ...]) -> None:
    assert "…" not in risk(*leveraged, *asked).stdout


def test_json_columns_name_their_units(risk: Run, leveraged) -> None:
    found = json.loads(risk(*leveraged, "--json").stdout)
    (section,) = [item for item in found["sections"] if item["section"] == "liquidation"]
    assert section["units"]["liquidation_usd"] == "USD"
    assert all(set(item["units"]) == set(item["rows"][0]) for item in found["sections"])
    assert found["simulated"] is True


def test_a_book_without_positions_has_no_account(risk: Run, tmp_path: Path) -> None:
    path = tmp_path / "coins.toml"
    path.write_text('[[holdings]]\ncurrency = "BTC"\namount = 3\n', encoding="utf-8")
    result = risk("--book", path)
    assert result.exit_code == 0
    assert "nothing is margined" in result.stdout


def test_an_expired_contract_is_refused_at_its_line(risk: Run, tmp_path: Path) -> None:
    path = tmp_path / "old.toml"
    path.write_text(
        '[[positions]]\nvenue = "deribit"\ninstrument = "BTC-27MAR26"\nside = "long"\n'
        "usd_amount = 1000\nentry_price = 80_000\n",
        encoding="utf-8",
    )
    result = risk("--book", path)
    assert result.exit_code == 2
    assert re.search(r"old.toml:3: positions\[0\].instrument: .*expired", result.stderr)
