"""How a book's results read: rows by venue and expiry, totals, units, notes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from books import (
    ETHER,
    LINEAR,
    MARCH_FUTURE,
    MARKET,
    PERPETUAL,
    QUANTO,
    as_simulated,
    book,
    held,
    mixed_books,
)
from hypothesis import given, settings

from obverse.risk import Book, BookExposure, Constituent, Holding, exposure, hedges, sheets
from obverse.risk.groups import by_group
from obverse.rulebooks import rulebook

BINANCE = rulebook("binance", as_of="2026-02-01").instrument("BTCUSD_260327")


@pytest.fixture(scope="module")
def found() -> BookExposure:
    """Longs and shorts of one coin at two venues and two deliveries, and a quanto on another."""
    positions = (
        held(PERPETUAL, -20_000, "80000"),
        held(MARCH_FUTURE, 5_000, "78000"),
        held(BINANCE, 1_000, "79000"),
        held(QUANTO, 1_000, "2300"),
    )
    return exposure(book({"BTC": "10", "USD": "2500"}, *positions), MARKET)


@settings(deadline=None, max_examples=20)
@given(mixed_books)
def test_both_tables_of_a_coin_have_a_row_for_each_of_its_groups(drawn: Book) -> None:
    made = exposure(drawn, MARKET)
    for coin in ("BTC", "ETH"):
        for table in (sheets.exposure_table(made, coin), sheets.sensitivity_table(made, coin)):
            assert len(table.rows) == len(by_group(made, coin))
            for row, group in zip(table.records(), by_group(made, coin), strict=True):
                assert row == {key: getattr(group, key) for key in row}


def test_exposure_reads_by_place_then_by_delivery(found: BookExposure) -> None:
    table = sheets.exposure_table(found, "BTC")
    assert [column.title for column in table.columns] == [
        "Group", "Net notional (USD)", "Unreal. PnL (BTC)", "Unreal. PnL (USD)", "Leverage (x)",
    ]  # fmt: skip
    assert [row[:2] for row in table.cells()] == [
        ["at deribit", "-150,000"],
        ["at binance", "+100,000"],
        ["at bitmex", "0"],
        ["at no named place", "0"],
        ["perpetual", "-200,000"],
        ["2026-03-27", "+150,000"],
        ["total", "-50,000"],
    ]
    leverage = {row[0]: row[4] for row in table.cells()}
    assert leverage["at no named place"] == "0.00"
    assert leverage["perpetual"] == leverage["2026-03-27"] == "—"
    bitcoin = found.coins[0]
    assert leverage["total"] == f"{bitcoin.effective_leverage:.2f}"
    assert "gross notional settled in the coin" in table.notes[0]


def test_sensitivities_read_by_place_then_by_delivery(found: BookExposure) -> None:
    table = sheets.sensitivity_table(found, "BTC")
    assert [column.title for column in table.columns] == [
        "Group", "Coin delta (BTC)", "Dollar delta (USD)", "Coin gamma (BTC)", "Dollar gamma (USD)",
    ]  # fmt: skip
    names = [row[0] for row in table.cells()]
    assert names == [row[0] for row in sheets.exposure_table(found, "BTC").cells()]
    rows = {row["name"]: row for row in table.records()}
    assert rows["perpetual"]["coin_delta"] == pytest.approx(-200_000 / 77_388)
    assert rows["at no named place"]["dollar_delta_usd"] == 10 * 77_334.5
    assert rows["total"]["dollar_delta_usd"] == pytest.approx(found.coins[0].dollar_delta_usd)
    assert "with the coins held in that place" in table.notes[0]


def test_a_quanto_counts_in_dollars_but_not_in_the_coin_it_does_not_settle_in(
    found: BookExposure,
) -> None:
    cells = sheets.exposure_table(found, "ETH").cells()
    assert [row[0] for row in cells] == ["at bitmex", "perpetual", "total"]
    assert {tuple(row[2:]) for row in cells} == {("—", "+6,805.44", "—")}


def test_positions_come_in_one_table_a_settlement_coin() -> None:
    made = book({}, held(PERPETUAL, 1, "77000"), held(ETHER, 1, "2300"), held(LINEAR, 1, "77000"))
    tables = sheets.positions_tables(exposure(made, MARKET))
    assert [table.title for table in tables] == [f"Positions settled in {c}" for c in made_codes()]
    assert [table.columns[6].title for table in tables] == [
        f"Unreal. PnL ({code})" for code in made_codes()
    ]
    assert [row[:3] for row in tables[1].cells()] == [["ETH-PERPETUAL", "deribit", "+1"]]
    assert str(tables[1]).splitlines()[2].split() == ["(USD)", "(USD)", "(USD)", "(ETH)", "(USD)"]


def made_codes() -> tuple[str, ...]:
    """Settlement coins in order of appearance."""
    return ("BTC", "ETH", "USDC")


def test_a_borrowed_mark_is_noted_under_the_positions(found: BookExposure) -> None:
    (table,) = sheets.positions_tables(found)
    assert table.notes == (
        "BTCUSD_260327: marked at deribit's BTC-27MAR26.",
        "ETHUSD: marked at deribit's ETH-PERPETUAL.",
    )
    entry, mark = table.records()[0]["entry_usd"], table.records()[0]["mark_usd"]
    assert (entry, mark) == (80_000, Decimal("77388"))


def test_the_books_table_ends_with_its_dollars_and_its_total(found: BookExposure) -> None:
    rows = found.to_frame("records")
    assert [row["coin"] for row in rows] == ["BTC", "ETH", "USD", "total"]
    assert rows[2]["equity_usd"] == 2500
    coins = sum(float(row["equity_usd"]) for row in rows[:3])
    assert rows[3]["equity_usd"] == pytest.approx(coins) == pytest.approx(float(found.equity_usd))
    assert rows[3]["dollar_delta_usd"] == pytest.approx(
        rows[0]["dollar_delta_usd"] + rows[1]["dollar_delta_usd"]
    )
    assert repr(found).startswith("Book by coin\n")


def test_a_book_without_dollars_has_no_row_for_them() -> None:
    rows = exposure(book({"BTC": "1"}), MARKET).to_frame("records")
    assert [row["coin"] for row in rows] == ["BTC", "total"]


def test_holdings_say_where_and_what_they_are_worth() -> None:
    made = Book("mine", (Holding("BTC", Decimal(2), "vault"), Holding("USD", Decimal("-7"))))
    table = sheets.holdings_table(exposure(made, MARKET))
    assert table.title == "Book 'mine': holdings"
    assert table.cells() == [
        ["BTC", "vault", "+2.0000", "+154,669.00"],
        ["USD", "", "-7.0000", "-7.00"],
        ["total", "", "—", "+154,662.00"],
    ]


def test_a_single_holding_needs_no_total() -> None:
    made = Book("mine", (Holding("BTC", Decimal(2), "vault"),))
    assert sheets.holdings_table(exposure(made, MARKET)).cells() == [
        ["BTC", "vault", "+2.0000", "+154,669.00"]
    ]
    assert sheets.holdings_table(exposure(Book("none"), MARKET)).rows == ()


def test_the_dollar_delta_is_split_by_the_weights_of_the_index() -> None:
    sources = (Constituent("Kraken", Decimal("0.75")), Constituent("Gemini", Decimal("0.25")))
    holdings = (Holding("BTC", Decimal(8)),)
    made = Book("mine", holdings, index_composition={"BTC": sources})
    rows = sheets.composition_table(exposure(made, MARKET), "BTC").records()
    assert [(row["source"], row["weight"], row["dollar_delta_coin"]) for row in rows] == [
        ("Kraken", 75, 6),
        ("Gemini", 25, 2),
    ]
    assert rows[0]["dollar_delta_usd"] == pytest.approx(6 * 77_334.5)


def test_the_hedge_table_has_a_row_an_instrument_with_what_is_left() -> None:
    (coin,) = exposure(book({"BTC": "1"}), MARKET).coins
    table = sheets.hedge_table("BTC", hedges(coin, MARKET, (PERPETUAL, MARCH_FUTURE)))
    assert [row[:4] for row in table.cells()] == [
        ["BTC-PERPETUAL", "sell", "7,739", "77,390"],
        ["BTC-27MAR26", "sell", "7,772", "77,720"],
    ]
    assert [column.title for column in table.columns[-2:]] == ["Left over (BTC)", "Left over (USD)"]
    assert "synthetic dollar" in str(table)
    assert len(table.notes) == 1


def test_a_borrowed_mark_is_noted_under_the_hedges() -> None:
    (coin,) = exposure(book({"BTC": "1"}), MARKET).coins
    table = sheets.hedge_table("BTC", hedges(coin, MARKET, (PERPETUAL, BINANCE)))
    assert table.notes[1:] == ("BTCUSD_260327: marked at deribit's BTC-27MAR26.",)


def test_every_title_says_when_the_market_is_simulated() -> None:
    sources = (Constituent("Kraken", Decimal(1)),)
    drawn = book({"BTC": "2"}, held(PERPETUAL, 10, "80000"))
    made = exposure(replace(drawn, index_composition={"BTC": sources}), as_simulated(MARKET))
    tables = [
        made.table(),
        sheets.holdings_table(made),
        *sheets.positions_tables(made),
        sheets.exposure_table(made, "BTC"),
        sheets.sensitivity_table(made, "BTC"),
        sheets.composition_table(made, "BTC"),
    ]
    assert [table.title for table in tables if not table.title.endswith(" (simulated)")] == []


def test_leverage_of_a_coin_is_of_what_it_bears(found: BookExposure) -> None:
    bitcoin, ether, _, total = found.to_frame("records")
    equity = float(bitcoin["equity_usd"])  # type: ignore[arg-type]
    quanto = 1_000 * 0.000001 * 2_388 * 77_334.5
    assert bitcoin["settled_notional_usd"] == pytest.approx(350_000 + quanto)
    assert bitcoin["effective_leverage"] == pytest.approx((350_000 + quanto) / equity)
    assert ether["settled_notional_usd"] == 0  # the quanto is settled in bitcoin
    assert total["settled_notional_usd"] == pytest.approx(350_000 + quanto)
    assert total["effective_leverage"] == pytest.approx((350_000 + quanto) / (equity + 2_500))
