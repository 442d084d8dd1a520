from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from obverse.app.conformance.quantities import QUANTITIES
from obverse.app.conformance.rows import (
    FILL_WORDS,
    VOCABULARY,
    Malformed,
    Row,
    read_rows,
    unknown_words,
)
from obverse.errors import DataError

GOOD = {
    "id": "X-1",
    "venue": "generic",
    "as_of": "2026-02-01",
    "instrument": None,
    "contract": {"payoff": "inverse", "multiplier": "1", "settlement_currency": "BTC"},
    "quantity": "contract_value",
    "given": {"contracts": "100", "price": "20000"},
    "expect": {"contract_value": "0.005"},
    "tolerance": {"kind": "exact"},
    "source": "a page",
    "note": "",
}


def _file(folder: Path, *lines: str) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _tables(readme: Path) -> dict[str, str]:
    """From a quantity to its cell of givens, of every vocabulary table."""
    text = readme.read_text(encoding="utf-8").split("## Vocabulary")[1].split("## Example")[0]
    found = re.findall(r"^\| `(\w+)` \| (.*?) \| ", text, re.MULTILINE)
    return dict(found)


def test_the_vocabulary_is_the_formats_whole(conformance_dir: Path) -> None:
    tables = _tables(conformance_dir / "README.md")
    assert len(tables) > 50
    assert set(VOCABULARY) == set(tables)


LIQUIDITY = {"maker", "taker", "delivery", "liquidation"}
VALUES = LIQUIDITY | {"risk_weighted", "kirk", "gibson_schwartz", "schwartz"}
"""Words of the givens' cells that are values of a key, or the name of another row."""


def test_every_given_word_of_the_format_is_known(conformance_dir: Path) -> None:
    for quantity, cell in _tables(conformance_dir / "README.md").items():
        outer = re.sub(r"\[\{.*?\}\]|\{.*?\}|\([^)]*\)|as `\w+`", "", cell)
        words = set(re.findall(r"`(\w+)`", outer)) - VALUES
        if re.search(r"\bsize\b", re.sub(r"`\w+`", "", outer)):
            words |= {"contracts", "usd_amount"}
        assert words <= set(VOCABULARY[quantity].split()), quantity


def test_every_visible_row_is_in_the_vocabulary(conformance_dir: Path) -> None:
    rows = [row for path in conformance_dir.glob("*.jsonl") for row in read_rows(path)]
    assert len(rows) >= 300
    strange = [(row.id, unknown_words(row)) for row in rows if isinstance(row, Row)]
    assert [item for item in strange if item[1]] == []
    assert [row for row in rows if isinstance(row, Malformed)] == []


def test_what_is_computed_is_in_the_vocabulary_and_holds_the_first_fifteen(first_fifteen) -> None:
    assert first_fifteen <= set(QUANTITIES) <= set(VOCABULARY)


def test_a_good_line_becomes_a_row(tmp_path: Path) -> None:
    (row,) = read_rows(_file(tmp_path, json.dumps(GOOD)))
    assert isinstance(row, Row)
    assert row.given == GOOD["given"]
    assert row.contract is not None
    assert row.contract.payoff == "inverse"
    assert unknown_words(row) == []


def test_blank_lines_are_passed_over(tmp_path: Path) -> None:
    path = _file(tmp_path, "", json.dumps(GOOD), "   ", json.dumps(GOOD))
    assert [type(row) for row in read_rows(path)] == [Row, Row]


def _without(key: str) -> dict[str, object]:
    return {name: value for name, value in GOOD.items() if name != key}


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "null",
        '"text"',
        json.dumps(_without("quantity")),
        json.dumps(_without("tolerance")),
        json.dumps(_without("given")),
        json.dumps(GOOD | {"id": 7}),
        json.dumps(GOOD | {"given": []}),
        json.dumps(GOOD | {"tolerance": {"kind": "about"}}),
        json.dumps(GOOD | {"tolerance": {"kind": "decimals", "places": "2"}}),
        json.dumps(GOOD | {"tolerance": {"kind": "decimals", "places": 2, "rounding": "even"}}),
        json.dumps(GOOD | {"tolerance": {"kind": "exact", "slack": "1"}}),
        json.dumps(GOOD | {"contract": {"payoff": "inverse"}}),
        json.dumps(GOOD | {"venu": "okx"}),
    ],
)
def test_a_line_that_is_no_row_is_reported_with_its_place(tmp_path: Path, line: str) -> None:
    first, second, third = read_rows(_file(tmp_path, json.dumps(GOOD), line, json.dumps(GOOD)))
    assert isinstance(first, Row)
    assert isinstance(second, Malformed)
    assert second.id == "rows.jsonl:2"
    assert second.reason.startswith("not a row: ")
    assert isinstance(third, Row)


def test_an_unknown_quantity_is_named(row) -> None:
    assert unknown_words(row("moon_price", {}, {})) == ["quantity 'moon_price'"]


def test_each_unknown_given_word_is_named(row) -> None:
    given = {"contracts": "1", "price": "1", "phase": "full", "tide": "low"}
    found = unknown_words(row("contract_value", given, {}))
    assert found == ["given 'phase'", "given 'tide'"]


def test_an_unknown_word_inside_a_fill_is_named(row) -> None:
    fills = [{"contracts": "1", "price": "1"}, {"contracts": "1", "price": "1", "sid": "sell"}]
    found = unknown_words(row("average_entry", {"side": "long", "fills": fills}, {}))
    assert found == ["given fills 'sid'"]
    assert "side" in FILL_WORDS


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_says_which(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "rows.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"rows\.jsonl: cannot be read"):
        list(read_rows(path))
