"""Tables: how a number reads, and the same cells as text, HTML, records and data frames."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.tables import (
    Cell,
    Column,
    FrameKind,
    Table,
    Tabular,
    coin,
    machine,
    number,
    percent,
    text,
    usd,
)

AT = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
BOOK = Table(
    "Book",
    (text("name", "Name"), number("size", "Size", "contracts", 0), coin("coins", "PnL", "BTC"),
     usd("dollars", "PnL"), percent("rate", "Rate")),
    (
        ("BTC-PERPETUAL", 1200, Decimal("0.5"), Decimal("-1234.5"), 0.0123),
        ("<cash>", None, None, 0.4, None),
    ),
    ("A note & more.",),
)  # fmt: skip
EMPTY = Table("Nothing", (text("a", "A"), number("b", "B")), ())


# How a number reads


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        (number("x", "X"), 1234567.891, "1,234,567.89"),
        (number("x", "X", decimals=0), Decimal("0.6"), "1"),
        (number("x", "X"), -3, "-3.00"),
        (number("x", "X", signed=True), 3, "+3.00"),
        (number("x", "X", signed=True), -3, "-3.00"),
        (number("x", "X", decimals=8), Decimal("1E-8"), "0.00000001"),
        (number("x", "X", decimals=1), 1e21, "1,000,000,000,000,000,000,000.0"),
        (coin("x", "X", "BTC"), Decimal("0.12345"), "+0.1234"),
        (usd("x", "X"), -1234.5, "-1,234"),
        (usd("x", "X", signed=False), 1234, "1,234"),
        (percent("x", "X"), 0.0123, "+1.23"),
        (percent("x", "X", 4), Decimal("-0.0001"), "-0.0100"),
        (percent("x", "X"), 1, "+100.00"),
        (text("x", "X"), "long", "long"),
        (text("x", "X"), 3, "3"),
        (number("x", "X"), "n/a", "n/a"),
        (text("x", "X"), AT, "2026-02-01 08:30"),
        (number("x", "X"), AT, "2026-02-01 08:30"),
    ],
)
def test_a_value_reads_by_its_column(column: Column, value: Cell, expected: str) -> None:
    assert column.cell(value) == expected


@pytest.mark.parametrize(
    "column", [text("x", "X"), number("x", "X"), usd("x", "X"), percent("x", "X")]
)
def test_the_unknown_is_a_dash(column: Column) -> None:
    assert column.cell(None) == "—"


@pytest.mark.parametrize("value", [0, 0.0, -0.0, Decimal("-0"), Decimal("0.000")])
def test_zero_has_no_sign(value: Cell) -> None:
    assert number("x", "X", signed=True).cell(value) == "0.00"
    assert number("x", "X").cell(value) == "0.00"


@pytest.mark.parametrize("value", [0.004, Decimal("0.0049"), 1e-300])
def test_what_rounds_to_zero_keeps_its_sign(value: float | Decimal) -> None:
    signed = number("x", "X", signed=True)
    assert (signed.cell(value), signed.cell(-value)) == ("+0.00", "-0.00")
    assert (number("x", "X").cell(value), number("x", "X").cell(-value)) == ("0.00", "-0.00")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), Decimal("NaN")])
def test_a_number_that_is_not_finite_is_refused(value: Cell) -> None:
    with pytest.raises(DataError, match=r"x: .* must not reach a table"):
        number("x", "X").cell(value)
    with pytest.raises(DataError, match="must not reach"):
        str(Table("", (percent("x", "X"),), ((value,),)))


@given(st.decimals(-(10**9), 10**9, places=4), st.integers(0, 6))
def test_a_signed_number_shows_its_sign_and_reads_back(value: Decimal, decimals: int) -> None:
    shown = number("x", "X", decimals=decimals, signed=True).cell(value)
    back = Decimal(shown.replace(",", ""))
    assert abs(back - value) <= Decimal(5).scaleb(-decimals - 1)
    assert shown[0] == ("+" if value > 0 else "-" if value < 0 else "0")


@given(st.floats(-1e9, 1e9))
def test_a_percentage_is_a_hundred_times_its_fraction(value: float) -> None:
    hundredfold = number("x", "X", decimals=3, signed=True).cell(Decimal(repr(value)) * 100)
    assert percent("x", "X", 3).cell(value) == hundredfold


def test_a_header_names_its_unit() -> None:
    assert number("x", "Mark", "USD").title == "Mark (USD)"
    assert number("x", "Count").title == "Count"
    assert coin("x", "PnL", "BTC").title == "PnL (BTC)"
    assert usd("x", "PnL").title == "PnL (USD)"
    assert percent("x", "Basis").title == "Basis (%)"
    assert percent("x", "Basis", unit="% a year").title == "Basis (% a year)"


# Text


def test_text_stands_left_and_numbers_stand_right() -> None:
    assert str(BOOK).splitlines() == [
        "Book",
        "Name                  Size      PnL     PnL   Rate",
        "               (contracts)    (BTC)   (USD)    (%)",
        "-------------  -----------  -------  ------  -----",
        "BTC-PERPETUAL        1,200  +0.5000  -1,234  +1.23",
        "<cash>                   —        —      +0      —",
        "  A note & more.",
    ]


def test_a_long_note_is_wrapped_and_a_table_needs_no_title() -> None:
    table = Table("", (text("a", "A"),), (("x",),), ("word " * 40,))
    lines = str(table).splitlines()
    assert lines[:3] == ["A", "-", "x"]
    assert [len(line) <= 100 for line in lines[3:]] == [True, True, True]
    assert lines[3].startswith("  word")
    assert lines[4].startswith("    word")


def test_an_empty_table_still_has_its_headers() -> None:
    assert str(EMPTY).splitlines() == ["Nothing", "A  B", "-  -"]
    assert EMPTY.records() == []
    assert EMPTY.to_frame().columns == ["a", "b"]
    assert "<tbody></tbody>" in EMPTY._repr_html_()


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(DataError, match="Book: a row has 1 cells of 2"):
        Table("Book", (text("a", "A"), text("b", "B")), (("x", "y"), ("x",)))


# What machines have and people are not shown

MIXED = Table(
    "Mixed",
    (text("name", "Name"), machine("expiry"), number("size", "Size"), machine("age", "h")),
    (("near", AT, 1, 2.5), ("far", None, 2, 3.5)),
)


def test_people_are_not_shown_what_is_for_machines() -> None:
    assert str(MIXED).splitlines() == [
        "Mixed", "Name  Size", "----  ----", "near  1.00", "far   2.00",
    ]  # fmt: skip
    assert MIXED.cells() == [["near", "1.00"], ["far", "2.00"]]
    assert [column.key for column in MIXED.shown] == ["name", "size"]
    html = MIXED._repr_html_()
    assert (html.count("<th "), html.count("<td ")) == (2, 4)
    assert "expiry" not in html
    assert "2.5" not in html


def test_files_do_not_have_what_is_for_people_alone() -> None:
    columns = (text("name", "Name"), Column("note", "", for_files=False), number("x", "X"))
    table = Table("", columns, (("a", "*", 1.5), ("b", "", 2)))
    assert str(table).splitlines()[2].split() == ["a", "*", "1.50"]
    assert table.records() == [{"name": "a", "x": 1.5}, {"name": "b", "x": 2}]
    assert table.to_frame("records") == table.records()
    for kind in ("polars", "pandas"):
        assert list(table.to_frame(kind).columns) == ["name", "x"]
    assert table.to_frame("arrow").column_names == ["name", "x"]


def test_machines_have_every_column() -> None:
    row = {"name": "near", "expiry": AT, "size": 1, "age": 2.5}
    assert MIXED.records()[0] == row
    assert MIXED.to_frame("records")[0] == row
    assert MIXED.to_frame().columns == list(row)
    assert MIXED.facing("coin").records() == MIXED.records()
    assert MIXED.columns[3].raw_unit == "h"


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        (percent("x", "X"), "fraction"),
        (percent("x", "X", unit="%"), "fraction"),
        (percent("x", "X", unit="%/y"), "fraction per year"),
        (number("x", "X", "%"), "%"),
        (usd("x", "X"), "USD"),
        (text("x", "X"), ""),
    ],
)
def test_the_raw_unit_is_that_of_the_stored_number(column: Column, unit: str) -> None:
    assert column.raw_unit == unit


# Faces


def test_one_face_leaves_the_other_out_and_keeps_what_is_neither() -> None:
    keys = {face: [column.key for column in BOOK.facing(face).columns]
            for face in ("coin", "usd", "both")}  # fmt: skip
    assert keys == {
        "coin": ["name", "size", "coins", "rate"],
        "usd": ["name", "size", "dollars", "rate"],
        "both": ["name", "size", "coins", "dollars", "rate"],
    }
    in_usd = BOOK.facing("usd")
    assert in_usd.rows[0] == ("BTC-PERPETUAL", 1200, Decimal("-1234.5"), 0.0123)
    assert (in_usd.title, in_usd.notes) == (BOOK.title, BOOK.notes)
    assert BOOK.facing("both") == BOOK


# Machines


def test_records_keep_the_raw_values() -> None:
    assert BOOK.records()[0] == {
        "name": "BTC-PERPETUAL",
        "size": 1200,
        "coins": Decimal("0.5"),
        "dollars": Decimal("-1234.5"),
        "rate": 0.0123,
    }


def test_frames_of_every_kind_hold_the_same_plain_values() -> None:
    expected = [
        {"name": "BTC-PERPETUAL", "size": 1200, "coins": 0.5, "dollars": -1234.5, "rate": 0.0123},
        {"name": "<cash>", "size": None, "coins": None, "dollars": 0.4, "rate": None},
    ]
    polars, arrow = BOOK.to_frame(), BOOK.to_frame("arrow")
    assert isinstance(polars, pl.DataFrame)
    assert polars.to_dicts() == expected
    assert polars.schema["coins"] == pl.Float64
    assert isinstance(arrow, pa.Table)
    assert arrow.to_pylist() == expected
    assert BOOK.to_frame("records") == expected
    pandas = BOOK.to_frame("pandas")
    assert isinstance(pandas, pd.DataFrame)
    assert list(pandas.columns) == list(expected[0])
    assert pandas["coins"].iloc[0] == 0.5
    assert pandas["size"].isna().tolist() == [False, True]


def test_times_stay_times_in_a_frame() -> None:
    frame = Table("", (text("at", "At"),), ((AT,), (None,))).to_frame()
    assert frame["at"].to_list() == [AT, None]


def test_a_frame_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(DataError, match="'excel': there are polars, pandas, arrow and records"):
        BOOK.to_frame("excel")  # type: ignore[arg-type]


class Result(Tabular):
    def table(self) -> Table:
        return BOOK


def test_a_result_reads_and_travels_as_its_table() -> None:
    result = Result()
    assert str(result) == repr(result) == str(BOOK)
    assert result._repr_html_() == BOOK._repr_html_()
    assert result.to_frame().equals(BOOK.to_frame())
    assert result.to_frame("records") == BOOK.to_frame("records")
    with pytest.raises(NotImplementedError):
        Tabular().table()


# HTML


def test_html_escapes_what_people_wrote() -> None:
    spoiled = Table("<b>", (text("a", "A<"),), (("<script>",),), ("x < y",))
    page = spoiled._repr_html_()
    for raw in ("<b>", "A<<", "<script>", "x < y"):
        assert raw not in page
    for shown in ("&lt;b&gt;", "A&lt;", "&lt;script&gt;", "<p class='note'>x &lt; y</p>"):
        assert shown in page


def test_html_tells_text_from_numbers_and_gains_from_losses() -> None:
    page = BOOK._repr_html_()
    assert "<caption>Book</caption>" in page
    assert "<th class='number'>Size (contracts)</th>" in page
    assert "<td class='text'>BTC-PERPETUAL</td>" in page
    assert "<td class='number up'>+0.5000</td>" in page
    assert "<td class='number down'>-1,234</td>" in page
    assert "<td class='number up'>+0</td>" in page
    zero = Table("", (usd("x", "X"),), ((0,),))._repr_html_()
    assert "<td class='number'>0</td>" in zero
    assert "<td class='number'>1,200</td>" in page
    assert page.count("<tr>") == 3


def test_an_empty_cell_of_a_signed_column_is_neither_gain_nor_loss() -> None:
    page = Table("", (usd("x", "X"),), (("",),))._repr_html_()
    assert "<td class='number'></td>" in page
    assert "<caption>" not in page


@pytest.mark.parametrize(("kind", "library"), [("pandas", "pandas"), ("arrow", "pyarrow")])
def test_a_frame_whose_library_is_missing_says_so(
    kind: FrameKind, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(DataError, match=f"needs {library}: pip install {library}"):
        BOOK.to_frame(kind)
    assert BOOK.to_frame("records")
