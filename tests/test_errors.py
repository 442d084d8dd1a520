"""Errors: what they say, what they carry, and what a caller may catch."""

from __future__ import annotations

import pytest

from obverse.errors import (
    AmountError,
    BookError,
    DataError,
    DefectError,
    Fault,
    LocatedError,
    MarketDataError,
    ObverseError,
    RuleError,
    SymbolError,
    nearest,
)

KNOWN = ["BTC-PERPETUAL", "ETH-PERPETUAL", "BTC-25DEC26", "BTC/USD:BTC"]


@pytest.mark.parametrize("kind", [AmountError, BookError, MarketDataError, DataError])
def test_bad_data_is_a_value_error_of_obverse(kind: type[ObverseError]) -> None:
    assert issubclass(kind, DataError)
    assert issubclass(kind, ValueError)
    assert issubclass(kind, ObverseError)


def test_what_a_venue_refuses_is_not_bad_data_and_a_defect_is_neither() -> None:
    assert issubclass(RuleError, ValueError)
    assert not issubclass(RuleError, DataError)
    assert issubclass(DefectError, AssertionError)
    assert not issubclass(DefectError, ValueError)


def test_an_unknown_symbol_names_the_nearest_ones() -> None:
    error = SymbolError("BTC-PERPETUL", "at deribit", KNOWN)
    assert isinstance(error, DataError)
    assert error.symbol == "BTC-PERPETUL"
    assert error.nearest[0] == "BTC-PERPETUAL"
    assert str(error) == (
        "No instrument 'BTC-PERPETUL' at deribit. Did you mean BTC-PERPETUAL or ETH-PERPETUAL?"
    )


def test_a_symbol_like_nothing_known_gets_no_suggestion() -> None:
    error = SymbolError("zzz", "at deribit", KNOWN)
    assert error.nearest == []
    assert str(error) == "No instrument 'zzz' at deribit."


def test_the_nearest_words_ignore_case_and_keep_their_spelling() -> None:
    assert nearest("btc-perpetual", KNOWN)[0] == "BTC-PERPETUAL"
    assert nearest("TICK_SIZE", ["tick_size", "lot"]) == ["tick_size"]


def test_the_nearest_words_come_best_first_and_no_more_than_asked() -> None:
    words = ["margin", "margins", "marginal", "marine"]
    assert nearest("margin", words, count=2) == ["margin", "margins"]
    assert nearest("", words) == []
    assert nearest("margin", []) == []


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault("a.toml", 7, "fees[0].maker", "is missing"), "a.toml:7: fees[0].maker: is missing"),
        (Fault("a.toml", None, "fees", "is missing"), "a.toml: fees: is missing"),
        (Fault("a.toml", 7, "", "not TOML"), "a.toml:7: not TOML"),
        (Fault("a.toml", None, "", "is empty"), "a.toml: is empty"),
    ],
    ids=["all", "no line", "no field", "file"],
)
def test_a_fault_reads_file_line_field_reason(fault: Fault, text: str) -> None:
    assert str(fault) == text


def test_a_located_error_lists_each_fault_on_its_line() -> None:
    faults = [Fault("a.toml", 1, "x", "is bad"), Fault("a.toml", 2, "y", "is worse")]
    error = LocatedError(faults)
    assert error.faults == tuple(faults)
    assert str(error) == "a.toml:1: x: is bad\na.toml:2: y: is worse"
