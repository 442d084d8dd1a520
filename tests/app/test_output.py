from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from obverse.app.commands.output import jsonable, print_csv, print_json
from obverse.contracts.units import Price
from obverse.tables import Table, number, percent, text


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Decimal("1E+5"), "100000"),
        (Decimal("0.0000001"), "0.0000001"),
        (Price(Decimal("13333.333")), "13333.333"),
        (datetime(2026, 2, 1, 8, tzinfo=UTC), "2026-02-01T08:00:00Z"),
        ((Decimal(1), [None]), ["1", [None]]),
        ({"a": {"b": Decimal("-0.5")}, 3: True}, {"a": {"b": "-0.5"}, "3": True}),
        (0.25, 0.25),
        ("text", "text"),
        (None, None),
    ],
)
def test_values_become_plain(value, plain) -> None:
    assert jsonable(value) == plain


def test_json_is_one_indented_object_and_a_line_end(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"price": Decimal("10.50"), "name": "né"})
    printed = capsys.readouterr().out
    assert printed == '{\n  "price": "10.50",\n  "name": "né"\n}\n'


TABLE = Table(
    "Title",
    (text("name", "Name"), number("price", "Price", "USD"), percent("rate", "Rate")),
    (("a, b", Decimal("1234.5"), 0.0425), ('say "x"', None, -1.0)),
    ("a note",),
)


def test_csv_has_keys_and_raw_values_and_reads_back(capsys: pytest.CaptureFixture[str]) -> None:
    print_csv(TABLE)
    printed = capsys.readouterr().out
    assert "Title" not in printed
    assert "a note" not in printed
    assert list(csv.reader(io.StringIO(printed))) == [
        ["name", "price", "rate"],
        ["a, b", "1234.5", "0.0425"],
        ['say "x"', "", "-1.0"],
    ]


def test_records_print_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(TABLE.records())
    assert json.loads(capsys.readouterr().out) == [
        {"name": "a, b", "price": "1234.5", "rate": 0.0425},
        {"name": 'say "x"', "price": None, "rate": -1.0},
    ]
