"""What a book may hold, and what it refuses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from books import DERIBIT, ETHER, LINEAR, PERPETUAL, QUANTO, book, held

from obverse.contracts import Position
from obverse.errors import AmountError, BookError
from obverse.risk import Book, Constituent, Holding
from obverse.risk.book import is_dollar


def test_a_spread_is_refused_and_its_legs_are_named() -> None:
    spread = DERIBIT.instrument("BTC-FS-26JUN26_27MAR26")
    with pytest.raises(BookError, match="put its legs BTC-26JUN26 and BTC-27MAR26 in the book"):
        Book("desk", positions=(Position.flat(spread),))


@pytest.mark.parametrize(
    "weights",
    [("0.5", "0.4"), ("0.5", "0.6"), ("1.5", "-0.5"), ("0.3333", "0.3333"), ()],
)
def test_weights_of_an_index_must_sum_to_one_and_none_be_below_zero(weights: Any) -> None:
    sources = tuple(Constituent(f"venue {n}", Decimal(w)) for n, w in enumerate(weights))
    with pytest.raises(BookError, match="index BTC: weights are"):
        Book("desk", index_composition={"BTC": sources})


def test_weights_that_sum_to_one_exactly_are_kept() -> None:
    sources = tuple(Constituent(name, Decimal("0.1")) for name in "abcdefghij")
    made = Book("desk", index_composition={"BTC": sources})
    assert made.index_composition["BTC"] == sources


@pytest.mark.parametrize("amount", [0.1, float("nan"), Decimal("NaN"), Decimal("Infinity"), "lots"])
def test_an_amount_that_is_not_exact_or_not_finite_is_refused(amount: Any) -> None:
    with pytest.raises(AmountError, match="holding of BTC"):
        Holding("BTC", amount)
    with pytest.raises(AmountError, match="weight of Kraken"):
        Constituent("Kraken", amount)


def test_an_amount_may_be_given_as_text() -> None:
    holding: Any = Holding("BTC", "2.50")  # type: ignore[arg-type]
    assert holding.amount == Decimal("2.5")
    assert Book("desk", (holding, Holding("BTC", Decimal("-1")))).held("BTC") == Decimal("1.5")


def test_held_adds_up_one_currency_over_its_places() -> None:
    made = Book(
        "desk",
        (
            Holding("BTC", Decimal("1.5"), "deribit"),
            Holding("USD", Decimal(900)),
            Holding("BTC", Decimal("-0.25"), "lender"),
        ),
    )
    assert made.held("BTC") == Decimal("1.25")
    assert made.held("ETH") == 0


def test_underlyings_are_coins_held_moved_by_and_settled_in_but_never_dollars() -> None:
    made = book(
        {"USD": "10", "USDC": "5", "SOL": "1"},
        held(LINEAR, 1, "77000"),
        held(QUANTO, 10, "2388"),
        held(PERPETUAL, 1, "77000"),
        held(ETHER, 1, "2388"),
    )
    assert made.underlyings == ("SOL", "BTC", "ETH")


def test_an_empty_book_is_a_book() -> None:
    assert Book("empty").underlyings == ()


@pytest.mark.parametrize(("code", "counts"), [("USD", True), ("USDC", True), ("EUR", False)])
def test_stable_coins_count_as_dollars(code: str, counts: bool) -> None:
    assert is_dollar(code) is counts
