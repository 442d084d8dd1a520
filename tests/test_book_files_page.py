"""The page on book files: its example is a good book, its tables have every field."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

import obverse as ob
from obverse.app.book_file import (
    AccountRow,
    Assumptions,
    Fill,
    HoldingRow,
    OrderRow,
    PositionRow,
    read_book,
)

PAGE = (Path(__file__).parents[1] / "docs" / "book-files.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_example_is_a_good_book() -> None:
    book, assumed = read_book(EXAMPLE, "desk.toml", datetime(2026, 11, 20, tzinfo=UTC))
    assert (book.held("BTC"), book.held("USD")) == (Decimal("142.5"), -250_000)
    assert [position.contracts for position in book.positions] == [-370_000, 5_000, 50_000]
    assert book.positions[2].realized  # the last fill takes a gain, which no table adds
    assert [point.rate for point in assumed.dollar_rate] == [Decimal("0.041"), Decimal("0.038")]
    assert assumed.payments[0].amount_usd == 40
    assert [item.mode for item in book.settings] == ["cross", "isolated", "cross"]
    assert [order.contracts for order in book.orders] == [-20_000]
    assert book.account("deribit", "BTC").haircuts == {"USDC": Decimal("0.02")}


def test_the_example_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text(EXAMPLE, encoding="utf-8")
    made = ob.report(ob.market.simulated(seed=7), book=path)
    assert len(made.section("composition", "BTC").rows) == 4
    names = [row["account"] for row in made.section("accounts").records()]
    assert names[0] == "deribit BTC"
    assert "binance BTC" in names


@pytest.mark.parametrize(
    "record", [AccountRow, Assumptions, Fill, HoldingRow, OrderRow, PositionRow]
)
def test_every_field_is_on_the_page(record: type[msgspec.Struct]) -> None:
    tables = "\n".join(line for line in PAGE.splitlines() if line.startswith("| `"))
    assert [name for name in record.__struct_fields__ if f"`{name}`" not in tables] == []
