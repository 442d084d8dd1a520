from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from obverse.app.conformance.case import Case, direction
from obverse.app.conformance.rows import Row, Tolerance
from obverse.contracts import Inverse
from obverse.errors import AmountError, DataError, RuleError, SymbolError


def _venue(row, venue: str, instrument: str | None, as_of: str, **given):
    return row("pnl", given, {}, venue=venue, instrument=instrument, as_of=as_of, contract=None)


def test_a_generic_rows_contract_is_what_the_row_says(row) -> None:
    contract = {"payoff": "quanto", "multiplier": "0.0001", "settlement_currency": "XBT"}
    instrument = Case(row("pnl", {}, {}, contract=contract)).instrument()
    assert instrument.payoff.name == "quanto"
    assert instrument.multiplier == Decimal("0.0001")
    assert instrument.settlement_currency.code == "XBT"
    assert instrument.accounting.is_unrounded


def test_a_venues_contract_is_the_rulebooks_of_that_day(row) -> None:
    before = Case(_venue(row, "bitmex", "XBTUSD", "2021-06-08")).instrument()
    after = Case(_venue(row, "bitmex", "XBTUSD", "2021-06-09")).instrument()
    assert (before.lot, after.lot) == (1, 100)


def test_a_question_about_an_instant_is_answered_by_the_rules_of_that_instant(row) -> None:
    asked = _venue(row, "bitmex", "XBTUSD", "2021-06-08", at="2021-06-08T04:30:00Z")
    assert Case(asked).instrument().lot == 100


def test_a_given_multiplier_overrides_the_rulebook(row) -> None:
    found = Case(_venue(row, "okx", "BTC-USD-SWAP", "2021-01-15", multiplier="10")).instrument()
    assert found.payoff == Inverse(Decimal(10))
    assert found.symbol == "BTC-USD-SWAP"


def test_unrounded_takes_the_venues_rounding_away(row) -> None:
    asked = _venue(row, "bitmex", "XBTUSD", "2021-07-01")
    exact = Case(asked).instrument().value(100, "30000").fraction
    plain = Case(asked, unrounded=True).instrument().value(100, "30000").fraction
    assert exact != plain
    assert abs(plain - Fraction(1, 300)) < Fraction(1, 10**39)


@pytest.mark.parametrize(
    ("venue", "instrument", "as_of", "error"),
    [
        ("bitmex", None, "2021-07-01", DataError),
        ("bitmex", "XBTUSDT", "2021-07-01", SymbolError),
        ("mtgox", "XBTUSD", "2013-07-01", RuleError),
        ("bitmex", "XBTUSD", "2021-13-01", DataError),
    ],
)
def test_what_no_rulebook_knows_is_refused(row, venue, instrument, as_of, error) -> None:
    with pytest.raises(error):
        Case(_venue(row, venue, instrument, as_of)).instrument()


def test_a_generic_row_without_a_contract_is_refused(row) -> None:
    with pytest.raises(DataError, match="a generic row must describe one"):
        Case(row("pnl", {}, {}, contract=None)).instrument()


def test_a_size_is_contracts_or_dollars(row) -> None:
    assert Case(row("pnl", {"contracts": "2.5"}, {})).size() == Decimal("2.5")
    ten = {"payoff": "inverse", "multiplier": "10", "settlement_currency": "BTC"}
    assert Case(row("pnl", {"usd_amount": "1055"}, {}, contract=ten)).size() == Decimal("105.5")


def test_dollars_do_not_size_what_is_not_inverse(row) -> None:
    linear = {"payoff": "linear", "multiplier": "1", "settlement_currency": "USDT"}
    with pytest.raises(DataError, match="sized in contracts"):
        Case(row("pnl", {"usd_amount": "1000"}, {}, contract=linear)).size()


@pytest.mark.parametrize("word", ["contracts", "usd_amount"])
def test_a_size_below_zero_is_refused_since_the_side_gives_the_direction(row, word) -> None:
    with pytest.raises(DataError, match=f"given {word}: -1 is below zero"):
        Case(row("pnl", {word: "-1"}, {})).size()


@pytest.mark.parametrize(("side", "sign"), [("long", 1), ("buy", 1), ("short", -1), ("sell", -1)])
def test_sides(row, side: str, sign: int) -> None:
    assert direction(side) == sign
    assert Case(row("pnl", {"side": side}, {})).sign() == sign


@pytest.mark.parametrize("side", ["Long", "", "both", ["long"], None, 1])
def test_an_unknown_side_is_refused(side) -> None:
    with pytest.raises(DataError, match="expected one of long, short, buy, sell"):
        direction(side)


def test_numbers_are_text_and_exact(row) -> None:
    case = Case(row("pnl", {"price": "0.1", "float": 0.1, "word": "ten", "nan": "nan"}, {}))
    assert case.number("price") == Decimal("0.1")
    assert case.real("price") == 0.1
    with pytest.raises(DataError, match="expected text"):
        case.number("float")
    for bad in ("word", "nan"):
        with pytest.raises(AmountError, match=f"given {bad}"):
            case.number(bad)


def test_lists_of_numbers(row) -> None:
    case = Case(row("equity", {"funding": ["0.1", "-0.2"], "text": "12", "floats": [0.1]}, {}))
    assert case.numbers("funding") == [Decimal("0.1"), Decimal("-0.2")]
    for bad in ("text", "floats"):
        with pytest.raises(DataError, match=f"given {bad}"):
            case.numbers(bad)


def test_fills_are_a_list_of_objects_or_the_row_itself(row) -> None:
    fill = {"contracts": "1", "price": "2"}
    assert Case(row("fee", {"fills": [fill, fill]}, {})).fills() == [fill, fill]
    assert Case(row("fee", fill, {})).fills() == [fill]


@pytest.mark.parametrize("fills", ["abc", None, {"price": "1"}, [1], [["1", "2"]]])
def test_fills_of_another_shape_are_refused(row, fills) -> None:
    with pytest.raises(DataError, match="given fills: expected"):
        Case(row("fee", {"fills": fills}, {})).fills()


def test_a_position_is_opened_by_one_fill(row) -> None:
    given = {"side": "short", "contracts": "100", "entry_price": "20000"}
    position = Case(row("pnl", given, {})).position()
    assert position.contracts == -100
    assert position.average_price == 20000


@pytest.mark.parametrize(
    ("venue", "name", "guessed", "nearest"),
    [
        ("bitmex", "XBTUSD", "2013-07-01", "2016-05-13"),
        ("bitmex", "XBTUSD", "2026-11-01", "2026-09-22"),
        ("binance", "BTCUSD_PERP", "2020-05-01", "2020-08-10"),
        ("deribit", "BTC-7FEB20", "2020-02-01", "2020-02-01"),
    ],
)
def test_a_guessed_day_outside_a_contracts_life_means_the_nearest_in_it(
    venue: str, name: str, guessed: str, nearest: str
) -> None:
    row = Row(
        id="x",
        venue=venue,
        as_of=guessed,
        instrument=name,
        quantity="contract_value",
        given={},
        expect={},
        tolerance=Tolerance("exact"),
    )
    assert f"{Case(row).rules().as_of:%Y-%m-%d}" == nearest
    assert Case(row).instrument().symbol == name
