"""The simple forms: what a header must have, and that the page for people says the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from obverse.errors import LocatedError
from obverse.market.forms import CONSTITUENTS, MARKET, Form, Row, check_header, read_cells

REQUIRED = ["at", "underlying", "venue", "symbol", "kind", "expiry", "index", "mark"]


@pytest.mark.parametrize(
    ("form", "heading"), [(MARKET, "## Columns"), (CONSTITUENTS, "### Columns of source prices")]
)
def test_the_page_for_people_names_every_column(form: Form, heading: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "market-files.md").read_text(encoding="utf-8")
    table = page.split(heading)[1].split("\n\n")[1]
    named = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    words = {word.strip() for cell in named for word in cell.replace("`", "").split(", ")}
    assert words == set(form.columns)


def test_headers_are_judged_as_a_whole() -> None:
    check_header(MARKET, "a.csv", [*REQUIRED, "bid"])
    with pytest.raises(LocatedError) as caught:
        check_header(MARKET, "a.csv", [*REQUIRED[:-1], "mrk", "bid", "bid"])
    reasons = [str(fault) for fault in caught.value.faults]
    assert reasons == [
        "a.csv: mrk: no such column; did you mean mark?",
        "a.csv: bid: this column is there twice",
        "a.csv: mark: this column is missing; every file must have it",
    ]


def test_each_form_suggests_its_own_columns() -> None:
    with pytest.raises(LocatedError) as caught:
        check_header(CONSTITUENTS, "a.csv", ["at", "underlying", "sauce", "price", "mark"])
    reasons = [str(fault) for fault in caught.value.faults]
    assert reasons == [
        "a.csv: sauce: no such column; did you mean source?",
        "a.csv: mark: no such column; see docs/market-files.md",
        "a.csv: source: this column is missing; every file must have it",
    ]


def test_a_cell_that_may_not_be_empty_is_located() -> None:
    faults: list = []
    row = Row("a.csv", 7, "", {"price": "x"})
    assert read_cells(CONSTITUENTS, row, ["source", "price", "weight"], faults) == {}
    assert [str(fault) for fault in faults] == [
        "a.csv:7: source: empty; every row must have it",
        "a.csv:7: price: 'x' is not a number; expected e.g. 77334.5",
    ]
