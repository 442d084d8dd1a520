"""Book files read: TOML text to a checked book; every fault is told with its line and field."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from obverse.app.book_file.checks import holding_faults, index_faults, rate_faults, unpriced
from obverse.app.book_file.margin import (
    account_faults,
    account_of,
    leverage_faults,
    order_of,
    setting_of,
)
from obverse.app.book_file.positions import FieldError, position_of
from obverse.app.book_file.records import Assumptions, BookRow
from obverse.errors import DataError, Fault, LocatedError
from obverse.located import LocatedToml, convert, parse
from obverse.risk import Book, Constituent, Holding

R = TypeVar("R")
M = TypeVar("M")


def read_book_file(
    path: Path, as_of: datetime, priced: Collection[str] | None = None
) -> tuple[Book, Assumptions]:
    """Read a book file under the rules of an instant; every fault is named with line and field.

    `priced` are the coins that the market has a price for; a holding of another one is a fault.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: the book cannot be read: {error}.") from None
    return read_book(text, str(path), as_of, priced)


def read_book(
    text: str, path: str, as_of: datetime, priced: Collection[str] | None = None
) -> tuple[Book, Assumptions]:
    """Read a book from text; `path` names the file in faults, `priced` as in `read_book_file`."""
    document = parse(text, path)
    row = convert(document, BookRow)
    if not row.holdings and not row.positions and not row.orders:
        raise LocatedError([Fault(path, None, "", "the book holds nothing: add [[holdings]]")])
    faults = [
        *rate_faults(document, row.assumptions),
        *holding_faults(document, row),
        *unpriced(document, row, priced),
        *index_faults(document, row),
    ]
    positions = _made(
        document, "positions", row.positions, faults, lambda item: position_of(item, as_of)
    )
    settings = _made(document, "positions", row.positions, faults, setting_of)
    orders = _made(document, "orders", row.orders, faults, lambda item: order_of(item, as_of))
    accounts = _made(
        document, "accounts", row.accounts, faults, lambda item: account_of(item, as_of)
    )
    faults += account_faults(document, row, positions)
    faults += leverage_faults(document, row, positions, as_of)
    if faults:
        raise LocatedError(faults)
    composition = {
        coin: tuple(Constituent(name, weight) for name, weight in sources.items())
        for coin, sources in row.index.items()
    }
    book = Book(
        name=row.name or Path(path).stem,
        holdings=tuple(Holding(item.currency, item.amount, item.place) for item in row.holdings),
        positions=tuple(item for item in positions if item is not None),
        index_composition=composition,
        settings=tuple(item for item in settings if item is not None),
        orders=tuple(item for item in orders if item is not None),
        accounts=tuple(item for item in accounts if item is not None),
    )
    return book, row.assumptions


def _made(
    document: LocatedToml,
    kind: str,
    rows: Sequence[R],
    faults: list[Fault],
    make: Callable[[R], M],
) -> list[M | None]:
    """Make each row; none for one that cannot be made, which is a fault at its field."""
    found: list[M | None] = []
    for place, row in enumerate(rows):
        try:
            found.append(make(row))
        except FieldError as error:
            found.append(None)
            faults.append(document.fault((kind, place, *error.field), str(error.reason)))
    return found
